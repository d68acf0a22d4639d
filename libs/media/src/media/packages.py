"""Where installed packages are whose files we read and whose programs we do not run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def folder_of(package: str) -> Path:
    """The folder of an installed package, which is not imported: some load what is not there, or takes seconds.

    Raises ``ModuleNotFoundError`` where it is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"no module named {package!r}", name=package)
    return Path(spec.origin).parent
