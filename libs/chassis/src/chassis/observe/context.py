"""What is known about the request or message being worked on; follows the task, not the thread."""

from __future__ import annotations

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
    run_id: str | None = None

    def known(self) -> dict[str, Any]:
        """The fields that are set: how a row carries the context of its cause."""
        return {name: value for name, value in self._asdict().items() if value is not None}


_EMPTY = Context()
_current: ContextVar[Context] = ContextVar("talkingphoto_context", default=_EMPTY)


def current() -> Context:
    """The context of this task; empty outside a request or message."""
    return _current.get()


class use:  # noqa: N801  reads as the verb it is
    """Replace the whole context for the duration of the block. Every message passes here, so it is no generator."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> Context:
        """The context, in force."""
        self._token = _current.set(self._context)
        return self._context

    def __exit__(self, *_: object) -> None:
        """As before."""
        _current.reset(self._token)


def bind(**changes: Any) -> use:
    """Change fields of the context, as it is now, for the duration of the block."""
    return use(_current.get()._replace(**changes))
