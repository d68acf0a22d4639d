"""Patterns that rules are made of, in the language of ``regex``. Each takes time in proportion to the text."""

from __future__ import annotations

LATIN = r"\p{Latin}\p{M}_"
LEFT = rf"(?<![{LATIN}\p{{N}}]|\p{{N}}[.,:'/])"
RIGHT = rf"(?![{LATIN}\p{{N}}]|[.,:/]\p{{N}})"
MINUS = r"(?P<minus>(?<![\p{L}\p{M}\p{N}.,)%°])(?<!\p{N} )[-–−](?=[\d$€£¥₹]))?"
# Longer numbers are nobody's amount: they are rows of digits.
NUMBERS = {
    ".": r"(?:\d{1,3}(?:\.\d{3}){1,4},\d{1,9}|\d{1,3}(?:,\d{2,3}){0,4},\d{3}(?:\.\d{1,9})?"
    r"|\d{1,3}(?:[ '’]\d{3}){1,4}(?!\d)(?:\.\d{1,9})?|\d{1,15}(?:\.\d{1,9}|,\d{1,2}(?!\d))?)",
    ",": r"(?:\d{1,3}(?:,\d{3}){1,4}\.\d{1,9}|\d{1,3}(?:[.'’ ]\d{3}){1,4}(?!\d)(?:,\d{1,9})?"
    r"|\d{1,15}(?:[.,]\d{1,9})?)",
}
PICTOGRAPH = (
    r"(?:\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3|[\p{Extended_Pictographic}\p{EMod}\ufe0f\u20e3\u200d\U000e0020-\U000e007f])+"
)
EMOTICON = r"(?<![^\s])(?:[:;=8][-'o^]?[)(\]\[DPpOo|/\\*3]|<3|>_<|\\o/|\^_?\^|[xX]D)(?![^\s.,!?])"
URL = (
    r"(?<![\p{L}\p{N}.@_\-])(?:(?:https?|ftp)://|(?=www\.))(?P<host>[^\s/?#<>\"'()（）。，、！？]++)(?P<path>/[^\s?#<>\"'()（）。，、]*+)?(?:[?#][^\s<>\"')（）。，、]*+)?"
    r"|(?<![\p{L}\p{N}.@_\-])(?P<host>[a-zA-Z0-9][a-zA-Z0-9\-]*+(?:\.[a-zA-Z0-9][a-zA-Z0-9\-]*+)*?"
    r"\.(?:com|org|net|io|app|dev|ai|co|de|fr|es|jp|kr|cn|uk|eu|ch|info|tv|edu|gov|shop|store))(?P<path>/[^\s?#<>\"'()（）。，、]*+)?(?:\?[^\s<>\"')（）。，、]*+)?(?![\p{L}\p{N}@\-]|\.\p{L})"
)
EMAIL = r"(?<![\p{L}\p{N}.+_\-])(?P<user>[\p{L}\p{N}._+\-]++)@(?P<host>[a-zA-Z0-9\-]++(?:\.[a-zA-Z0-9\-]++)+)(?<![\-])"
PHONE = (
    rf"{LEFT}(?:\+\d[\d \-./()]{{5,22}}\d|\(0?\d{{2,4}}\)[ \-]?\d[\d \-]{{4,12}}\d|1?-?\d{{3}}[\-.]\d{{3}}[\-.]\d{{4}}"
    r"|\d{3}-\d{2}-\d{4}"
    r"|1[ \-.]\d{3}[ \-.]\d{3}[ \-.]\d{4}|0\d(?:[ .\-]?\d{2}){4}|0\d{1,4}[ \-/]\d{2,4}(?:[ \-]?\d{2,4}){1,3}"
    rf"|[6-9]\d{{4}} \d{{5}}|1[3-9]\d[ \-]?\d{{4}}[ \-]?\d{{4}}|\d{{10,15}}){RIGHT}"
)
CASE = r"\b(?:[Aa]m|[Vv]om|[Zz]um|[Dd]em|[Dd]en|[Bb]is|[Aa]b|[Ss]eit|[Dd]er|[Dd]es)\s"
YEAR_WORDS = (
    r"(?<=\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Yy]ear|[Bb]efore|[Aa]fter|[Aa]round|[Cc]irca|[Ii]m Jahr|[Aa]nno|[Aa]b"
    r"|[Ss]eit|[Bb]is|[Vv]or|[Nn]ach|[Uu]m|[Ee]l año|[Dd]esde|[Ee]n)\s)"
)
CALLED = "".join(
    [r"(?i:call|phone|tel|telefon|téléphone|appelez|dial|fax|फ़ोन|फोन|電話|전화|电话|llame|llama|ruf\w*)\W{1,4}"]
)
