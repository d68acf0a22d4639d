"""Dates, times of day, and what is counted with words of its own in Japanese and Korean."""

from __future__ import annotations

import re

import regex

from media.speech.spoken import numbers
from media.speech.spoken.languages import LANGUAGES
from media.speech.spoken.numbers import cardinal, counted, ordinal

Match = re.Match[str]  # regex brings no types; its matches are like these

_JA_DAYS = dict(
    zip(
        (*range(1, 11), 14, 20, 24),
        [
            "ついたち",
            "ふつか",
            "みっか",
            "よっか",
            "いつか",
            "むいか",
            "なのか",
            "ようか",
            "ここのか",
            "とおか",
            "じゅうよっか",
            "はつか",
            "にじゅうよっか",
        ],
        strict=True,
    )
)
_JA_LAST = {
    "月": {4: "し", 7: "しち", 9: "く"},
    "時": {4: "よ", 7: "しち", 9: "く"},
    "年": {4: "よ"},
    "円": {4: "よ"},
    "人": {4: "よ"},
}
_JA_NAMES = {"月": "がつ", "時": "じ", "年": "ねん", "円": "えん", "人": "にん", "歳": "さい", "才": "さい"}
_JA_MINUTES = {1: "いっぷん", 3: "さんぷん", 4: "よんぷん", 6: "ろっぷん", 8: "はっぷん"}
_JA_COUNTED = {
    **dict(zip("回本杯個枚冊階台", ("かい", "ほん", "はい", "こ", "まい", "さつ", "かい", "だい"), strict=True)),
    **dict(
        zip("名匹度倍番件位泊秒", ("めい", "ひき", "ど", "ばい", "ばん", "けん", "い", "はく", "びょう"), strict=True)
    ),
    "週間": "しゅうかん",
    **dict.fromkeys(("か月", "ヶ月", "ヵ月", "カ月"), "かげつ"),
}
_JA_STOPS = {"いち": "いっ", "ろく": "ろっ", "はち": "はっ", "じゅう": "じゅっ", "ひゃく": "ひゃっ"}
_JA_P, _JA_B = str.maketrans("はひほ", "ぱぴぽ"), str.maketrans("はひほ", "ばびぼ")
_JA_THINGS = ("ひとつ", "ふたつ", "みっつ", "よっつ", "いつつ", "むっつ", "ななつ", "やっつ", "ここのつ")
_KO_ONES = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
_KO_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")


def date(match: Match, language: str) -> str | None:
    """``2024-12-05``, ``5.12.2024``, ``12/05/24``; None for what is no day of a year."""
    groups = match.groupdict()
    if "a" in groups:
        first, second = int(groups["a"]), int(groups["b"])
        american = not LANGUAGES[language].day_first and groups["s"] != "."
        day, month = (second, first) if (american and first <= 12) or second > 12 else (first, second)
        short = len(groups["y"]) == 2
        year = int(groups["y"]) + ((2000 if int(groups["y"]) < 70 else 1900) if short else 0)
    else:
        day, month, year = int(groups["d"]), int(groups["m"]), int(groups["y"])
    case = groups.get("case") or ""
    words = _date(day, month, year, language, ending=_ending(case))
    return words and f"{case}{words}"


def textual_date(match: Match, language: str) -> str | None:
    """A day beside the name or the number of its month: ``May 5, 2024``, ``am 5. Mai``, ``1er mai``."""
    groups = match.groupdict()
    names = [name.casefold() for name in numbers.months(language)]
    if groups.get("name"):
        stem = groups["name"].casefold().rstrip(".")[:3] if language == "en" else groups["name"].casefold()
        month = next(number for number, name in enumerate(names, 1) if name.startswith(stem))
    else:
        month = int(groups["m"])
    year = int(groups["y"]) if groups.get("y") else None
    case = groups.get("case") or ""
    words = _date(int(groups["d"]), month, year, language, ending=_ending(case))
    if words is not None and (
        groups.get("of") or (language == "en" and _THE.search(match.string[: match.start()][-4:]))
    ):
        first, _, rest = words.partition(",")
        words = f"{ordinal(int(groups['d']), language)} of {first.split()[0]}{f',{rest}' if rest else ''}"
    return words and f"{case}{words}"


def _ending(case: str) -> str:
    """How a German ordinal ends behind what rules its case."""
    return "" if case.strip().lower() == "der" else "n" if case else "r"


_THE = regex.compile(r"\b[Tt]he\s$")


def _date(day: int, month: int, year: int | None, language: str, *, ending: str = "r") -> str | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    said_as = LANGUAGES[language]
    month_words = numbers.months(language)[month - 1]
    day_words = cardinal(day, language)
    match language:
        case "en":
            day_words = ordinal(day, language)
        case "de":
            day_words = ordinal(day, language) + ending
        case "fr" if day == 1:
            day_words = "premier"
        case "ja":
            day_words, month_words = _ja(day, "日"), _ja(month, "月").removesuffix("がつ")
        case "ko":
            month_words = _ko_month(month)
        case "zh":
            month_words = str(month)
        case _:
            pass
    if year is None:
        return said_as.day_month.format(d=day_words, m=month_words)
    year_words = _ja(year, "年").removesuffix("ねん") if language == "ja" else numbers.year(year, language)
    return said_as.date.format(d=day_words, m=month_words, y=year_words)


def clock(match: Match, language: str) -> str | None:
    """A time of day: ``5:30 pm``, ``14:30 Uhr``, ``14h30``."""
    groups = match.groupdict()
    hour, minute = int(groups["h"]), int(groups.get("m") or 0)
    said_as = LANGUAGES[language]
    half = regex.sub(r"[^apm]", "", (groups.get("of") or "").lower())
    half = f" {half[0]} m" if half in ("am", "pm") else ""
    seconds = f" {cardinal(int(groups['sec']), language)}" if groups.get("sec") else ""
    match language:
        case "ja":
            return _ja(hour, "時") + (f" {_ja(minute, '分')}" if minute else "") + half + seconds
        case "ko":
            hours = _ko(hour) if 1 <= hour <= 12 else cardinal(hour, language)
        case "fr":
            hours = counted(hour, "heure", language)
        case "es":
            hours = counted(hour, "hora", language)
        case "de":
            hours = counted(hour, "Uhr", language)
        case _:
            hours = cardinal(hour, language)
    if not minute:
        if language == "en" and (half or not 1 <= hour <= 12):
            return f"{hours}{half}" if half else f"{hours} hundred" if hour else "midnight"
        words = said_as.clock.format(h=hours)
    else:
        minutes = cardinal(minute, language)
        if minute < 10 and language in ("en", "es", "fr") and groups.get("sec") is None:
            minutes = f"{ {'en': 'oh', 'es': 'cero', 'fr': 'zéro'}[language] } {minutes}"
        words = said_as.clock_minutes.format(h=hours, m=minutes)
    if language == "fr" and hour in (0, 1):
        words = words.replace("heures", "heure")
    return words + half + seconds


def counter(match: Match, language: str) -> str | None:
    """A number with what it counts where that changes how it is said; None where it does not."""
    number, what = int(match["n"].replace(",", "")), match["what"]
    if language == "ja":
        if what == "日" and number == 1 and match.string[match.start() - 1 : match.start()] != "月":
            return "いちにち"  # for one day, not the first of a month
        return _ja(number, what)
    if language == "ko":
        if what == "월":
            return f"{_ko_month(number)}월"
        if 1 <= number <= 99:
            return f"{_ko(number)} {what.strip()}"
        return f"{cardinal(number, language)}{what}"
    if what == "年":
        return f"{numbers.year(number, language)}年" if number >= 1000 else None
    return "两" if number == 2 else None


def _ja(number: int, what: str) -> str:
    if what in ("時間", "分間", "日間", "年間"):
        return ("いちにち" if (number, what) == (1, "日間") else _ja(number, what[0])) + "かん"
    if what == "つ":
        return _JA_THINGS[number - 1]
    if what == "日" and number in _JA_DAYS:
        return _JA_DAYS[number]
    if what == "人" and number in (1, 2):
        return "ひとり" if number == 1 else "ふたり"
    if what in ("歳", "才") and number == 20:
        return "はたち"
    rest, last = number - number % 10, number % 10
    if what == "分":
        tens = cardinal(rest, "ja") if rest else ""
        if last in _JA_MINUTES:
            return tens + _JA_MINUTES[last]
        return f"{tens.removesuffix('う')}っぷん" if rest and not last else f"{cardinal(number, 'ja')}ふん"
    if (end := _JA_LAST.get(what, {}).get(last)) is not None:
        return f"{cardinal(rest, 'ja') if rest else ''}{end}{_JA_NAMES[what]}"
    words = cardinal(number, "ja")
    if (name := _JA_COUNTED.get(what)) is None:
        return f"{words}{_JA_NAMES.get(what, 'にち')}"
    # Before k, h, s and t some numbers end in a stop, and h turns into p or b: いっかい, さんぼん.
    ends = _JA_STOPS if name[0] in "かきくけこはひほ" else {"いち": "いっ", "はち": "はっ", "じゅう": "じゅっ"}
    stop = next((end for end in ends if words.endswith(end)), None) if name[0] in "かきくけこはひほさしちと" else None
    if stop is not None:
        return words.removesuffix(stop) + ends[stop] + name.translate(_JA_P)
    if not words.endswith("さん"):
        return words + name
    return words + name.translate(_JA_P if what == "泊" else _JA_B)


def _ko(number: int) -> str:
    """The Korean numbers that count things, 1 to 99."""
    return "스무" if number == 20 else f"{_KO_TENS[number // 10]}{_KO_ONES[number % 10]}"


def _ko_month(number: int) -> str:
    return {6: "유", 10: "시"}.get(number) or cardinal(number, "ko")
