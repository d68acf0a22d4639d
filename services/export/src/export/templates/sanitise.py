"""HTML that may be shown: known elements with no attribute but a safe link's, anything else as text (EXP-22)."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

_KEPT = frozenset({"a", "b", "br", "code", "em", "h2", "h3", "h4", "i", "li", "ol", "p", "strong", "ul"})
_VOID = frozenset({"br"})
_DROPPED = frozenset(
    {"iframe", "math", "noscript", "object", "script", "style", "svg", "template", "textarea", "title"}
)
"""Elements whose content is not text for people."""


def sanitised(html: str) -> str:
    """``html`` with nothing in it that a browser would run, load or submit. What is kept is well-formed.

    Doing it again changes nothing.
    """
    parser = _Sanitiser()
    parser.feed(html)
    parser.close()
    return parser.result()


class _Sanitiser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[str] = []
        self._inside: list[str] = []

    def result(self) -> str:
        return "".join([*self._out, *(f"</{tag}>" for tag in reversed(self._open))])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._inside.append(tag)
        elif not self._inside and tag in _KEPT:
            self._out.append(f"<{tag}{_link(attrs) if tag == 'a' else ''}>")
            if tag not in _VOID:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # In HTML a slash ends no element but the void ones.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        elif not self._inside and tag in self._open:
            while True:
                ended = self._open.pop()
                self._out.append(f"</{ended}>")
                if ended == tag:
                    return

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self._out.append(escape(data, quote=False))


def _link(attrs: list[tuple[str, str | None]]) -> str:
    address = next((value for name, value in attrs if name == "href" and value), "")
    if not address.startswith("https://") or any(char.isspace() or ord(char) < 0x20 for char in address):
        return ""
    return f' href="{escape(address)}" rel="noopener noreferrer"'
