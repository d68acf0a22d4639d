"""The documents as they are: fenced blocks, what is said of each, links and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
LOCAL = "http://127.0.0.1:8000"
"""Where every document has the platform."""

PAGES = sorted(
    {page for pattern in ("*.md", "docs/**/*.md", "*/README.md", "*/*/README.md") for page in REPOSITORY.glob(pattern)}
)
"""All that is written for people to read."""

SHOWS = {"text", "yaml", "json"}
"""Languages of blocks in which there is nothing to run."""

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^>]*) -->\n+)?^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"(?<!!)\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; ``mark`` is the comment before it: ``run``, or ``tried by`` a test."""

    page: Path
    language: str
    mark: str
    text: str

    @property
    def runs(self) -> bool:
        """Whether it runs against a platform, after those before it on its page."""
        return self.mark == "run"

    @property
    def tried_by(self) -> list[str]:
        """The tests that try it in another way."""
        return self.mark.removeprefix("tried by ").split(", ") if self.mark.startswith("tried by ") else []


def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page, in its order."""
    found = _FENCE.finditer(page.read_text("utf-8"))
    return [Block(page, one["language"], (one["mark"] or "").strip(), one["text"]) for one in found]


def running_at(url: str, text: str) -> str:
    """The text, with the platform where it is."""
    return text.replace(LOCAL, url)


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def links(page: Path) -> Iterator[str]:
    """Where a page leads, as it is written there."""
    for plain, picture in _LINK.findall(re.sub(r"`[^`\n]*`", "", prose(page))):
        yield plain or picture


def anchors(page: Path) -> set[str]:
    """What can be led to in a page: its headings, as the site names them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    explicit = re.findall(r'<a (?:id|name)="([^"]+)"', page.read_text("utf-8"))
    return {anchor(heading) for heading in headings} | set(explicit)


def anchor(heading: str) -> str:
    """A heading's name in an address."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain)).strip("-")
