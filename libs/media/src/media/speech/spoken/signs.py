"""Where sentences and clauses end."""

from __future__ import annotations

import regex

_SENTENCE_END = frozenset(".?!…。！？।॥؟۔")
_CLAUSE_END = frozenset(",;:、，；：،؛—–")
# What may stand behind the sign that ends a sentence: closing signs, spaces before them, pictographs after them.
_BEHIND = regex.compile(r"[\s\"'”’“‘»«›‹)\]」』）\p{So}\p{Sk}\p{Extended_Pictographic}\p{EMod}\ufe0f\u200d]*+$")


def ends_sentence(text: str) -> bool:
    """Whether a sentence is over after ``text``."""
    return _last_sign(text) in _SENTENCE_END


def ends_clause(text: str) -> bool:
    """Whether one would breathe after ``text``."""
    return _last_sign(text) in _CLAUSE_END


def _last_sign(text: str) -> str:
    at = len(text)
    while at and _BEHIND.fullmatch(text, at - 1, at):
        at -= 1
    return text[at - 1 : at]
