"""Several data-modifying statements sent as one: a round trip instead of one each.

Each becomes a common table expression, keeps its own numbering of parameters from ``$1``, and may read what an earlier
one returns by its name. All of them see the database as it was before the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_PARAMETER = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """One statement with its arguments and the name that others know it by."""

    name: str
    statement: str
    arguments: tuple[Any, ...]


def combined(parts: Sequence[Part], select: str) -> tuple[str, list[Any]]:
    """The text of one statement that does all ``parts`` and then ``select``, and its arguments."""
    text = _text(tuple((part.name, part.statement, len(part.arguments)) for part in parts), select)
    return text, [argument for part in parts for argument in part.arguments]


@lru_cache(maxsize=1024)
def _text(parts: tuple[tuple[str, str, int], ...], select: str) -> str:
    expressions = []
    before = 0
    for name, statement, arguments in parts:
        expressions.append(f"{name} AS ({_shifted(statement, before)})")
        before += arguments
    return f"WITH {', '.join(expressions)} {select}"


def _shifted(statement: str, by: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + by}", statement)
