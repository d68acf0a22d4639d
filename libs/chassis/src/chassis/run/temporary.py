"""The temporary files of a process, in one folder that goes when the process goes, however that ends.

A process that is killed removes nothing. Its folder stays locked as long as it lives, so the next process to start
knows whose folders are whose, and removes those of the dead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Short, because sockets are made below it, and the path of a socket has at most about a hundred bytes.
_PREFIX = "tp-"
_LOCK = ".lock"


@contextmanager
def own_temporary_folder(root: Path | None = None) -> Iterator[Path]:
    """Have ``tempfile``, here and in the processes this one starts, use a folder of its own; removed after the block.

    ``root``: where; None: the system's folder for temporary files. What killed processes left there is removed first.
    To be entered once, where a process begins. Raises ``OSError`` when ``root`` cannot be written to.
    """
    parent = root or Path(tempfile.gettempdir())
    _remove_those_of_the_dead(parent)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    # Locked before it has the name by which others find it.
    with (folder / f"{_LOCK}.new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / f"{_LOCK}.new").rename(folder / _LOCK)
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir, environment = before
            if environment is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = environment
            _remove(folder)


def _remove_those_of_the_dead(parent: Path) -> None:
    for path in parent.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            with path.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(path.parent)
        except OSError:
            # Its process lives, somebody else is removing it, or it is another user's.
            continue


def _remove(folder: Path) -> None:
    # The lock goes last: where a worker of the dead process is still writing, the next start finds what is left.
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != _LOCK:
            path.unlink(missing_ok=True)
    if [path.name for path in folder.iterdir()] == [_LOCK]:
        shutil.rmtree(folder, ignore_errors=True)
