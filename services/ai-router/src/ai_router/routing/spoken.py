"""Where a speech may be parted, so that each part fits into one clip of a provider (WFL-40)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from ai_router.catalogue.models import Catalogue
from chassis.storage.port import ObjectStore
from contracts.ai_router import SubmitJob
from media.speech.spoken.signs import ends_clause, ends_sentence

_LEAST_SHARE = 1 / 3
"""A part that ends at a sentence or a clause fills so much of a clip at least: each clip is paid for as a whole."""
_BREATH_S = 0.12
"""A clip begins to speak so soon, so no part begins with more of the pause before it."""
_MILLISECOND = Decimal("0.001")
_UNSPACED = frozenset({"ja", "zh"})


class Part(NamedTuple):
    """From when to when in the whole, in seconds."""

    start: Decimal
    end: Decimal

    @property
    def seconds(self) -> Decimal:
        """How long it is."""
        return self.end - self.start


class Word(NamedTuple):
    """One spoken word, with the signs behind it."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SpokenText:
    """What is said when, from a timings document."""

    seconds: float
    words: tuple[Word, ...]
    language: str = "en"

    @classmethod
    def of(cls, document: bytes) -> SpokenText:
        """From the bytes of a timings document."""
        known: Mapping[str, Any] = json.loads(document)
        words = tuple(Word(one["text"], one["start"], one["end"]) for one in known.get("words", ()))
        return cls(float(known["duration"]), words, str(known.get("language", "en")))

    def parts(self, longest: float, *, tight: bool = False) -> tuple[Part, ...]:
        """The whole in parts of at most ``longest`` seconds, without a gap.

        A part ends in the pause behind a sentence where one ends late enough in it, else behind a clause, else behind a
        word; within a word only where that alone is longer than a clip. ``tight``: in the last pause of all, so that
        there are as few parts as can be.
        """
        cuts, start = [0.0], 0.0
        places = [(at, 0) for at, _ in self._places()] if tight else self._places()
        while self.seconds - start > longest:
            start = _cut(places, start, longest)
            cuts.append(start)
        exact = [Decimal(str(cut)).quantize(_MILLISECOND) for cut in (*cuts, self.seconds)]
        return tuple(Part(one, other) for one, other in pairwise(exact))

    def text(self, part: Part) -> str:
        """The words that are said in a part."""
        said = [word.text for word in self.words if part.start <= (word.start + word.end) / 2 < part.end]
        return ("" if self.language in _UNSPACED else " ").join(said)

    def _places(self) -> Sequence[tuple[float, int]]:
        """Where in each pause to cut, and how well it suits: 0 behind a sentence, 1 a clause, 2 a word."""
        return [
            (max((word.end + after.start) / 2, after.start - _BREATH_S), _rank(word.text))
            for word, after in pairwise(self.words)
        ]


async def spoken_for(command: SubmitJob, catalogue: Catalogue, store: ObjectStore) -> SpokenText | None:
    """What a film is made for, where it may have to be made in parts; raises what the store raises."""
    timings, seconds = command.inputs.get("timings"), command.parameters.get("duration")
    if timings is None or "audio" not in command.inputs or not isinstance(seconds, int | float):
        return None
    offers = catalogue.by_capability.get(command.capability, ())
    if all(offer.max_clip_s is None or seconds <= offer.max_clip_s for offer in offers):
        return None
    return SpokenText.of(await store.read(timings))


def _rank(text: str) -> int:
    return 0 if ends_sentence(text) else 1 if ends_clause(text) else 2


def _cut(places: Sequence[tuple[float, int]], start: float, longest: float) -> float:
    """The end of the part that begins at ``start`` and is not the last."""
    # Whole milliseconds, downwards: what is rounded later must not become too long.
    latest = int((start + longest) * 1000) / 1000
    early = start + _LEAST_SHARE * longest
    for rank in (0, 1, 2):
        found = [round(at, 3) for at, suits in places if suits <= rank and early <= at and round(at, 3) <= latest]
        if found:
            return max(found)
    return latest
