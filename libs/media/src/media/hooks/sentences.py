"""What is said, as sentences of words that have times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media.speech.spoken.signs import ends_sentence
from media.types import Word

_PAUSE_S = 0.9
"""A transcript without signs is parted where nobody speaks for so long."""
_UNSPACED = frozenset({"ja", "zh"})


@dataclass(frozen=True, slots=True)
class Line:
    """Something said between two times; ``words`` where each is known with its own."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words that belong together, at least one."""

    words: tuple[Word, ...]
    language: str = "en"

    @property
    def start(self) -> float:
        """When it begins."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """When it ends."""
        return self.words[-1].end

    @property
    def text(self) -> str:
        """What is said."""
        return ("" if self.language in _UNSPACED else " ").join(word.text for word in self.words)


def sentences(lines: Iterable[Line], language: str = "en") -> tuple[Sentence, ...]:
    """The sentences of ``lines`` in order. A line without words has its time shared among them by their length."""
    made: list[Sentence] = []
    pending: list[Word] = []
    for word in (word for line in lines for word in line.words or _spread(line, language)):
        if pending and word.start - pending[-1].end > _PAUSE_S:
            made.append(Sentence(tuple(pending), language))
            pending = []
        pending.append(word)
        if ends_sentence(word.text):
            made.append(Sentence(tuple(pending), language))
            pending = []
    if pending:
        made.append(Sentence(tuple(pending), language))
    return tuple(made)


def _spread(line: Line, language: str) -> Sequence[Word]:
    texts = _phrases(line.text) if language in _UNSPACED else line.text.split()
    whole = sum(len(text) for text in texts)
    words: list[Word] = []
    at = line.start
    for text in texts:
        end = at + (line.end - line.start) * len(text) / whole
        words.append(Word(text, at, end))
        at = end
    return words


def _phrases(text: str) -> list[str]:
    """Text that is written without spaces, parted behind its signs."""
    made = [""]
    for letter in "".join(text.split()):
        made[-1] += letter
        if not letter.isalnum():
            made.append("")
    return [phrase for phrase in made if phrase]
