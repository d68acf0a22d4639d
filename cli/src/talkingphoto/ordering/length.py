"""How long a script takes to speak, without speaking it."""

from __future__ import annotations

import unicodedata

_LETTER_S = {
    "en": 0.070,
    "hi": 0.150,
    "es": 0.070,
    "fr": 0.057,
    "de": 0.069,
    "ja": 0.131,
    "ko": 0.204,
    "zh": 0.270,
}
_CLAUSE_S, _SENTENCE_S, _AROUND_S = 0.18, 0.41, 0.37


def seconds_of(script: str, language: str) -> float:
    """About how many seconds, from letters and stops alone; 0 where there is nothing to say.

    The platform's own voices need that long within about a fifth: ``media.speech.synthesis.estimate_duration``
    computes the same, and a test compares the two.
    """
    # As they are spoken: ½ is two digits, ℃ has a letter.
    letters = sum(_weight(character, language) for character in unicodedata.normalize("NFKC", script))
    if not letters:
        return 0.0
    sentences = sum(script.count(stop) for stop in ".!?…。！？।")
    clauses = sum(script.count(stop) for stop in ",;:、，；：")
    spoken = letters * _LETTER_S[language] + clauses * _CLAUSE_S + max(0, sentences - 1) * _SENTENCE_S
    return round(spoken + _AROUND_S, 3)


def _weight(character: str, language: str) -> float:
    # Digits are whole words, a kanji is mostly two morae.
    if character.isdigit():
        return 4.0
    if language == "ja" and "\u3400" <= character <= "\u9fff":
        return 2.0
    return 1.0 if character.isalpha() else 0.0
