"""What a source of videos is to us. Everything here crosses from a worker process as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from media.errors import BadMedia, MediaError


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be fetched. ``simulator``: the address on this machine that stands in for the source."""

    max_seconds: float
    max_bytes: int
    simulator: str | None = None
    ends_s: float | None = None
    """Until where it is wanted; a shorter one is refused."""


class Found(NamedTuple):
    """What a link leads to; told before anything of it is brought."""

    id: str
    title: str
    seconds: float
    uploader: str | None = None


class SourceRefused(BadMedia):
    """This video is not to be had, and will not be by trying again; ``advice`` is the whole of what a person reads."""

    code = "SOURCE_REFUSED"


class SourceUnreachable(MediaError):
    """The source did not answer as it should; the same may work later."""

    code = "SOURCE_UNREACHABLE"
    retryable = True


class Source(Protocol):
    """Raises :class:`SourceRefused` and :class:`SourceUnreachable`, nothing else."""

    def look(self, link: str, bounds: Bounds) -> Found:
        """What ``link`` leads to; refused where it is not to be had or longer than ``bounds`` allow."""
        ...

    def fetch(self, link: str, folder: Path, bounds: Bounds, progress: Callable[[float], None]) -> tuple[Found, Path]:
        """Look, then bring one file into ``folder``; what is longer is refused before a byte of it is asked for."""
        ...
