"""How every file is finished: written beside its name, and renamed once it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from media.errors import EngineFailed


@contextmanager
def encoding(out: Path) -> Iterator[Path]:
    """A path beside ``out`` to write to; it becomes ``out`` when all went well, and disappears when not.

    Failures of the encoder or the disk leave as ``EngineFailed``.
    """
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(out)
    except (av.error.FFmpegError, OSError) as error:
        raise EngineFailed(f"{out.name} could not be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
