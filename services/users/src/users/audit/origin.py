"""Where the request that is being answered comes from, for whatever is recorded of it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from users.devices import AddressHasher, Device

_LONGEST_AGENT = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """A keyed hash of the address, in hex, and what the client calls itself; None where there is no request."""

    address: str | None = None
    user_agent: str | None = None


_NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("users_origin", default=_NOWHERE)


def current() -> Origin:
    """Of this request; empty in a handler of messages, or a command."""
    return _current.get()


class Origins:
    """Notes the origin of every request for as long as it is answered."""

    def __init__(self, app: ASGIApp, address_hash: AddressHasher) -> None:
        self._app = app
        self._address_hash = address_hash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope["client"][0] if scope.get("client") else None
        agent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"user-agent"), None)
        address = self._address_hash(Device(client, agent)).hex()
        token = _current.set(Origin(address, agent[:_LONGEST_AGENT] if agent is not None else None))
        try:
            await self._app(scope, receive, send)
        finally:
            _current.reset(token)
