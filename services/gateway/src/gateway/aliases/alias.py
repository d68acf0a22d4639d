"""One source path, and what has to be said differently on the way in and out (GTW-03)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contracts.enums import ProductLineKey

WEBSOCKET = "WS"
"""Stands where the method does, for a connection that is a WebSocket."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a document says in another form than we do; ``about`` tells a reader how."""

    about: str
    made: Callable[[Any], Any]

    def __call__(self, value: Any) -> Any:
        """``value`` in the other form; what is not as expected stays as it is."""
        return self.made(value)


@dataclass(frozen=True, slots=True)
class Alias:
    """``method`` on ``path``, as ``line``'s document says it, is that method on ``unified``.

    Names in braces in ``unified`` and in the values of ``query`` come from ``path``, else from the body. ``names`` are
    field names by what the document calls them: top-level ones of a body, of a query, and of the thing or the things
    in an answer. ``takes`` then changes a body, ``gives`` each thing in an answer, ``whole`` the answer as a whole.
    ``promises`` are fields that the document prints. Of what ``waits`` the service is not there yet.
    """

    line: ProductLineKey
    method: str
    path: str
    unified: str
    requirement: str
    query: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[Change, ...] = ()
    gives: tuple[Change, ...] = ()
    whole: Change | None = None
    promises: tuple[str, ...] = ()
    waits: bool = False

    @property
    def is_unified(self) -> bool:
        """Whether the document says it as we do, so that nothing has to be rewritten."""
        return self.path == self.unified

    @property
    def from_body(self) -> frozenset[str]:
        """Fields of a body that go into the unified path."""
        return frozenset(_braced(self.unified)) - frozenset(_braced(self.path))

    @property
    def changes_body(self) -> bool:
        """Whether a body has to be read before it goes on."""
        return bool(self.names or self.takes or self.from_body)

    @property
    def changes_answer(self) -> bool:
        """Whether an answer has to be read before it goes on."""
        return bool(self.names or self.gives or self.whole)


def of(line: ProductLineKey) -> Callable[..., Alias]:
    """Writes rows of ``line``: ``("POST", "/api/x", "/api/v1/y", "WFL-01", ...)``."""
    return partial(Alias, line)


def _braced(template: str) -> Iterator[str]:
    return iter(re.findall(r"{(\w+)}", template))
