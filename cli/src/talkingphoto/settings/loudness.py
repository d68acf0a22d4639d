"""How much is told beside results: less with ``--quiet``, every request with ``--verbose``."""

from __future__ import annotations

from enum import IntEnum


class Loudness(IntEnum):
    """How much."""

    QUIET = 0
    USUAL = 1
    VERBOSE = 2


_now = [Loudness.USUAL]


def set_loudness(loudness: Loudness) -> None:
    """For the rest of the command."""
    _now[0] = loudness


def is_quiet() -> bool:
    """Whether only results and errors are told."""
    return _now[0] is Loudness.QUIET


def is_verbose() -> bool:
    """Whether each request is told."""
    return _now[0] is Loudness.VERBOSE
