"""Prints ``docs/aliases.md``: ``python -m gateway.aliases``."""

from __future__ import annotations

from gateway.aliases.alias import Alias
from gateway.aliases.table import ALIASES

_HEAD = """# The paths of the four products

Every path of the source documents is served (GTW-03): in the document's own field names, with or without a slash at
its end, and for the document's product where no other shares the path. Errors have the body that all errors have.
Made from `services/gateway/src/gateway/aliases/products` by `make record`; change it there.

*unified* is said in the document as we say it. *waits*: the request goes on as all do, and what would answer it is
not there yet: 404 or 405.
"""


def page() -> str:
    """The whole page."""
    waiting = sum(row.waits for row in ALIASES)
    lines = [_HEAD, f"{len(ALIASES)} paths, of which {len(ALIASES) - waiting} answer and {waiting} wait.\n"]
    lines += ["| product | path | unified path | said differently | requirement | state |", "| - | - | - | - | - | - |"]
    lines += [
        f"| {row.line} | `{row.method} {row.path}` | {_unified(row)} | {_differences(row)} | {row.requirement} "
        f"| {'waits' if row.waits else 'answers'} |"
        for row in ALIASES
    ]
    return "\n".join(lines) + "\n"


def _unified(row: Alias) -> str:
    query = "&".join(f"{name}={value}" for name, value in row.query.items())
    return "unified" if row.is_unified else f"`{row.unified}{'?' + query if query else ''}`"


def _differences(row: Alias) -> str:
    said = [f"`{source}` is `{unified}`" for source, unified in row.names.items()]
    said += [f"`{name}` in the body" for name in sorted(row.from_body)]
    said += [change.about for change in (*row.takes, *row.gives, *([row.whole] if row.whole else []))]
    return "; ".join(said)


if __name__ == "__main__":
    print(page(), end="")
