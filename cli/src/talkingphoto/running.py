"""Where the platform of a home answers. It says so in a file that it keeps locked for as long as it runs."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any


def lock_of(home: Path) -> Path:
    """The file that the platform of ``home`` holds."""
    return home / "platform.json"


def announced(home: Path) -> dict[str, Any]:
    """What the platform that runs in ``home`` says of itself; empty when none runs, or has not got that far."""
    try:
        with lock_of(home).open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return dict(json.loads(file.read() or "{}"))
    except (FileNotFoundError, json.JSONDecodeError):
        pass
    return {}


def running_url(home: Path) -> str | None:
    """Where the platform of ``home`` answers; None when none runs."""
    url = announced(home).get("url")
    return url if isinstance(url, str) else None
