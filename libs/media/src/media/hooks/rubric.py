"""A rubric for hooks: eight items, each with its most points, each citing the words it was given for and their time.

What a listener meets first decides, so an item counts in full in the first sentence of a clip and half in the rest. The
same transcript gives the same hooks; nothing here learns or guesses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import regex

from media.hooks.sentences import Line, Sentence, sentences
from media.hooks.signs import NONE, SIGNS, Signs
from media.hooks.sound import Sound
from media.types import Word

SHORTEST_S, LONGEST_S = 3.0, 60.0
_IDEAL_S = 30.0
"""A clip grows by whole sentences while it gains points, and no further than that unless one sentence is longer."""
_PAUSE_S, _LOUDER_DB = 0.5, 2.0
_LATER = 0.5
_TITLE = 60
_LONGEST_PHRASE = 4
_MARKS = "\"'“”‘’«»()[]¿¡ .,;:!?…。，！？、।؟"
_DIGIT = regex.compile(r"\p{Nd}")

Finder = Callable[[Sentence, Signs], Word | None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An item of the rubric that a clip fulfils: with which words, when, and for how many points."""

    item: str
    words: str
    at: float
    points: float


@dataclass(frozen=True, slots=True)
class Hook:
    """A clip that is worth watching. ``score`` is 0 to 10, the sum of what its evidence is worth."""

    start: float
    end: float
    title: str
    score: float
    evidence: tuple[Evidence, ...]

    @property
    def reason(self) -> str:
        """Why, in words."""
        return "; ".join(f"{one.item}: {one.words}" for one in self.evidence) or "nothing stands out"


def _said(of: Callable[[Signs], frozenset[str]]) -> Finder:
    def find(sentence: Sentence, signs: Signs) -> Word | None:
        return next(_phrases(sentence.words, of(signs)), None)

    return find


def _asks(sentence: Sentence, signs: Signs) -> Word | None:
    last = sentence.words[-1].text.rstrip("\"'”’»)] ")
    if last.endswith(("?", "？", "؟")):
        return Word(sentence.text, sentence.start, sentence.end)
    # Without any sign, as ears write who are not sure, the first word tells.
    return None if last[-1:] in _MARKS else _begins(sentence, signs.asks)


def _counts(sentence: Sentence, signs: Signs) -> Word | None:
    digits = (word for word in sentence.words if _DIGIT.search(word.text))
    return next(digits, None) or next(_phrases(sentence.words, signs.number), None)


def _exclaims(sentence: Sentence, signs: Signs) -> Word | None:
    found = next(_phrases(sentence.words, signs.emotion), None)
    loud = sentence.words[-1].text.rstrip("\"'”’»)] ").endswith(("!", "！"))
    return found or (sentence.words[-1] if loud else None)


_ITEMS: tuple[tuple[str, float, Finder], ...] = (
    ("claim", 2.0, _said(lambda signs: signs.claim)),
    ("question", 1.5, _asks),
    ("number", 1.0, _counts),
    ("emotion", 1.5, _exclaims),
    ("contrast", 1.5, _said(lambda signs: signs.contrast)),
)
_ALONE, _AFTER_A_PAUSE, _LOUD = 1.5, 0.5, 0.5


def find_hooks(
    lines: Iterable[Line],
    duration: float,
    *,
    count: int = 3,
    language: str = "en",
    sound: Sound | None = None,
    shortest_s: float = SHORTEST_S,
    longest_s: float = LONGEST_S,
) -> tuple[Hook, ...]:
    """The best ``count`` clips of what is said, best first, ``shortest_s`` to ``longest_s`` long, inside ``duration``,
    none overlapping. Without ``sound`` the pauses of the transcript count and loudness does not."""
    spoken = [one for one in sentences(lines, language) if one.end <= duration]
    signs = SIGNS.get(language, NONE)
    silent = [0.0, *(after.start - before.end for before, after in pairwise(spoken))]
    # Sentences are read once: a long film has as many clips as it has pairs of them.
    said = [(name, points, [find(one, signs) for one in spoken]) for name, points, find in _ITEMS]
    found: list[Hook] = []
    for first, opening in enumerate(spoken):
        pause = silent[first] if sound is None else sound.pause_before(opening.start)
        around = _around(opening, signs, pause, sound)
        ends = _ends(spoken, first, shortest_s, longest_s)
        found += [_judged(spoken, first, last, said, around) for last in ends]
    chosen: list[Hook] = []
    # Where the best clip from a sentence does not fit beside better ones, a shorter one may.
    for hook in sorted(found, key=lambda hook: (-hook.score, hook.start, hook.end)):
        if len(chosen) < count and all(hook.end <= other.start or other.end <= hook.start for other in chosen):
            chosen.append(hook)
    return tuple(chosen)


def _ends(spoken: Sequence[Sentence], first: int, shortest_s: float, longest_s: float) -> Iterator[int]:
    enough = max(_IDEAL_S, shortest_s)
    grown = False
    for last in range(first + 1, len(spoken) + 1):
        seconds = spoken[last - 1].end - spoken[first].start
        if seconds > longest_s or (seconds > enough and grown):
            return
        if seconds >= shortest_s:
            grown = True
            yield last


_Said = Sequence[tuple[str, float, Sequence[Word | None]]]
"""For each item its name, its points, and the word of each sentence that fulfils it."""


def _judged(spoken: Sequence[Sentence], first: int, last: int, said: _Said, around: Sequence[Evidence]) -> Hook:
    evidence = [one for item in said if (one := _best(first, last, *item)) is not None]
    evidence += around
    score = round(sum(one.points for one in evidence), 2)
    opening = spoken[first]
    return Hook(opening.start, spoken[last - 1].end, _title(opening.text), score, tuple(evidence))


def _around(opening: Sentence, signs: Signs, pause: float, sound: Sound | None) -> list[Evidence]:
    """What is to be said of a clip's first sentence, however long the clip is."""
    evidence = []
    if _begins(opening, signs.leans) is None:
        evidence.append(Evidence("stands alone", opening.words[0].text, opening.start, _ALONE))
    if pause >= _PAUSE_S:
        evidence.append(Evidence("after a pause", f"{pause:.1f} s", opening.start, _AFTER_A_PAUSE))
    if sound is not None and (louder := sound.above_usual(opening.start, opening.end)) >= _LOUDER_DB:
        evidence.append(Evidence("loud", f"{louder:.1f} dB over the usual", opening.start, _LOUD))
    return evidence


def _best(first: int, last: int, item: str, points: float, words: Sequence[Word | None]) -> Evidence | None:
    for index in range(first, last):
        if (word := words[index]) is not None:
            return Evidence(item, word.text.strip(), word.start, points if index == first else points * _LATER)
    return None


def _phrases(words: Sequence[Word], phrases: frozenset[str]) -> Iterator[Word]:
    """Where one of ``phrases`` is said, in order, the longest of those that begin at a word."""
    plain = [_plain(word.text) for word in words]
    for index in range(len(words)):
        growing = accumulate(plain[index : index + _LONGEST_PHRASE], lambda so_far, word: f"{so_far} {word}")
        if known := [size for size, phrase in enumerate(growing, 1) if phrase in phrases]:
            said = words[index : index + known[-1]]
            yield Word(" ".join(word.text for word in said), said[0].start, said[-1].end)


def _begins(sentence: Sentence, phrases: frozenset[str]) -> Word | None:
    first = next(_phrases(sentence.words, phrases), None)
    return first if first is not None and first.start == sentence.start else None


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'").strip(_MARKS)


def _title(text: str) -> str:
    if len(text) <= _TITLE:
        return text
    cut = text[: _TITLE + 1].rsplit(" ", 1)[0] if " " in text[: _TITLE + 1] else text[:_TITLE]
    return f"{cut.rstrip(_MARKS)}…"
