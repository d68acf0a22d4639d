"""Tickets: a browser's event source sends no headers, so it shows a ticket that stands for its token, once.

Behind the ticket the request goes on as if it had brought the token itself: same checks, same limits, and the stream
ends when the session does.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlencode

from cryptography.fernet import Fernet, InvalidToken
from starlette.types import Scope

from chassis.errors import BadRequest, NotAuthenticated, Unavailable
from chassis.identity.tokens import authorization

if TYPE_CHECKING:
    from redis.asyncio import Redis

LIFE_S = 30
"""From asking for a ticket to connecting with it."""

PARAMETER = "ticket"


class TicketRefused(NotAuthenticated):
    """The ticket was used already, has expired, or is for another address. Ask for a new one."""

    code = "ticket_refused"


class TicketStore(Protocol):
    """Keeps values by name for ``LIFE_S`` seconds."""

    async def put(self, name: str, value: bytes) -> None:
        """Keep a value."""
        ...

    async def take(self, name: str) -> bytes | None:
        """The value, to one caller only."""
        ...


class MemoryStore:
    """In this process, for an installation with one gateway. ``clock`` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # All live equally long, so the oldest comes first.
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    async def put(self, name: str, value: bytes) -> None:
        """Keep a value, and forget what nobody came for."""
        now = self._clock()
        while self._kept and next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)
        self._kept[name] = (now + LIFE_S, value)

    async def take(self, name: str) -> bytes | None:
        """The value, to one caller only."""
        until, value = self._kept.pop(name, (0.0, b""))
        return value if until > self._clock() else None


class RedisStore:
    """In Redis, for all replicas of the gateway. Raises ``Unavailable`` while it is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @classmethod
    def at(cls, url: str, *, timeout_s: float = 0.5) -> RedisStore:
        """Connect to the Redis at ``url`` when first needed."""
        # 0.1 s to import: only where there is a Redis.
        from redis.asyncio import Redis

        return cls(Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s))

    async def put(self, name: str, value: bytes) -> None:
        """Keep a value."""
        from redis.exceptions import RedisError

        try:
            await self._redis.set(f"ticket:{name}", value, ex=LIFE_S)
        except (RedisError, OSError) as failure:
            raise _away() from failure

    async def take(self, name: str) -> bytes | None:
        """The value, to one caller only."""
        from redis.exceptions import RedisError

        try:
            found = await self._redis.getdel(f"ticket:{name}")
        except (RedisError, OSError) as failure:
            raise _away() from failure
        return found.encode() if isinstance(found, str) else found

    async def ready(self) -> None:
        """Return when Redis answers; raises when it does not."""
        await self._redis.ping()

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


class Tickets:
    """Gives tickets out and takes them back."""

    def __init__(self, store: TicketStore) -> None:
        self._store = store

    async def issue(self, path: str, token: str) -> str:
        """A ticket for ``path`` that stands for ``token``."""
        ticket = secrets.token_urlsafe(32)
        await self._store.put(_name(ticket), _box(ticket).encrypt(f"{path}\n{token}".encode()))
        return ticket

    async def admitted(self, scope: Scope) -> Scope:
        """``scope`` with the token instead of its ticket; unchanged without one. Raises ``TicketRefused``."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        shown = [value for name, value in query if name == PARAMETER]
        if not shown:
            return scope
        if len(shown) > 1 or authorization(scope["headers"]) is not None:
            raise BadRequest("Send either an access token or one ticket.")
        token = await self._redeem(shown[0], scope["path"])
        rest = urlencode([(name, value) for name, value in query if name != PARAMETER])
        return {
            **scope,
            "query_string": rest.encode(),
            "headers": [*scope["headers"], (b"authorization", f"Bearer {token}".encode())],
        }

    async def _redeem(self, ticket: str, path: str) -> str:
        kept = await self._store.take(_name(ticket))
        try:
            where, _, token = _box(ticket).decrypt(kept or b"").decode().partition("\n")
        except InvalidToken:
            where = token = ""
        if not token or where != path:
            raise TicketRefused("This ticket does not open anything. Ask for a new one.")
        return token


def _name(ticket: str) -> str:
    """What a ticket is kept under: nobody who reads the store can show it."""
    return hashlib.sha256(f"name {ticket}".encode()).hexdigest()


def _box(ticket: str) -> Fernet:
    """What only the ticket opens: nobody who reads the store has the token."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"key {ticket}".encode()).digest()))


def _away() -> Unavailable:
    return Unavailable("Tickets cannot be had at the moment. Try again shortly.", retry_after_s=1)
