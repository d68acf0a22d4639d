"""Languages and their signs."""

from __future__ import annotations

from cli.tests.awkward.cases import (
    MAKE,
    Case,
    says,
)

LANGUAGES = [
    *[
        Case(f"said {text!r}", says(text), "Done", spoken=text)
        for text in (
            *(
                "--help",
                "-n 5",
                "@file",
                "=x",
                "%s %d {0} {}",
                "C:\\new\\table",
                "~root",
                "\ta tab",
                " spaces ",
            ),
            *(
                "null",
                "true",
                "0x10",
                "1e400",
                "NaN",
                "１２３",
                "① of ②",
                "ﬁne",
                "½ cup",
                "x² + y²",
                "Ⅻ",
                "™ ok",
                "ß",
                "İstanbul",
                "ı",
            ),
            *(
                "👩\u200d👩\u200d👧 family",
                "🇮🇳 India",
                "1\ufe0f\u20e3 one",
                "نعم ١٢",
                "ไทยไม่มีช่องว่าง",
                "Ελλάδα",
                "ⴰⵣⵓⵍ",
                "𝓗𝓲",
                "Z͑ͫalgo",
            ),
            *(
                "क्\u200dष",
                "می\u200cخواهم",
                "a\u00adb",
                "a\u2060b",
                "a\ufeffb",
                "\u061cx",
                "‘it’s’ “so” «là» „ja“ 「は」",
                "a\u2028b",
                "a\x85b",
            ),
        )
    ],
    *[
        Case(f"a title {title!r}", (*MAKE, f"--title={title}"), "Done")
        for title in ("-x", "\u202eevil", "a\tb", "null", "{0}", "क्षि", "\u200b", "𝓗𝓲 " * 60)
    ],
]
