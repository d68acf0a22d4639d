"""What people say for numbers, money, dates, times, telephones, units, addresses and signs, language by language.

One table of rules, the strongest first: what one has read, no later one touches. Every pattern takes time in
proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import regex

from media.speech.spoken import numbers
from media.speech.spoken.clocks import clock, counter, date, textual_date
from media.speech.spoken.language import Money
from media.speech.spoken.languages import LANGUAGES
from media.speech.spoken.measures import CURRENCIES, UNITS
from media.speech.spoken.numbers import amount, cardinal, counted, decimal, digits, ordinal, said
from media.speech.spoken.patterns import (
    CALLED,
    CASE,
    EMAIL,
    EMOTICON,
    LATIN,
    LEFT,
    MINUS,
    NUMBERS,
    PHONE,
    PICTOGRAPH,
    RIGHT,
    URL,
    YEAR_WORDS,
)
from media.speech.spoken.shorthand import (
    BETWEEN,
    GERMAN_ARTICLES,
    GERMAN_ORDINALS,
    fold,
    height,
    inches,
    out_of,
    shorthand,
)
from media.speech.spoken.writing import unreadable

Match = re.Match[str]  # regex brings no types; its matches are like these
Say = Callable[[Match, str], str | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """``text[start:end]`` is said as ``spoken``, which is empty for what is silent."""

    start: int
    end: int
    spoken: str


def readings(text: str, language: str, lexicon: Mapping[str, str]) -> list[Reading]:
    """What in ``text`` (NFKC) is said otherwise than it is written, in order, without overlaps.

    ``lexicon`` maps casefolded words to what is said instead; it goes before every rule.
    """
    taken = bytearray(len(text))
    found: list[Reading] = []
    for pattern, say in (*_lexicon(lexicon, language), *_rules(language)):
        for match in pattern.finditer(text):
            start, end = match.span()
            if start < end and not any(taken[start:end]) and (spoken := say(match, language)) not in (None, match[0]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Reading(start, end, spoken))
    return sorted(found, key=lambda reading: reading.start)


def _lexicon(lexicon: Mapping[str, str], language: str) -> Iterator[tuple[re.Pattern[str], Say]]:
    if not lexicon:
        return
    own, glue = r"[\p{L}\p{M}\p{N}_]", r"[\p{Pd}'’.@/]?"
    around = (rf"(?<!{own}{glue})", rf"(?!{glue}{own})") if LANGUAGES[language].spaced else ("", "")
    pattern = regex.compile(rf"{around[0]}\L<words>{around[1]}", regex.IGNORECASE | regex.FULLCASE, words=list(lexicon))
    yield pattern, lambda match, _language: lexicon.get(match[0].casefold())


@cache
def _rules(language: str) -> tuple[tuple[re.Pattern[str], Say], ...]:
    said_as = LANGUAGES[language]
    number = NUMBERS[said_as.decimal]
    plain = rf"{LEFT}{MINUS}(?P<n>{number})"
    symbols = "|".join(regex.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
    marks = "|".join(regex.escape(sign) for sign in CURRENCIES if not sign[-1].isalpha() or not sign.isascii())
    codes = "|".join(sign for sign in CURRENCIES if sign.isascii() and sign.isalpha())
    scales = "|".join(regex.escape(scale) for scale in sorted(said_as.scales, key=len, reverse=True)) or r"(?!)"
    units = "|".join(regex.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
    names = "|".join(
        regex.escape(name) for name in (numbers.months(language) if language in ("en", "de", "fr") else ())
    )
    rules: list[tuple[str, Say]] = [
        (EMAIL, lambda m, lang: f"{_spelled(m['user'], lang)} {LANGUAGES[lang].at} {_spelled(m['host'], lang)}"),
        (URL, _address),
        (EMOTICON, _silent),
        (PICTOGRAPH, _silent),
        (rf"{LEFT}(?P<y>\d{{4}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?:{RIGHT}|(?=T\d\d:))", date),
        (r"(?<=\d-\d\d)T(?=\d\d:\d\d)", lambda _m, _lang: ", "),
        (
            (rf"(?P<case>{CASE})?" if language == "de" else "")
            + rf"{LEFT}(?P<a>\d{{1,2}})(?P<s>[-/.])(?P<b>\d{{1,2}})(?P=s)(?P<y>\d{{4}}|\d{{2}}){RIGHT}",
            date,
        ),
        (
            rf"(?P<case>{CASE})?{LEFT}(?P<d>\d{{1,2}})\.\s?(?P<m>\d{{1,2}})\.(?!\d)",
            textual_date if language == "de" else _unsaid,
        ),
        (_month_dates(language, names), textual_date),
        (r"\b[nN]\.?[°º]\s?(?=\d)|\b(?:[Nn]o|Nr|[Nn]úm|नं)\.\s?(?=\d)", lambda _m, lang: f"{LANGUAGES[lang].number} "),
        *shorthand(language),
        (rf"(?=[\d+])(?<={CALLED})[\d+][\d \-./()]{{1,20}}\d{RIGHT}", _telephone),
        (rf"{LEFT}\d{{1,7}}(?:-\d{{1,7}}){{3,6}}{RIGHT}|{LEFT}\d{{4}}(?: \d{{4}}){{2,4}}{RIGHT}", _telephone),
        (PHONE, _telephone),
        (rf"{LEFT}[6-9]\d\d \d{{3}} \d{{3}}{RIGHT}", _telephone if language == "es" else _unsaid),
        (
            rf"(?:{LEFT}|(?<=\d-\d\dT))(?P<h>[01]?\d|2[0-4])(?:(?::(?P<m>[0-5]\d)(?::(?P<sec>[0-5]\d))?(?P<of>\s?(?:[AaPp]\.?[Mm]\b\.?|Uhr|h|बजे)(?![{LATIN}]))?)"
            + (r"|\s?h\s?(?P<m>[0-5]\d)(?:\s?min\b)?" if language in ("fr", "es") else "")
            + (r"|\s?h(?=\W|$)" if language == "fr" else "")
            + (r"|\.(?P<m>[0-5]\d)\s(?P<of>Uhr)" if language == "de" else "")
            + (r"|\s?(?P<of>[AaPp]\.[Mm]\.|[ap]m\b|[AP]M\b)" if language == "en" else "")
            + rf"){RIGHT}",
            clock,
        ),
        (rf"{LEFT}[vV]?\.?(?P<n>\d{{1,9}}(?:\.\d{{1,9}}){{2,9}}){RIGHT}", _parts),
        (rf"(?<![{LATIN}\p{{N}}])[vV]\.?\s?(?P<n>\d{{1,9}}(?:\.\d{{1,9}}){{0,9}}){RIGHT}", _version),
        (rf"(?<![{LATIN}\p{{N}}])(?P<n>\d{{4}}|['’]\d\d)['’]?s\b", _decade if language == "en" else _unsaid),
        (
            rf"{MINUS}(?<![{LATIN}\p{{Deva}}])(?P<sign>{symbols})(?<=\W|s)\s?(?P<n>{number}|\.\d\d(?!\d))"
            rf"(?:\s?(?P<scale>{scales})(?![{LATIN}]))?(?!\d)(?:\s(?P<code>{codes})\b|[元円])?",
            _money,
        ),
        (rf"(?<![{LATIN}])(?P<sign>{codes})\s?(?P<n>{number})(?:\s?(?P<scale>{scales})(?![{LATIN}]))?(?!\d)", _money),
        (rf"{LEFT}(?P<n>\d)['′]\s?(?P<in>\d{{1,2}})(?:[\"″]|′′?|(?!\w))", height if language == "en" else _unsaid),
        (rf"{plain}(?:\s?(?P<scale>{scales})(?:\s(?:de|of)\b)?)?\s?(?P<sign>{marks})(?![{LATIN}])", _money),
        (rf"{plain}(?:\s?(?P<scale>{scales}))?\s?(?P<sign>{codes})(?![{LATIN}\p{{N}}])", _money),
        (rf"{plain}\s?¢", _cents),
        (rf"{plain}\s(?P<scale>Mio|Mrd|Md|mn|bn|M(?=\sd))(?![{LATIN}])\.?", _scale),
        (rf"{plain}\s?(?P<unit>(?:{units})(?![{LATIN}\p{{N}}²³])|[%‰°])", _unit),
        (rf"{LEFT}(?:(?P<n>\d{{1,9}})\s?)?(?P<sign>[½⅓⅔¼¾⅛]){RIGHT}", _fraction),
        (rf"{LEFT}(?P<a>\d{{1,3}}[.,]\d{{1,2}}|\d{{1,2}}(?=/10+\b))/(?P<b>\d{{1,3}}){RIGHT}", out_of),
        (rf"{LEFT}(?:(?P<n>\d{{1,3}})\s)?(?P<f>\d{{1,3}}/\d{{1,4}}){RIGHT}", _fraction),
        (rf"{LEFT}(?P<n>{number})[xX](?=[\s.,!?\p{{Lo}}]|$)", fold),
        (_ordinals(language), _ordinal),
        (rf"{LEFT}(?P<n>\d{{1,6}}|\d{{1,3}}(?:,\d{{3}}){{1,2}})(?P<what>{_counters(language)})", counter),
        (rf"{LEFT}(?P<n>19\d\d|20\d\d|{YEAR_WORDS}1[0-8]\d\d)(?![{LATIN}\p{{N}}\-−]|[.,:/'’]\d|\s\d{{3}}\b)", _year),
        (rf"{LEFT}(?P<a>\d{{1,5}})\s?(?P<sign>[:xX×])\s?(?P<b>\d{{1,5}}){RIGHT}", _ratio),
        (rf"{plain}\"(?=[\s.,;:!?]|$)", inches),
        (rf"{plain}(?:{RIGHT}|(?=[²³](?![{LATIN}\p{{N}}])))", _number),
        (r"\d{16,}", lambda m, lang: digits(m[0], lang)),
        (rf"(?<![{LATIN}\p{{N}}])(?P<sign>[@#])(?P<word>[\p{{L}}\p{{M}}\p{{N}}_]+)", _tag),
        (r"(?<=\d\s?)−(?=\s?\d)|(?<=\d\s)[-–](?=\s\d{1,9}\s?=)", lambda _m, lang: LANGUAGES[lang].minus),
        (r"(?<=[\d⁰%])\s?[-–—−~〜～]\s?(?=[\d$€£¥₹])", lambda _m, lang: LANGUAGES[lang].to),
        (r"(?<=\d\s?)[×*](?=\s?\d)", lambda _m, lang: LANGUAGES[lang].signs["×"]),
        (r"<(?=[^<>\s]{1,64}>)|(?<=<[^<>\s]{1,64})>", _silent),
        (r"(?<=[\p{L}\p{M}\p{N}])\s?[<>]\s?(?=[\p{L}\p{N}])|(?<=\s)[<>](?=\s)|[<>](?=\s?\d)", _sign),
        (r"(?<=\p{Latin})#(?![\p{L}\p{N}#])", lambda _m, lang: "sharp" if lang == "en" else None),
        (r"#(?=\s?\d)", lambda _m, lang: LANGUAGES[lang].number),
        (r"[&+×÷≤≥±≈°§‰№∙]|(?<!=)=(?!=)", _sign),
        (r"~(?=\d)", lambda _m, lang: LANGUAGES[lang].signs["≈"]),
        (r"(?<=[\p{L}\p{N}])[²³](?!\p{N})", lambda m, lang: LANGUAGES[lang].powers[m[0] == "³"]),
        (
            r"(?<=\p{L}\.?)–(?=\p{L})|(?<=\d(?:st|nd|rd|th)|\d\s?[ap]m)\s?[-–]\s?(?=\d)",
            lambda _m, lang: f" {LANGUAGES[lang].to} ",
        ),
        (r"(?<=\s|^)@(?=\s)", lambda _m, lang: LANGUAGES[lang].at),
        (unreadable(language), _silent),
        (r"(?<=[\p{L}\p{M}\p{N}])[’ʼ](?=\p{L})", lambda _m, _lang: "'"),
        (r"(?<=\s|^)[-–—−―](?=\s|$)|[–—―]{1,3}|(?<=\s|^)--+(?=\s|$)", lambda _m, _lang: ", "),
        (r"\[\[|\]\]|(?<=[^\s])[/\\|_](?=[^\s])", lambda _m, _lang: " "),
        (r"(?<![\p{L}\p{M}])['‘’`]+|['‘’`]+(?![\p{L}\p{M}])", _silent),
        (r"[.。．]{2,}|…+", lambda _m, _lang: "…"),
        (r"([!?！？])[!?！？]+", lambda m, _lang: "?" if regex.search("[?？]", m[0]) else "!"),
        (r"[\p{S}\p{Co}\u200b-\u200f\ufe00-\ufe0f\U000e0100-\U000e01ef*#@_/\\|<>{}\[\]\"“”„«»•·†‡¶※〜]+", _silent),
    ]
    return tuple((regex.compile(pattern, regex.V1 if "--" not in pattern else 0), say) for pattern, say in rules)


def _silent(_match: Match, _language: str) -> str:
    return ""


def _unsaid(_match: Match, _language: str) -> None:
    return None


def _month_dates(language: str, names: str) -> str:
    if language == "en":
        short = names + "|" + "|".join(rf"{name[:3]}\b\.?" for name in names.split("|")) + r"|Sept\b\.?"
        year = r"(?:,?\s(?P<y>[12]\d{3})\b)?"
        return (
            rf"\b(?P<name>{short})\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\p{{L}}\p{{N}}:%]|[.,:]\d|\s?[ap]\.?m\b){year}"
            rf"|{LEFT}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s(?P<of>of\s)?(?P<name>{short})(?!\p{{L}}){year}"
        )
    if language == "de":
        case = rf"(?P<case>{CASE})?"
        return rf"{case}{LEFT}(?P<d>\d{{1,2}})\.\s?(?P<name>{names})(?!\p{{L}})(?:\s(?P<y>[12]\d{{3}})\b)?"
    if language == "fr":
        return rf"{LEFT}(?P<d>1)(?:er)?\s(?P<name>{names})(?!\p{{L}})(?:\s(?P<y>[12]\d{{3}})\b)?"
    return r"(?!)"


def _ordinals(language: str) -> str:
    endings = {
        "en": r"(?P<n>\d{1,6})(?:st|nd|rd|th)\b",
        "fr": r"(?P<n>\d{1,6})(?P<end>ers?|[rn]?[èe]?mes?|nde?|res?|ère|es?)\b",
        "es": r"(?P<n>\d{1,2})\.?(?P<end>[ºª°]|er\b|ro\b|ra\b|do\b|da\b|to\b|ta\b)",
        "de": r"(?:(?<=\b(?:[Dd](?:er|ie|as|en|em|es)|[AaIi]m|[Zz]u[mr]|[Vv]om|[Bb]eim|[Jj]ede[rsnm]?)\s)"
        rf"(?P<n>\d{{1,3}})\.(?=\s?\p{{L}})|(?P<n>\d{{1,3}})\.(?=\s(?P<noun>{'|'.join(GERMAN_ORDINALS)})\b))",
    }
    return f"{LEFT}{endings[language]}" if language in endings else r"(?!)"


def _counters(language: str) -> str:
    return {
        "ja": "(?:時|分|日|年|週)間|[かヶヵカ]月|位|泊|秒|(?<=[1-9])つ"
        "|回|本|杯|個|枚|冊|階|台|名|匹|度|倍|番|件|年|月(?!曜)|日(?!本|曜)|時|分|人(?!間)|円|歳|才",
        "ko": r"월|\s?(?:개(?!월)|명|시간|시|살|마리|잔|병|장|대|권|송이|켤레)",
        "zh": r"年|(?=[个位只件条张本次块杯瓶台])",
    }.get(language, "(?!)")


def _number(match: Match, language: str) -> str | None:
    written = match["n"]
    if LANGUAGES[language].decimal == "." and regex.fullmatch(r"\d+,\d{1,2}", written):
        return None  # an enumeration without spaces
    words = said(written, language)
    # Before a noun the number one is an article; of which gender, only a dictionary would know.
    if _BEFORE_NOUN.get(language, _NEVER).match(match.string, match.end()) and written.isdecimal() and len(written) < 7:
        words = counted(int(written), "", language)
    return _signed(match, words, language)


_NEVER = regex.compile(r"(?!)")
_BEFORE_NOUN = {
    "de": regex.compile(r"\s\p{Lu}"),
    "es": regex.compile(r"\s(?!(?:de|del|y|e|o|u|a|al|en|es|por|con|para|que|más|menos|hasta)\b)\p{Ll}"),
}


def _ratio(match: Match, language: str) -> str:
    said_as = LANGUAGES[language]
    between = BETWEEN.get(language, said_as.to) if match["sign"] == ":" else said_as.signs["×"]
    return f"{said(match['a'], language)} {between} {said(match['b'], language)}"


def _signed(match: Match, words: str, language: str) -> str:
    return f"{LANGUAGES[language].minus} {words}" if match["minus"] else words


def _year(match: Match, language: str) -> str:
    return cardinal(int(match["n"]), language) if language == "zh" else numbers.year(int(match["n"]), language)


def _decade(match: Match, _language: str) -> str | None:
    row = match["n"].lstrip("'’")
    if row[-1] != "0":
        return None
    words = numbers.year(int(row), "en") if row[2:] != "00" else cardinal(int(row), "en")
    return regex.sub("y$", "ies", words) if words.endswith("y") else f"{words}s"


def _ordinal(match: Match, language: str) -> str:
    number = int(match["n"])
    words = ordinal(number, language)
    end = match.groupdict().get("end") or ""
    if language == "fr" and number == 1 and end in ("re", "ère", "res"):
        return "première"
    if language == "fr" and number == 2 and end.startswith("nd"):
        return "seconde" if end == "nde" else "second"
    if language == "es":
        if end == "er":
            return words.removesuffix("o")
        return f"{words.removesuffix('o')}a" if end in ("ª", "ra", "da", "ta") else words
    if language == "de":
        before = match.string[max(0, match.start() - 8) : match.start()].split()
        article = before[-1].lower() if before else ""
        if match["noun"] and article not in GERMAN_ARTICLES:
            return words + GERMAN_ORDINALS[match["noun"]]
        return words if article in ("die", "das", "der", "jede") else f"{words}n"
    return words


def _cents(match: Match, language: str) -> str | None:
    dollar = LANGUAGES[language].money.get("USD")
    if dollar is None or not dollar.cent:
        return None
    whole, fraction = amount(match["n"], language)
    if fraction:
        return _signed(match, f"{decimal(whole, fraction, language)} {dollar.cents}", language)
    return _signed(
        match, f"{counted(whole, dollar.cent, language)} {dollar.cent if whole == 1 else dollar.cents}", language
    )


def _money(match: Match, language: str) -> str:
    said_as = LANGUAGES[language]
    sign = match["sign"]
    code = "CNY" if sign == "¥" and language == "zh" else CURRENCIES[sign]
    if other := match.groupdict().get("code"):
        code = CURRENCIES[other]
    whole, fraction = amount(match["n"], language)
    if len(fraction) == 3 and "," in match["n"]:
        whole, fraction = whole * 1000 + int(fraction), ""  # nobody's money has thousandths
    names = said_as.money.get(code) or Money(
        numbers.currency_name(code, 1, language), numbers.currency_name(code, 2, language)
    )
    minus = f"{said_as.minus} " if match.groupdict().get("minus") else ""
    if scale := match["scale"]:
        one, many = said_as.scales[scale]
        single = (whole, fraction) == (1, "")
        number = decimal(whole, fraction, language) if fraction else counted(whole, one, language)
        amount_of = said_as.scaled.format(n=number, s=one if single else many, m=names.many)
        return minus + _of(amount_of, language)
    gap = " " if language != "zh" else ""
    if len(fraction) == 2 and int(fraction) and names.cent and said_as.with_cents:
        hundredths = int(fraction)
        cents = f"{counted(hundredths, names.cent, language)} {names.cent if hundredths == 1 else names.cents}"
        if not whole:
            return minus + cents
        units = f"{counted(whole, names.one, language)} {names.one if whole == 1 else names.many}"
        return minus + said_as.with_cents.format(a=units, b=cents, n=cardinal(hundredths, language))
    if fraction.strip("0"):
        return f"{minus}{decimal(whole, fraction, language)}{gap}{names.many}"
    if language in ("fr", "es") and whole and whole % 1_000_000 == 0:
        return minus + _of(f"{cardinal(whole, language)} de {names.many}", language)
    return f"{minus}{counted(whole, names.one, language)}{gap}{names.one if whole == 1 else names.many}"


def _of(words: str, language: str) -> str:
    return re.sub(r" de (?=[aeiou])", " d'", words) if language == "fr" else words


def _scale(match: Match, language: str) -> str | None:
    if (scale := LANGUAGES[language].scales.get(match["scale"])) is None:
        return None
    whole, fraction = amount(match["n"], language)
    number = decimal(whole, fraction, language) if fraction else counted(whole, scale[0], language)
    return _signed(match, f"{number} {scale[0] if (whole, fraction) == (1, '') else scale[1]}", language)


def _unit(match: Match, language: str) -> str:
    if match["unit"] == "%" and (percent := LANGUAGES[language].percent):
        return _signed(match, percent.format(n=said(match["n"], language)), language)
    whole, fraction = amount(match["n"], language)
    return _signed(match, numbers.with_unit(whole, fraction, UNITS[match["unit"]], language), language)


_VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8"}


def _fraction(match: Match, language: str) -> str:
    said_as, groups = LANGUAGES[language], match.groupdict()
    written = _VULGAR[groups["sign"]] if groups.get("sign") else groups["f"]
    whole = f"{cardinal(int(groups['n']), language)}" if groups["n"] else ""
    if (words := said_as.fractions.get(written)) is None:
        words = " ".join(said(part, language) for part in written.split("/"))
        return f"{whole} {words}".strip()
    if whole and language == "en":
        words = regex.sub("^one ", "a ", words)
    return said_as.mixed.format(n=whole, f=words) if whole else str(words)


def _parts(match: Match, language: str) -> str | None:
    said_as = LANGUAGES[language]
    parts = match["n"].split(".")
    if said_as.decimal == "," and all(len(part) == 3 for part in parts[1:]):
        return None
    address = len(parts) == 4
    word = said_as.dot if address or said_as.decimal == "," else said_as.point
    row = f" {word} ".join(cardinal(int(part), language) for part in parts)
    return f"{said_as.version} {row}" if match[0][0] in "vV" else row


def _version(match: Match, language: str) -> str:
    said_as = LANGUAGES[language]
    word = said_as.dot if said_as.decimal == "," else said_as.point
    row = f" {word} ".join(cardinal(int(part), language) for part in match["n"].split("."))
    return f"{said_as.version} {row}"


def _telephone(match: Match, language: str) -> str | None:
    written = match[0]
    groups = regex.findall(r"\d+", written)
    if sum(map(len, groups)) < 7 and not written.startswith("0") and len(groups) < 2:
        return digits(written, language) if len(groups[0]) <= 4 else None
    plus = f"{LANGUAGES[language].signs['+']} " if written.startswith("+") else ""
    pairs = language == "fr" and all(len(group) <= 2 for group in groups)
    said_groups = [said(group, language) if pairs else digits(group, language) for group in groups]
    return plus + ", ".join(said_groups)


def _tag(match: Match, language: str) -> str:
    said_as, word = LANGUAGES[language], match["word"]
    apart = regex.sub(r"(?<=\p{Ll})(?=\p{Lu})|_+|(?<=\p{L})(?=\d)|(?<=\d)(?=\p{L})", " ", word).strip()
    apart = regex.sub(r"\b(19|20)\d\d\b", lambda found: numbers.year(int(found[0]), language), apart)
    apart = regex.sub(r"\d+", lambda found: said(found[0], language), apart)
    hashed = said_as.number if word[0].isdecimal() else said_as.hashtag
    return f"{hashed if match['sign'] == '#' else said_as.at} {apart}"


def _sign(match: Match, language: str) -> str:
    return LANGUAGES[language].signs[match[0].strip()]


def _address(match: Match, language: str) -> str:
    tail = regex.search(r"[.,;:!?…]+$", match[0])
    path = regex.sub(r"[.,;:!?…]+$", "", match["path"] or "").strip("/")
    host = match["host"].rstrip(".,;:!?…")
    said_host = _spelled(regex.sub(r"^www\.", "", host), language)
    www = f"w w w {LANGUAGES[language].dot} " if host.startswith("www.") else ""
    said_path = "".join(f" {LANGUAGES[language].slash} {_spelled(part, language)}" for part in path.split("/") if part)
    return f"{www}{said_host}{said_path}{tail[0][-1] if tail else ''}"


def _spelled(address: str, language: str) -> str:
    """A part of an address: its words, and the signs between them by their names."""
    said_as = LANGUAGES[language]
    names = {".": said_as.dot, "-": said_as.dash, "_": said_as.underscore, "+": said_as.signs["+"]}
    names |= {"@": said_as.at, ":": "", "%": "", "~": "", "&": said_as.signs["&"], "=": "", "/": said_as.slash}
    parts = regex.findall(r"[\p{L}\p{M}]+|\d+|[^\p{L}\p{M}\d]", regex.sub(r"(?:%[0-9a-fA-F]{2})+", " ", address))
    return " ".join(
        word
        for part in parts
        if (
            word := said(part, language)
            if part.isdecimal()
            else names.get(part, part if part.isalpha() or len(part) > 1 else "")
        ).strip()
    )
