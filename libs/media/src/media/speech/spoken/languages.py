"""What each language says for signs, money, times and addresses. Data only; the rules are in :mod:`.readings`.

Names of currencies that are not here, of units and of months come from Unicode's CLDR by Babel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Money:
    """What a currency is called: one and many of it, and of its hundredth where people say that."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language. In templates ``{n}`` is a number already in words."""

    locale: str
    decimal: Literal[".", ","]
    """The decimal mark; the other one, or a space, groups digits."""
    point: str
    minus: str
    to: str
    """Between the ends of a range."""
    day_first: bool
    dot: str
    at: str
    slash: str
    dash: str
    underscore: str
    hashtag: str
    version: str
    number: str
    date: str
    """``{d}`` day, ``{m}`` month and ``{y}`` year in words."""
    day_month: str
    clock: str
    """A full hour ``{h}``."""
    clock_minutes: str
    with_cents: str
    """``{a}`` whole units and ``{b}`` hundredths with their names, ``{n}`` the hundredths alone."""
    scaled: str
    """A large amount: ``{n}`` number, ``{s}`` scale, ``{m}`` currency."""
    mixed: str
    """A whole ``{n}`` and a fraction ``{f}``."""
    fractions: Mapping[str, str]
    signs: Mapping[str, str]
    money: Mapping[str, Money]
    scales: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Scales as written after an amount, and one and many of them as said."""
    feminine: frozenset[str] = frozenset()
    """Nouns that are counted in the feminine."""
    percent: str = ""
    """Where CLDR has only the sign."""
    spaced: bool = True
    """Whether spaces part its words."""


def _signs(line: str, **more: str) -> dict[str, str]:
    """Words for ``& + = × ÷ < > ≤ ≥ ± ≈ ° § ‰`` in this order, parted by bars."""
    signs = dict(zip("&+=×÷<>≤≥±≈°§‰", line.split("|"), strict=True))
    return signs | {"*": signs["×"], "∙": signs["×"], "№": more.get("number", "")}


LANGUAGES: dict[str, Language] = {
    "en": Language(
        locale="en",
        decimal=".",
        point="point",
        minus="minus",
        to="to",
        day_first=False,
        dot="dot",
        at="at",
        slash="slash",
        dash="dash",
        underscore="underscore",
        hashtag="hashtag",
        version="version",
        number="number",
        date="{m} {d}, {y}",
        day_month="{m} {d}",
        clock="{h} o'clock",
        clock_minutes="{h} {m}",
        with_cents="{a} and {b}",
        scaled="{n} {s} {m}",
        mixed="{n} and {f}",
        fractions={
            "1/2": "one half",
            "1/3": "one third",
            "2/3": "two thirds",
            "1/4": "one quarter",
            "3/4": "three quarters",
            "1/8": "one eighth",
        },
        signs=_signs(
            "and|plus|equals|times|divided by|less than|greater than|at most|at least|plus or minus|about|degrees"
            "|section|per mille",
            number="number",
        ),
        money={
            "USD": Money("dollar", "dollars", "cent", "cents"),
            "EUR": Money("euro", "euros", "cent", "cents"),
            "GBP": Money("pound", "pounds", "penny", "pence"),
            "JPY": Money("yen", "yen"),
            "INR": Money("rupee", "rupees", "paisa", "paise"),
            "KRW": Money("won", "won"),
            "CNY": Money("yuan", "yuan"),
        },
        scales={
            "k": ("thousand", "thousand"),
            "K": ("thousand", "thousand"),
            "thousand": ("thousand", "thousand"),
            "M": ("million", "million"),
            "m": ("million", "million"),
            "mn": ("million", "million"),
            "million": ("million", "million"),
            "B": ("billion", "billion"),
            "bn": ("billion", "billion"),
            "billion": ("billion", "billion"),
            "T": ("trillion", "trillion"),
            "trillion": ("trillion", "trillion"),
        },
    ),
    "hi": Language(
        locale="hi",
        decimal=".",
        point="दशमलव",
        minus="माइनस",
        to="से",
        day_first=True,
        dot="डॉट",
        at="ऐट",
        slash="स्लैश",
        dash="डैश",
        underscore="अंडरस्कोर",
        hashtag="हैशटैग",
        version="संस्करण",
        number="नंबर",
        date="{d} {m} {y}",
        day_month="{d} {m}",
        clock="{h} बजे",
        clock_minutes="{h} बजकर {m} मिनट",
        with_cents="{a} {b}",
        scaled="{n} {s} {m}",
        mixed="{n} और {f}",
        fractions={
            "1/2": "आधा",
            "1/3": "एक तिहाई",
            "2/3": "दो तिहाई",
            "1/4": "एक चौथाई",
            "3/4": "तीन चौथाई",
            "1/8": "एक बटा आठ",
        },
        signs=_signs(
            "और|प्लस|बराबर|गुणा|भाग|से कम|से ज़्यादा|अधिकतम|न्यूनतम|प्लस माइनस|लगभग|डिग्री|धारा|प्रति हज़ार", number="नंबर"
        ),
        money={
            "USD": Money("डॉलर", "डॉलर", "सेंट", "सेंट"),
            "EUR": Money("यूरो", "यूरो", "सेंट", "सेंट"),
            "GBP": Money("पाउंड", "पाउंड", "पेंस", "पेंस"),
            "JPY": Money("येन", "येन"),
            "INR": Money("रुपया", "रुपये", "पैसा", "पैसे"),
            "KRW": Money("वॉन", "वॉन"),
            "CNY": Money("युआन", "युआन"),
        },
        scales={
            "लाख": ("लाख", "लाख"),
            "करोड़": ("करोड़", "करोड़"),
            "हज़ार": ("हज़ार", "हज़ार"),
            "हजार": ("हज़ार", "हज़ार"),
            "अरब": ("अरब", "अरब"),
            "मिलियन": ("मिलियन", "मिलियन"),
        },
    ),
    "es": Language(
        locale="es",
        decimal=",",
        point="coma",
        minus="menos",
        to="a",
        day_first=True,
        dot="punto",
        at="arroba",
        slash="barra",
        dash="guion",
        underscore="guion bajo",
        hashtag="hashtag",
        version="versión",
        number="número",
        date="{d} de {m} de {y}",
        day_month="{d} de {m}",
        clock="{h}",
        clock_minutes="{h} {m}",
        with_cents="{a} con {n}",
        scaled="{n} {s} de {m}",
        mixed="{n} y {f}",
        fractions={
            "1/2": "medio",
            "1/3": "un tercio",
            "2/3": "dos tercios",
            "1/4": "un cuarto",
            "3/4": "tres cuartos",
            "1/8": "un octavo",
        },
        signs=_signs(
            "y|más|igual a|por|entre|menor que|mayor que|como máximo|como mínimo|más menos|aproximadamente|grados"
            "|sección|por mil",
            number="número",
        ),
        money={
            "USD": Money("dólar", "dólares", "centavo", "centavos"),
            "EUR": Money("euro", "euros", "céntimo", "céntimos"),
            "GBP": Money("libra", "libras", "penique", "peniques"),
            "JPY": Money("yen", "yenes"),
            "INR": Money("rupia", "rupias"),
            "KRW": Money("won", "wones"),
            "CNY": Money("yuan", "yuanes"),
        },
        scales={
            "M": ("millón", "millones"),
            "millón": ("millón", "millones"),
            "millones": ("millón", "millones"),
            "mil millones": ("mil millones", "mil millones"),
        },
        feminine=frozenset({"libra", "rupia", "hora", "milla", "onza", "tonelada"}),
    ),
    "fr": Language(
        locale="fr",
        decimal=",",
        point="virgule",
        minus="moins",
        to="à",
        day_first=True,
        dot="point",
        at="arobase",
        slash="barre oblique",
        dash="tiret",
        underscore="tiret bas",
        hashtag="hashtag",
        version="version",
        number="numéro",
        date="{d} {m} {y}",
        day_month="{d} {m}",
        clock="{h} heures",
        clock_minutes="{h} heures {m}",
        with_cents="{a} {n}",
        scaled="{n} {s} de {m}",
        mixed="{n} et {f}",
        fractions={
            "1/2": "demi",
            "1/3": "un tiers",
            "2/3": "deux tiers",
            "1/4": "un quart",
            "3/4": "trois quarts",
            "1/8": "un huitième",
        },
        signs=_signs(
            "et|plus|égale|fois|divisé par|inférieur à|supérieur à|au plus|au moins|plus ou moins|environ|degrés"
            "|paragraphe|pour mille",
            number="numéro",
        ),
        money={
            "USD": Money("dollar", "dollars", "cent", "cents"),
            "EUR": Money("euro", "euros", "centime", "centimes"),
            "GBP": Money("livre", "livres", "penny", "pence"),
            "JPY": Money("yen", "yens"),
            "INR": Money("roupie", "roupies"),
            "KRW": Money("won", "wons"),
            "CNY": Money("yuan", "yuans"),
        },
        scales={
            "M": ("million", "millions"),
            "million": ("million", "millions"),
            "millions": ("million", "millions"),
            "Md": ("milliard", "milliards"),
            "milliard": ("milliard", "milliards"),
            "milliards": ("milliard", "milliards"),
        },
        feminine=frozenset({"livre", "roupie", "heure", "minute", "seconde", "once", "tonne"}),
    ),
    "de": Language(
        locale="de",
        decimal=",",
        point="Komma",
        minus="minus",
        to="bis",
        day_first=True,
        dot="Punkt",
        at="ät",
        slash="Schrägstrich",
        dash="Bindestrich",
        underscore="Unterstrich",
        hashtag="Hashtag",
        version="Version",
        number="Nummer",
        date="{d} {m} {y}",
        day_month="{d} {m}",
        clock="{h} Uhr",
        clock_minutes="{h} Uhr {m}",
        with_cents="{a} {n}",
        scaled="{n} {s} {m}",
        mixed="{n} {f}",
        fractions={
            "1/2": "einhalb",
            "1/3": "ein Drittel",
            "2/3": "zwei Drittel",
            "1/4": "ein Viertel",
            "3/4": "drei Viertel",
            "1/8": "ein Achtel",
        },
        signs=_signs(
            "und|plus|gleich|mal|geteilt durch|kleiner als|größer als|höchstens|mindestens|plus minus|ungefähr|Grad"
            "|Paragraf|Promille",
            number="Nummer",
        ),
        money={
            "USD": Money("Dollar", "Dollar", "Cent", "Cent"),
            "EUR": Money("Euro", "Euro", "Cent", "Cent"),
            "GBP": Money("Pfund", "Pfund", "Penny", "Pence"),
            "JPY": Money("Yen", "Yen"),
            "INR": Money("Rupie", "Rupien"),
            "KRW": Money("Won", "Won"),
            "CNY": Money("Yuan", "Yuan"),
        },
        scales={
            "Mio": ("Million", "Millionen"),
            "Mio.": ("Million", "Millionen"),
            "Million": ("Million", "Millionen"),
            "Millionen": ("Million", "Millionen"),
            "Mrd": ("Milliarde", "Milliarden"),
            "Mrd.": ("Milliarde", "Milliarden"),
            "Milliarde": ("Milliarde", "Milliarden"),
            "Milliarden": ("Milliarde", "Milliarden"),
        },
        feminine=frozenset({"Rupie", "Million", "Milliarde", "Stunde", "Minute", "Sekunde", "Meile", "Unze", "Tonne"}),
    ),
    "ja": Language(
        locale="ja",
        decimal=".",
        point="てん",
        minus="マイナス",
        to="から",
        day_first=False,
        dot="ドット",
        at="アットマーク",
        slash="スラッシュ",
        dash="ハイフン",
        underscore="アンダーバー",
        hashtag="ハッシュタグ",
        version="バージョン",
        number="ナンバー",
        date="{y}ねん {m}がつ {d}",
        day_month="{m}がつ {d}",
        clock="{h}じ",
        clock_minutes="{h}じ {m}",
        with_cents="{a} {b}",
        scaled="{n}{s} {m}",
        mixed="{n}と {f}",
        fractions={
            "1/2": "にぶんのいち",
            "1/3": "さんぶんのいち",
            "2/3": "さんぶんのに",
            "1/4": "よんぶんのいち",
            "3/4": "よんぶんのさん",
            "1/8": "はちぶんのいち",
        },
        signs=_signs(
            "アンド|プラス|イコール|かける|わる|しょうなり|だいなり|いか|いじょう|プラスマイナス|やく|ど|セクション|パーミル",
            number="ナンバー",
        ),
        money={
            "USD": Money("ドル", "ドル", "セント", "セント"),
            "EUR": Money("ユーロ", "ユーロ", "セント", "セント"),
            "GBP": Money("ポンド", "ポンド", "ペンス", "ペンス"),
            "JPY": Money("えん", "えん"),
            "INR": Money("ルピー", "ルピー"),
            "KRW": Money("ウォン", "ウォン"),
            "CNY": Money("げん", "げん"),
        },
        scales={"万": ("まん", "まん"), "億": ("おく", "おく")},
        spaced=False,
    ),
    "ko": Language(
        locale="ko",
        decimal=".",
        point="점",
        minus="마이너스",
        to="에서",
        day_first=False,
        dot="점",
        at="골뱅이",
        slash="슬래시",
        dash="하이픈",
        underscore="언더바",
        hashtag="해시태그",
        version="버전",
        number="번호",
        date="{y}년 {m}월 {d}일",
        day_month="{m}월 {d}일",
        clock="{h} 시",
        clock_minutes="{h} 시 {m} 분",
        with_cents="{a} {b}",
        scaled="{n}{s} {m}",
        mixed="{n}과 {f}",
        fractions={
            "1/2": "이분의 일",
            "1/3": "삼분의 일",
            "2/3": "삼분의 이",
            "1/4": "사분의 일",
            "3/4": "사분의 삼",
            "1/8": "팔분의 일",
        },
        signs=_signs(
            "그리고|더하기|는|곱하기|나누기|미만|초과|이하|이상|플러스 마이너스|약|도|조|퍼밀", number="번호"
        ),
        money={
            "USD": Money("달러", "달러", "센트", "센트"),
            "EUR": Money("유로", "유로", "센트", "센트"),
            "GBP": Money("파운드", "파운드", "펜스", "펜스"),
            "JPY": Money("엔", "엔"),
            "INR": Money("루피", "루피"),
            "KRW": Money("원", "원"),
            "CNY": Money("위안", "위안"),
        },
        percent="{n} 퍼센트",
        scales={"만": ("만", "만"), "억": ("억", "억")},
    ),
    "zh": Language(
        locale="zh",
        decimal=".",
        point="点",
        minus="负",
        to="到",
        day_first=False,
        dot="点",
        at="艾特",
        slash="斜杠",
        dash="横杠",
        underscore="下划线",
        hashtag="话题",
        version="版本",
        number="号",
        date="{y}年{m}月{d}日",
        day_month="{m}月{d}日",
        clock="{h}点",
        clock_minutes="{h}点{m}分",
        with_cents="",
        scaled="{n}{s}{m}",
        mixed="{n}又{f}",
        fractions={
            "1/2": "二分之一",
            "1/3": "三分之一",
            "2/3": "三分之二",
            "1/4": "四分之一",
            "3/4": "四分之三",
            "1/8": "八分之一",
        },
        signs=_signs("和|加|等于|乘以|除以|小于|大于|小于等于|大于等于|正负|约|度|节|千分之", number="号"),
        money={
            "USD": Money("美元", "美元"),
            "EUR": Money("欧元", "欧元"),
            "GBP": Money("英镑", "英镑"),
            "JPY": Money("日元", "日元"),
            "INR": Money("卢比", "卢比"),
            "KRW": Money("韩元", "韩元"),
            "CNY": Money("元", "元"),
        },
        percent="百分之{n}",
        scales={"万": ("万", "万"), "亿": ("亿", "亿")},
        spaced=False,
    ),
}

CURRENCIES = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "Rs": "INR",
    "Rs.": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "₺": "TRY",
    "₱": "PHP",
    "₫": "VND",
    "฿": "THB",
    "₦": "NGN",
    "₪": "ILS",
    "₴": "UAH",
    "R$": "BRL",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "HK$": "HKD",
    "NT$": "TWD",
    "S$": "SGD",
    "元": "CNY",
    "円": "JPY",
    "원": "KRW",
} | {
    code: code
    for code in "USD EUR GBP JPY INR KRW CNY RUB TRY PHP THB BRL AUD CAD HKD SGD CHF SEK NOK DKK PLN MXN ZAR NZD AED SAR".split()
}
"""Currencies as written, and their codes. ``¥`` is the yuan in Chinese."""

UNITS = {
    "km/h": "speed-kilometer-per-hour",
    "kmh": "speed-kilometer-per-hour",
    "kph": "speed-kilometer-per-hour",
    "mph": "speed-mile-per-hour",
    "m/s": "speed-meter-per-second",
    "km²": "area-square-kilometer",
    "km2": "area-square-kilometer",
    "m²": "area-square-meter",
    "m2": "area-square-meter",
    "cm²": "area-square-centimeter",
    "ft²": "area-square-foot",
    "m³": "volume-cubic-meter",
    "m3": "volume-cubic-meter",
    "cm³": "volume-cubic-centimeter",
    "ha": "area-hectare",
    "km": "length-kilometer",
    "m": "length-meter",
    "cm": "length-centimeter",
    "mm": "length-millimeter",
    "µm": "length-micrometer",
    "μm": "length-micrometer",
    "nm": "length-nanometer",
    "mi": "length-mile",
    "ft": "length-foot",
    "yd": "length-yard",
    "kg": "mass-kilogram",
    "g": "mass-gram",
    "mg": "mass-milligram",
    "lb": "mass-pound",
    "lbs": "mass-pound",
    "oz": "mass-ounce",
    "l": "volume-liter",
    "L": "volume-liter",
    "dl": "volume-deciliter",
    "cl": "volume-centiliter",
    "ml": "volume-milliliter",
    "mL": "volume-milliliter",
    "h": "duration-hour",
    "hrs": "duration-hour",
    "min": "duration-minute",
    "mins": "duration-minute",
    "sec": "duration-second",
    "secs": "duration-second",
    "s": "duration-second",
    "ms": "duration-millisecond",
    "kB": "digital-kilobyte",
    "KB": "digital-kilobyte",
    "MB": "digital-megabyte",
    "GB": "digital-gigabyte",
    "TB": "digital-terabyte",
    "Hz": "frequency-hertz",
    "kHz": "frequency-kilohertz",
    "MHz": "frequency-megahertz",
    "GHz": "frequency-gigahertz",
    "W": "power-watt",
    "kW": "power-kilowatt",
    "MW": "power-megawatt",
    "kWh": "energy-kilowatt-hour",
    "V": "electric-volt",
    "mA": "electric-milliampere",
    "kcal": "energy-kilocalorie",
    "kJ": "energy-kilojoule",
    "°C": "temperature-celsius",
    "° C": "temperature-celsius",
    "°F": "temperature-fahrenheit",
    "° F": "temperature-fahrenheit",
    "°": "angle-degree",
    "%": "concentr-percent",
    "‰": "concentr-permille",
}
"""Units as written behind a number, and CLDR's name for each."""
