"""Walls around a download in this process: where it may connect, and how much it may write.

A link is checked before anybody is asked, but what a source answers names further addresses, and a name may lead
elsewhere the next time. So it is the connection itself that is looked at, whoever makes it.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from chassis.http.guard import is_public

_but_for: ContextVar[tuple[str, int] | None] = ContextVar("_but_for")
"""Set while a download is under way; its value is the one private address that is allowed."""
_watching = False


class ForbiddenAddress(OSError):
    """A download wanted to connect into private address space."""


@contextlib.contextmanager
def walls(max_bytes: int, but_for: str | None = None) -> Iterator[None]:
    """Inside, connections lead to public addresses alone, and no file grows beyond ``max_bytes``.

    ``but_for``: a base address of this machine that may be reached all the same.
    """
    global _watching
    if not _watching:
        # An audit hook cannot be taken away again; outside of a download it looks at nothing.
        sys.addaudithook(_look)
        _watching = True
    parts = urlsplit(but_for) if but_for else None
    token = _but_for.set((str(parts.hostname), parts.port or 80) if parts is not None else None)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = max_bytes if hard == resource.RLIM_INFINITY else min(max_bytes, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        _but_for.reset(token)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    try:
        allowed = _but_for.get()
    except LookupError:
        return
    address = arguments[1]
    if not isinstance(address, tuple):
        raise ForbiddenAddress("a download connects to no socket of this machine")
    if allowed is not None and address[:2] == allowed:
        return
    if not is_public(str(address[0])):
        raise ForbiddenAddress(f"{address[0]} is in private address space")
