"""How long a script takes to say, without saying it: what is asked while somebody types needs no voice loaded."""

from __future__ import annotations

import unicodedata

from media.errors import BadMedia

LEAD_S, TAIL_S = 0.12, 0.25
"""Silence before and after what is said, in seconds."""

_LETTER_S: dict[str, float] = {
    "en": 0.070,
    "hi": 0.150,
    "es": 0.070,
    "fr": 0.057,
    "de": 0.069,
    "ja": 0.131,
    "ko": 0.204,
    "zh": 0.270,
}
"""Seconds per letter, measured from the engine at normal speed over a few sentences of each language."""

_CLAUSE_S, _SENTENCE_S = 0.18, 0.41  # the engine's pauses


def estimate_duration(text: str, *, language: str = "en", speed: float = 1.0) -> float:
    """About how many seconds ``media.speech.synthesis.synthesise`` would speak, from letters and stops alone.

    Within about a fifth for ordinary prose. 0 where there is nothing to say. Raises as :func:`check` does.
    """
    check(language, speed=speed)
    # As they are spoken: ½ is two digits, ℃ has a letter.
    letters = sum(_weight(character, language) for character in unicodedata.normalize("NFKC", text))
    sentences = sum(text.count(stop) for stop in ".!?…。！？।")
    clauses = sum(text.count(stop) for stop in ",;:、，；：")
    if not letters:
        return 0.0
    spoken = letters * _LETTER_S[language] + clauses * _CLAUSE_S + max(0, sentences - 1) * _SENTENCE_S
    return round(spoken / speed + LEAD_S + TAIL_S, 3)


def check(language: str, **factors: float) -> None:
    """Raise ``BadMedia`` for a language that no voice speaks (``UNSUPPORTED_LANGUAGE``) or a factor beyond 0.5 to 2."""
    if language not in _LETTER_S:
        raise BadMedia(
            f"no voice for language {language!r}",
            code="UNSUPPORTED_LANGUAGE",
            advice=f"Choose one of {', '.join(_LETTER_S)}.",
        )
    for name, value in factors.items():
        if not 0.5 <= value <= 2.0:
            raise BadMedia(f"{name} {value} is not between 0.5 and 2", code="BAD_PARAMETER")


def _weight(character: str, language: str) -> float:
    """How long a character takes beside a plain letter: digits are whole words, a kanji is mostly two morae."""
    if character.isdigit():
        return 4.0
    if language == "ja" and "\u3400" <= character <= "\u9fff":
        return 2.0
    return 1.0 if character.isalpha() else 0.0
