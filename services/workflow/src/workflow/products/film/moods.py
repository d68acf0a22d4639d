"""Which kind of music words ask for. Pure."""

from __future__ import annotations

_WORDS: dict[str, tuple[str, ...]] = {}
