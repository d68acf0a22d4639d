"""Whether what was heard is what should be said. Pure: texts in, figures out.

Both texts are read aloud on paper first (numbers, signs and dates in words), so that ``7.30 pm`` is ``seven thirty``.
What a listener is told by his ears is sounds and not spelling, so what decides is letters: ``bird house``
for ``birdhouse`` costs nothing, ``Bryan`` for ``Brian`` little, another text nearly everything. Words are what people
count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from media.speech.script import pieces

_MARK = regex.compile(r"[^\p{L}\p{M}\p{N}' ]+")
_CLOCK = regex.compile(r"\b(\d{1,2})[.:]?(\d{2}) ?([ap])\.?m\b", regex.IGNORECASE)
"""Times of day as listeners write them: 7:30 pm, 7.30pm, 730PM."""
_UNSPACED = frozenset({"ja", "zh"})


@dataclass(frozen=True, slots=True)
class Agreement:
    """``letters``: the share of letters that are as they should be, 0 to 1, of the ``longest`` of both texts. ``wrong``
    of ``words`` are wrong, missing or too many."""

    letters: float
    wrong: int
    words: int
    longest: int


def said(text: str, language: str = "en") -> list[str]:
    """Words as they are said: numbers and signs in words, without marks, in lower case."""
    clear = _CLOCK.sub(r"\1:\2 \3m", text)
    spoken = " ".join(piece.text for piece in pieces(clear, language))
    words = _MARK.sub(" ", spoken.replace("-", " ").replace("’", "'")).casefold().split()
    return [letter for word in words for letter in word] if language in _UNSPACED else words


def compare(script: str, heard: str, language: str = "en") -> Agreement:
    """How far ``heard`` agrees with ``script``. A script in which nothing is said is agreed with by silence alone."""
    wanted, got = said(script, language), said(heard, language)
    expected, received = "".join(wanted), "".join(got)
    longest = max(len(expected), len(received))
    letters = 1.0 if not longest else 1 - distance(expected, received) / longest
    return Agreement(letters, distance(wanted, got), len(wanted), longest)


def found_in(script: str, heard: str, language: str = "en") -> float:
    """The share of the letters of ``heard`` that some one stretch of ``script`` has in this order, 0 to 1."""
    wanted, got = "".join(said(script, language)), "".join(said(heard, language))
    return 1 - min(1.0, float(_last_row(got, wanted, anywhere=True).min()) / len(got)) if got else 0.0


def distance(one: Sequence[Any], other: Sequence[Any]) -> int:
    """The fewest insertions, deletions and replacements that turn ``one`` into ``other`` (Levenshtein)."""
    shorter, longer = sorted((one, other), key=len)
    return int(_last_row(shorter, longer)[-1])


def _last_row(short: Sequence[Any], long: Sequence[Any], *, anywhere: bool = False) -> NDArray[np.int64]:
    """The distance of the whole of ``short`` from every beginning of ``long``, or (``anywhere``) from the nearest
    stretch that ends there."""
    numbers: dict[Any, int] = {}
    outer, inner = (
        np.array([numbers.setdefault(item, len(numbers)) for item in row], np.int64) for row in (short, long)
    )
    places = np.arange(len(inner) + 1)
    row = np.zeros_like(places) if anywhere else places
    for index, item in enumerate(outer, 1):
        fresh = np.full_like(places, index)
        fresh[1:] = np.minimum(row[1:] + 1, row[:-1] + (inner != item))
        # Every step to the right costs one: the least of what is to the left, each with its way here.
        row = np.minimum.accumulate(fresh - places) + places
    return row
