"""What somebody types to search, as PostgreSQL takes it: in any language, and never as an expression of theirs."""

from __future__ import annotations

import re
from typing import NamedTuple

MOST_WORDS = 10

# Whatever is no operator or quote of a tsquery; marks between the letters of a word are part of it in many languages.
_WORD = re.compile(r"[^\s'&|!():*<>\\]+")


class Search(NamedTuple):
    """``words``: a ``tsquery`` of all words, each as the beginning of one. ``letters``: an ``ILIKE`` pattern of the
    text as it is, for writing without spaces between words."""

    words: str
    letters: str


def search_of(typed: str | None) -> Search | None:
    """A search for what was typed; None where there is no word in it."""
    words = _WORD.findall(typed or "")[:MOST_WORDS]
    if not words:
        return None
    escaped = re.sub(r"([\\%_])", r"\\\1", (typed or "").strip())
    return Search(" & ".join(f"'{word}':*" for word in words), f"%{escaped}%")
