"""Folders for servers that live as long as a test run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  made below by mkdtemp, like any other temporary folder
ROOM = 4 << 30
"""Bytes that have to be free there. Servers, homes and what is made in them take a few hundred megabytes each."""


def quick_folder(prefix: str) -> Path:
    """A new folder that other users can enter; whoever asked for it removes it.

    In memory where there is room: servers go on waiting for every ``fsync``, which takes two milliseconds on a disk and
    none here. What is killed finds its files again, as it would on a disk; only a machine that fails would not.
    """
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if roomy else None))
