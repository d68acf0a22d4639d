"""What is known about the request or message being worked on; follows the task, not the thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple
from uuid import UUID


class Context(NamedTuple):
    """Identifiers that go into every log line, event and error answer."""

    correlation_id: str | None = None
    causation_id: str | None = None
    user_id: UUID | None = None
    product_line: str | None = None
    traceparent: str | None = None

    def known(self) -> dict[str, Any]:
        """The fields that are set: how a row carries the context of its cause."""
        return {name: value for name, value in self._asdict().items() if value is not None}


_EMPTY = Context()
_current: ContextVar[Context] = ContextVar("talkingphoto_context", default=_EMPTY)


def current() -> Context:
    """The context of this task; empty outside a request or message."""
    return _current.get()


@contextmanager
def bind(**changes: Any) -> Iterator[Context]:
    """Change fields of the context for the duration of the block."""
    context = _current.get()._replace(**changes)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def use(context: Context) -> Iterator[Context]:
    """Replace the whole context for the duration of the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
