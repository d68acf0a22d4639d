"""Which writing each voice reads, and whether a script is in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import regex

WRITINGS: dict[str, tuple[str, ...]] = {
    "en": ("Latin",),
    "hi": ("Devanagari",),
    "es": ("Latin",),
    "fr": ("Latin",),
    "de": ("Latin",),
    "ja": ("Hiragana", "Katakana", "Han"),
    "ko": ("Hangul",),
    "zh": ("Han",),
}
"""The writings of each language's own words. Every voice reads Latin and Greek letters besides."""

_NAMES = {
    "Latin": "Latin letters",
    "Devanagari": "Hindi (Devanagari)",
    "Hangul": "Korean",
    "Han": "Chinese",
    "Hiragana": "Japanese",
    "Katakana": "Japanese",
    "Arabic": "Arabic letters",
    "Cyrillic": "Cyrillic letters",
    "Greek": "Greek letters",
    "Hebrew": "Hebrew letters",
    "Thai": "Thai letters",
}
_SCRIPTS = (*_NAMES, "Bengali", "Tamil", "Telugu", "Gujarati", "Gurmukhi", "Kannada", "Malayalam", "Armenian")
_LETTER = regex.compile(
    "|".join(rf"(?P<{name}>(?:(?=\p{{{name}}})\p{{L}})+)" for name in _SCRIPTS) + r"|(?P<other>\p{L})"
)
_CHINESE_ONLY = regex.compile("[你们們吗嗎这這说說么麼没沒谁誰请請谢謝欢歡给給让讓哪她您很]")
_MOST_FOREIGN = 0.25  # of the letters: a word or two of another writing is only silent


@dataclass(frozen=True, slots=True)
class WrongWriting:
    """What is wrong with a script's writing, and what to do about it."""

    problem: str
    advice: str


def wrong_writing(text: str, language: str) -> WrongWriting | None:
    """Why the voice of ``language`` cannot read ``text``, and which language to choose; None where it can.

    ``text`` is in another writing when none of its letters is in the language's own, or a quarter of them in one that
    the voice does not read. A text without letters is in every writing.
    """
    letters: Counter[str] = Counter()
    for found in _LETTER.finditer(text):
        letters[found.lastgroup or ""] += len(found[0])
    own = WRITINGS[language]
    readable = {*own, "Latin", "Greek"}
    foreign = Counter({name: count for name, count in letters.items() if name not in readable})
    mine = sum(letters[name] for name in own)
    chinese = language == "ja" and not letters["Hiragana"] + letters["Katakana"] and _CHINESE_ONLY.search(text)
    if chinese:
        foreign = Counter({"Han": mine})
    elif not letters or (mine and foreign.total() <= _MOST_FOREIGN * letters.total()):
        return None
    most = (foreign or letters).most_common(1)[0][0]
    if most == "Han" and letters["Hiragana"] + letters["Katakana"]:
        most = "Hiragana"
    looks = _NAMES.get(most, f"{most} letters" if most != "other" else "another writing")
    return WrongWriting(
        f"The script looks like {looks}, which the voice of language {language!r} does not read.", _advice(most)
    )


def unreadable(language: str) -> str:
    """A regular expression for letters that the voice of ``language`` would spell by the name of their writing."""
    known = "".join(rf"\p{{{name}}}" for name in (*WRITINGS[language], "Latin", "Greek", "Common", "Inherited"))
    return rf"[^{known}]+"


def _advice(writing: str) -> str:
    fitting = [language for language, writings in WRITINGS.items() if writing in writings]
    if writing == "Han":
        fitting = ["zh"]
    if not fitting:
        return f"There is no voice for it; the languages are {', '.join(WRITINGS)}."
    return f"Choose the language {' or '.join(filter(None, (', '.join(fitting[:-1]), fitting[-1])))}."
