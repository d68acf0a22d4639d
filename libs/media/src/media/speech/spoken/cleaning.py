"""A script as it is kept: composed (NFC), without invisible signs, HTML tags and Markdown's marks.

Every function is the identity on its own result, and takes time in proportion to the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from unicodedata import normalize

import regex

_LINE_BREAK = regex.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\ufff9-\ufffc--\t\n]+", regex.V1
)
# A joiner between letters of these scripts chooses their form, between pictographs it makes one of several; variation
# selectors choose the form of what is before them, tags spell a flag.
_JOINED = r"\p{Deva}\p{Beng}\p{Guru}\p{Gujr}\p{Orya}\p{Taml}\p{Telu}\p{Knda}\p{Mlym}\p{Sinh}\p{Arab}\p{Syrc}"
_NEEDED = regex.compile(
    rf"(?<=[{_JOINED}])[\u200c\u200d](?=[{_JOINED}])"
    r"|(?<=[\p{Extended_Pictographic}\p{EMod}])(?:\ufe0f?\u200d(?=\p{Extended_Pictographic})|[\ufe0e\ufe0f])"
    r"|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    r"|(?<=\p{Han})[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    r"|(?<=\U0001f3f4)[\U000e0020-\U000e007e]{1,8}\U000e007f"
)

_HTML = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body "
    "br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div "
    "dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header "
    "hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee math menu meta "
    "meter nav nobr noframes noscript object ol optgroup option output p param picture pre progress q rp rt "
    "ruby s samp script search section select slot small source span strike strong style sub summary sup svg "
    "table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp"
)
_ELEMENTS = frozenset(_HTML.split())
_TAG = regex.compile(
    r"<(?:/(?P<ends>[a-z][a-z0-9]*)\s*+"
    r"|(?P<name>[a-z][a-z0-9]*)(?:[\s/]++(?:[^\s=<>/\"']++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++)"
    r"|async|autoplay|checked|controls|default|defer|disabled|hidden|loop|muted|nomodule|open|readonly|required"
    r"|reversed|selected)?)*+"
    r"|!--.*--|!doctype\s[^<>]*|!\[cdata\[.*\]\]|\?xml\s[^<>]*)>",
    regex.IGNORECASE | regex.DOTALL,
)
_ENTITY = regex.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_SIGNIFICANT = regex.compile(r"[<>&;]|[^<>&;]+")
_WITH_CONTENT = frozenset({"script", "style"})

_BLOCK = regex.compile(r"[ \t]*+(?:>[ \t]*+|#{1,6}[ \t]++|[-*+•‣◦▪●·][ \t]++(?:\[[ xX]\][ \t]++)?)*+(?=\S)")
_SPEAKABLE = regex.compile(r"[\p{L}\p{N}\p{So}]")
_RULER = regex.compile(r"[ \t]*+(?:`{3,}[^`]*+$|~{3,}[ \w]*+$|(?:[-*_=][ \t]*+){3,}$|(?=[^|]*\|)(?=[^-]*-)[|:\-\s]++$)")
_LINK = regex.compile(
    r"!?\[([^\[\]\n]*)\]\((?:https?://|/|#|mailto:)[^()\s]*(?:[ \t]+\"[^\"\n]*\")?\)"
    r"|!\[([^\[\]\n]*)\]\([^()\s]*(?:[ \t]+\"[^\"\n]*\")?\)|\[([^\[\]\n]+)\]\[[^\[\]\n]*\]"
)
_MARK = regex.compile(r"\*{1,3}|_{1,3}|~~")
_PASSES = 8  # nobody nests marks deeper in earnest


@dataclass(frozen=True, slots=True)
class Stripped:
    """A text without its HTML, and the elements that were taken out, each once."""

    text: str
    removed: tuple[str, ...]


def visible(text: str) -> str:
    """``text`` composed (NFC), with ``\\n`` for every line break and without control characters, lone surrogates and
    signs that nobody sees. Joiners stay where a script or a pictograph needs them."""
    text = _LINE_BREAK.sub("\n", text)
    while (seen := normalize("NFC", _INVISIBLE.sub(_needed, text))) != text:
        text = seen
    return text


def _needed(invisible: re.Match[str]) -> str:
    found = _NEEDED.match(invisible.string, invisible.start())
    return found[0] if found is not None and found.end() <= invisible.end() else ""


def clean(text: str) -> str:
    """``text`` as :func:`visible` makes it and without Markdown's marks: headings, bullets, quotes, rules, bold,
    italic, struck out, links. The words between them stay, as do backticks."""
    text = visible(text)
    for _ in range(_PASSES):
        plain = visible("\n".join(_without_marks(text)))
        if plain == text:
            return text
        text = plain
    return clean(text.translate(str.maketrans("", "", "*_~[]")))


def without_html(text: str) -> Stripped:
    """``text`` as :func:`visible` makes it and without HTML: no tags and comments, and nothing of what stands in
    ``<script>`` and ``<style>``.

    Entities are read first, whatever they hide. Only tags of HTML are taken: ``x<y``, ``<Ctrl>`` and
    ``<bob@example.com>`` are text.
    """
    return _settled(visible(text), lambda part: part, "<>&")


def clean_html(text: str) -> Stripped:
    """``text`` as both :func:`without_html` and :func:`clean` leave it."""
    return _settled(visible(text), lambda part: clean(part).strip(), "<>&*_~[]")


def _settled(text: str, then: Callable[[str], str], signs: str) -> Stripped:
    """``text`` after as many rounds as change it; where that takes too many, without the ``signs`` they work on."""
    removed: dict[str, None] = {}
    for _ in range(_PASSES):
        if (plain := then(visible(_stripped(text, removed)))) == text:
            return Stripped(text, tuple(removed))
        text = plain
    bare = _settled(visible(text.translate(str.maketrans("", "", signs))), then, signs)
    return Stripped(bare.text, tuple(removed))


def _stripped(text: str, removed: dict[str, None]) -> str:
    """One round. What is ended by a sign is judged from its beginning in what was kept so far, so that a tag or an
    entity which appears when another is taken out of it is seen too."""
    kept: list[str] = []
    tags: list[int] = []  # where in ``kept`` a ``<`` waits for its ``>``
    entities: list[int] = []  # and a ``&`` for its ``;``
    contents: list[tuple[str, int]] = []  # open elements whose content goes with them
    todo = _SIGNIFICANT.findall(text)[::-1]
    while todo:
        part = todo.pop()
        if part == "<":
            tags.append(len(kept))
        elif part == "&":
            entities.append(len(kept))
        kept.append(part)
        if part == ";" and entities:
            start = entities.pop()
            found = "".join(kept[start:]) if len(kept) - start == 3 else ""
            if _ENTITY.fullmatch(found) and (read := html.unescape(found)) != found:
                del kept[start:]
                todo += _SIGNIFICANT.findall(visible(read))[::-1]
            else:
                entities.clear()
        elif part == ">" and tags:
            start = tags.pop()
            if (name := _element("".join(kept[start:]))) is None:
                tags.clear()
                continue
            ends = kept[start + 1].startswith("/")
            del kept[start:]
            removed[f"<{name}>"] = None
            if ends and contents and contents[-1][0] == name:
                del kept[contents.pop()[1] :]
            elif not ends and name in _WITH_CONTENT:
                contents.append((name, start))
            for places in (tags, entities):
                while places and places[-1] >= len(kept):
                    places.pop()
            while contents and contents[-1][1] > len(kept):
                contents.pop()
    return "".join(kept)


def _element(tag: str) -> str | None:
    """Which element of HTML ``tag`` begins or ends; ``!`` for a comment or a declaration; None for a text."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    name = (found["name"] or found["ends"] or "!").lower()
    return name if name == "!" or name in _ELEMENTS else None


def _without_marks(text: str) -> list[str]:
    lines = (line for line in text.split("\n") if not _RULER.match(line))
    return [_without_emphasis(_LINK.sub(r"\1\2\3", _without_block(line))) for line in lines]


def _without_block(line: str) -> str:
    mark = _BLOCK.match(line)
    return line[mark.end() :] if mark is not None and _SPEAKABLE.search(line, mark.end()) else line


def _without_emphasis(line: str) -> str:
    """Marks that open after a gap and close before one go in pairs; those of ``5 * 3`` and ``snake_case`` stay."""
    begun: list[re.Match[str]] = []
    gone: set[int] = set()
    for mark in _MARK.finditer(line):
        before, after = line[max(0, mark.start() - 1) : mark.start()], line[mark.end() : mark.end() + 1]
        # Doubled stars stand inside words too, above all where words have no spaces between them.
        inside = mark[0] in ("**", "***", "~~")
        closes = bool(before.strip()) and (inside or not _is_word(after))
        opens = bool(after.strip()) and (inside or not _is_word(before))
        match = next((at for at in range(len(begun) - 1, -1, -1) if begun[at][0] == mark[0]), -1) if closes else -1
        if match >= 0:
            gone |= {*range(*begun[match].span()), *range(*mark.span())}
            del begun[match:]
        elif opens and len(begun) < _PASSES:
            begun.append(mark)
    return "".join(sign for at, sign in enumerate(line) if at not in gone) if gone else line


def _is_word(sign: str) -> bool:
    return sign.isalnum() and sign < "\u2e80"
