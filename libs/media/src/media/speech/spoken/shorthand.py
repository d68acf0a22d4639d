"""What is written shorter than it is said: per day, out of five, twice as ``2x``, inches, numbers in circles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from unicodedata import numeric

import regex

from media.speech.spoken.languages import LANGUAGES
from media.speech.spoken.numbers import amount as parsed
from media.speech.spoken.numbers import cardinal, decimal, said, with_unit

Match = re.Match[str]  # regex brings no types; its matches are like these
Say = Callable[[Match, str], str | None]

BETWEEN = {"de": "zu", "zh": "比", "ja": "たい", "ko": "대"}
"""What stands between the numbers of a ratio where that is not what stands between the ends of a range."""

GERMAN_ARTICLES = frozenset(
    {"der", "die", "das", "den", "dem", "des", "am", "im", "zum", "zur", "vom", "beim"}
    | {f"jede{ending}" for ending in ("", "r", "s", "n", "m")}
)
GERMAN_ORDINALS = {
    "Jahrhundert": "s",
    "Jahrtausend": "s",
    "Kapitel": "s",
    "Mal": "s",
    "Platz": "r",
    "Stock": "r",
    "Tag": "r",
    "Geburtstag": "r",
    "Jahrestag": "r",
    "Monat": "r",
    "Weltkrieg": "r",
    "Teil": "r",
    "Etage": "",
    "Klasse": "",
    "Liga": "",
    "Auflage": "",
    "Staffel": "",
    "Folge": "",
    "Woche": "",
    "Runde": "",
}
"""Nouns that a number with a dot counts, and how it ends before them without an article."""

_PER = {"en": "per", "de": "pro", "fr": "par", "es": "por", "hi": "प्रति", "ja": "まい", "ko": "매", "zh": "每"}
_TIMES = {"en": "times", "de": "mal", "fr": "fois", "es": "veces", "hi": "गुना", "ja": "ばい", "ko": "배", "zh": "倍"}
_SHORT = {
    "en": {"hr": "hour", "h": "hour", "min": "minute", "day": "day", "wk": "week", "mo": "month", "yr": "year"},
    "de": {"Std": "Stunde", "h": "Stunde", "Min": "Minute", "Mon": "Monat"},
    "fr": {"h": "heure", "min": "minute", "j": "jour", "pers": "personne"},
    "es": {"h": "hora", "min": "minuto", "pers": "persona"},
}
_POWER = {"en": "to the power of", "de": "hoch", "fr": "puissance", "es": "elevado a"}
_OUT_OF = {"en": "out of", "de": "von", "fr": "sur", "es": "de"}
_PERCENT = {
    "en": "percent",
    "de": "Prozent",
    "fr": "pour cent",
    "es": "por ciento",
    "hi": "प्रतिशत",
    "ja": "パーセント",
    "ko": "퍼센트",
    "zh": "百分比",
}
_MONEY = r"(?:[$€£¥₹₩元円원]\s?[\d.,]{1,16}|\d\s?[$€£¥₹₩元円원])"


def shorthand(language: str) -> Iterator[tuple[str, Say]]:
    """Rules, the strongest first."""
    short = "|".join(_SHORT.get(language, ())) or "(?!)"
    yield (
        rf"(?<={_MONEY})/(?P<short>{short})(?!\p{{L}})\.?",
        lambda m, lang: f" {_PER[lang]} {_SHORT[lang][m['short']]}",
    )
    yield rf"(?<={_MONEY})/(?=\p{{L}}[\p{{L}}\p{{M}}]|[日月年人个晚天월일년])", lambda _m, lang: f" {_PER[lang]} "
    yield r"(?<=\d)/[-–](?!\d)", lambda _m, _lang: ""
    yield r"(?<=[\p{L}\p{N})])\^[23](?!\d)", lambda m, lang: LANGUAGES[lang].powers[m[0] == "^3"]
    if language in _POWER:
        yield (
            r"(?<=[\p{L}\p{N})])\^(?P<n>\d{1,3})(?!\d)",
            lambda m, lang: f" {_POWER[lang]} {cardinal(int(m['n']), lang)}",
        )
    if not LANGUAGES[language].spaced or language == "ko":
        yield r"(?<=[\p{Lo}%])\s?(?:(?<!—)—(?!—)|[-–~〜])\s?(?=\d)", lambda _m, lang: LANGUAGES[lang].to
    yield r"[⓿⓪①-⑳⓫-⓴❶-❿➀-➓]", lambda m, lang: cardinal(int(numeric(m[0])), lang)
    yield r"(?<=\p{L})\s?%", lambda _m, lang: f" {_PERCENT[lang]}"
    yield r"(?<![\p{L}\p{N}.,$€£¥₹])\.(?P<f>\d{1,9})(?![\p{L}\p{N}.])", lambda m, lang: decimal(0, m["f"], lang)
    if language == "ja":
        yield (
            r"(?<=〒\s?)\d{3}-?\d{4}",
            lambda m, lang: " ".join(cardinal(int(one), lang) for one in m[0] if one != "-"),
        )
    if language == "ko":
        # Letters that make no syllable are what laughing and weeping are written with.
        yield r"[\u1100-\u11ff\u3131-\u318e]+", lambda _m, _lang: ""


def out_of(match: Match, language: str) -> str:
    """``4.5/5``."""
    return f"{said(match['a'], language)} {_OUT_OF.get(language, '')} {said(match['b'], language)}"


def fold(match: Match, language: str) -> str:
    """``3x``."""
    return f"{said(match['n'], language)} {_TIMES[language]}"


def height(match: Match, language: str) -> str:
    """``5'10"``."""
    return f"{said(match['n'], language)} foot {said(match['in'], language)}"


def inches(match: Match, language: str) -> str | None:
    """``5"``; None where the sign closes a quotation."""
    before = match.string[max(0, match.start() - 400) : match.start()]
    if before.count('"') % 2 or regex.search("[“„«]", before):
        return None
    return with_unit(*parsed(match["n"], language), "length-inch", language)
