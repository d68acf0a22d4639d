"""Numbers in words: num2words where it knows the language, digits for the engine where it does not (Hindi, Chinese).

num2words and Babel are loaded by the first number that is read, not with this module.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, cast

import regex

from media.speech.spoken.languages import LANGUAGES

_DIGITS = {"hi": ["शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"], "zh": list("零一二三四五六七八九")}
_LONGEST = 15  # more digits are nobody's amount, but a number to be read out


_ANY_DIGIT = regex.compile(r"\p{Nd}")


def known_digits(text: str) -> str:
    """``text`` with digits of writings that this Python does not know (``regex`` has a newer Unicode) as 0 to 9.

    As long as ``text``. Decimal digits stand in runs from nought to nine (Unicode's stability policy).
    """
    return str(_ANY_DIGIT.sub(lambda match: match[0] if match[0].isdecimal() else _value(match[0]), text))


def _value(digit: str) -> str:
    before = 0
    while _ANY_DIGIT.match(chr(ord(digit) - before - 1)):
        before += 1
    return str(before % 10)


def amount(written: str, language: str) -> tuple[int, str]:
    """The whole part and the digits of the fraction of a number written with or without grouping."""
    compact = regex.sub(r"[\s'’]", "", written)
    marks = [sign for sign in compact if sign in ".,"]
    mark = marks[-1] if marks else ""
    tail = compact.rpartition(mark)[2] if mark else ""
    if len(marks) > 1:
        is_decimal = len(set(marks)) > 1
    else:
        is_decimal = bool(mark) and (mark == LANGUAGES[language].decimal or len(tail) != 3)
    whole = compact[: -len(tail) - 1] if is_decimal else compact
    return int(regex.sub(r"\D", "", whole) or "0"), tail if is_decimal else ""


def said(written: str, language: str) -> str:
    """A number as people say it: cardinal, decimal, or digit by digit where it has a leading zero or no end."""
    digits_only = regex.sub(r"\D", "", written)
    if len(digits_only) > 2 * _LONGEST:
        return digits(digits_only, language)
    whole, fraction = amount(written, language)
    if not fraction and ((len(digits_only) > 1 and digits_only[0] == "0") or len(digits_only) > _LONGEST):
        return digits(digits_only, language)
    return decimal(whole, fraction, language) if fraction else cardinal(whole, language)


def cardinal(number: int, language: str) -> str:
    """A whole number. Hindi and Chinese stay in digits, which the engine reads."""
    if len(str(abs(number))) > _LONGEST:
        return digits(str(abs(number)), language)
    if language in _DIGITS:
        return str(number)
    more = {"reading": True} if language == "ja" else {}
    return (
        str(_num2words()(number, lang=language, **more)).replace(",", "").replace("-", " " if language == "en" else "-")
    )


def decimal(whole: int, fraction: str, language: str) -> str:
    """A decimal number: digit by digit behind the point; Spanish and French say two digits as a number."""
    if language in _DIGITS:
        return f"{whole}.{fraction}"
    short = language in ("es", "fr") and len(fraction) == 2 and fraction[0] != "0"
    behind = cardinal(int(fraction), language) if short else digits(fraction, language)
    return f"{cardinal(whole, language)} {LANGUAGES[language].point} {behind}"


def digits(row: str, language: str) -> str:
    """Digit by digit."""
    own = _DIGITS.get(language)
    words = [own[int(digit)] if own else cardinal(int(digit), language) for digit in row if digit.isdecimal()]
    return ("" if language == "zh" else " ").join(words)


def ordinal(number: int, language: str) -> str:
    """Which in a row, in English, Spanish, French or German."""
    return (
        str(_num2words()(number, lang=language, to="ordinal"))
        .replace(",", "")
        .replace("-", " " if language == "en" else "-")
    )


def year(number: int, language: str) -> str:
    """A year as people say it: by hundreds in English and German where they do, digit by digit in Chinese."""
    if language == "zh":
        return digits(str(number), language)
    if language == "en" or (language == "de" and 1100 <= number <= 1999):
        return str(_num2words()(number, lang=language, to="year")).replace("-", " ")
    return cardinal(number, language)


def counted(number: int, noun: str, language: str) -> str:
    """The number as it stands before ``noun``: *ein Euro*, *una libra*, *vingt et une heures*."""
    words = cardinal(number, language)
    feminine = noun in LANGUAGES[language].feminine
    if language == "de" and words.endswith("eins"):
        return words[:-1] + ("e" if feminine and number == 1 else "")
    if language == "es" and words.endswith("uno"):
        return words[:-1] + "a" if feminine else words[:-3] + ("ún" if words.endswith("veintiuno") else "un")
    if language == "fr" and words.endswith("un") and feminine:
        return words + "e"
    return words


def with_unit(whole: int, fraction: str, unit: str, language: str) -> str:
    """A number with one of CLDR's units, in the form the number asks for."""
    described = LANGUAGES[language]
    value = Decimal(f"{whole}.{fraction}") if fraction else Decimal(whole)
    text = str(_babel("units").format_unit(value, unit, "long", format="0.##########", locale=described.locale))
    found = regex.search(r"[\d.,]+", text)
    if found is None:
        return text
    name = text[: found.start()] + text[found.end() :]
    one = str(_babel("units").format_unit(1, unit, "long", format="0", locale=described.locale)).replace("1", "")
    number = (
        decimal(whole, fraction, language)
        if fraction
        else counted(whole, one.split()[0] if one.split() else "", language)
    )
    gap = " " if described.spaced or language == "ja" else ""
    return (
        regex.sub(r"\s+", " ", f"{text[: found.start()]}{gap}{number}{gap}{text[found.end() :]}").strip()
        if name
        else text
    )


def currency_name(code: str, number: int, language: str) -> str:
    """What CLDR calls ``number`` of a currency."""
    return str(_babel("numbers").get_currency_name(code, count=number, locale=LANGUAGES[language].locale))


@cache
def months(language: str) -> tuple[str, ...]:
    """The names of the twelve months, in the form that stands beside a day."""
    return tuple(_babel("dates").get_month_names("wide", locale=LANGUAGES[language].locale).values())


def _num2words() -> Callable[..., Any]:
    return cast("Callable[..., Any]", import_module("num2words").num2words)


def _babel(module: str) -> Any:
    return import_module(f"babel.{module}")
