"""The server's own bounds: what one client can make it hold before any of our code is asked.

uvicorn reads HTTP/1.1 through h11, which bounds a request's head (decision 0013). What it has no setting for is time,
and how many connections one address may have. That is added here from outside, without a change to how it reads.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from ipaddress import ip_address
from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from chassis.encoding import as_json
from chassis.ids import uuid7
from chassis.settings import Network, ServiceSettings

SOCKET_MESSAGE_BYTES = 4096
"""The largest message that a WebSocket takes."""

SOCKET_PING_S = 20.0
"""How often a WebSocket is asked whether anybody is there, and how long that may take: who does not read, is not."""

INTERNAL_PREFIX = b"x-internal-"
"""How headers begin that only our own proxies set."""

HEAD_BYTES = 32 * 1024
"""The largest request line and headers together."""

HEAD_WITHIN_S = 10.0
"""How long a connection may wait for the whole of a head once it has begun, or been opened."""

READ_WITHIN_S = 60.0
"""How long a client may take to make room for more of an answer."""

KEPT_S = 30
"""How long a connection is kept between two requests."""


def bounded(app: Any, settings: ServiceSettings, *, host: str, port: int, grace_s: float) -> uvicorn.Config:
    """uvicorn with every bound set, adding nothing to what ``app`` logs and answers itself.

    Who calls is who is connected, unless that is one of ``settings.trusted_proxies``: then it is the last address in
    ``X-Forwarded-For`` that is none of them. Nobody else's internal headers arrive.
    """
    trusted = settings.trusted_proxies
    return uvicorn.Config(
        _InternalHeaders(ProxyHeadersMiddleware(app, [str(network) for network in trusted]), trusted),
        host=host,
        port=port,
        # uvicorn makes one for each connection and asks for nothing but that.
        http=partial(BoundedHttp, bounds=Bounds(settings)),  # type: ignore[arg-type]
        # Where the library for it is installed; who has no WebSocket refuses the handshake.
        ws="auto",
        ws_max_size=SOCKET_MESSAGE_BYTES,
        ws_ping_interval=SOCKET_PING_S,
        ws_ping_timeout=SOCKET_PING_S,
        ws_per_message_deflate=False,
        h11_max_incomplete_event_size=HEAD_BYTES,
        limit_concurrency=settings.most_connections,
        # Above, inside of what looks at who is really connected.
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(grace_s),
        timeout_keep_alive=KEPT_S,
    )


class _InternalHeaders:
    """Drops what only our own proxies say (``X-Internal-...``) from the requests of anybody else."""

    def __init__(self, app: Any, trusted: tuple[Network, ...]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve what is left of the request."""
        peer = scope.get("client")
        if scope["type"] in ("http", "websocket") and not is_trusted(peer[0] if peer else "", self._trusted):
            headers = [header for header in scope["headers"] if not header[0].startswith(INTERNAL_PREFIX)]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


class Bounds:
    """How many connections each address has open. Proxies that are trusted speak for many, and are not counted."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._trusted = settings.trusted_proxies
        self._most = settings.most_connections_per_address
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a new connection; False when there are enough."""
        if is_trusted(address, self._trusted):
            return True
        if self._open[address] >= self._most:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        """A connection that ``enter`` let in has ended."""
        if self._open[address] > 1:
            self._open[address] -= 1
        else:
            self._open.pop(address, None)


def is_trusted(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether ``address`` is in one of ``networks``; what is no address is in none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


class BoundedHttp(H11Protocol):
    """One connection. Cut when a head does not arrive, or an answer is not read, in time."""

    def __init__(self, *arguments: Any, bounds: Bounds, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._bounds = bounds
        self._address: str | None = None
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._is_websocket = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base
        """Begin to wait for a head, unless this address has connections enough."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self._bounds.enter(address):
            self._address = address
            self._wait_for_head()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End every wait."""
        self._head = _cancelled(self._head)
        self._unread = _cancelled(self._unread)
        self._leave()
        super().connection_lost(exc)

    def _leave(self) -> None:
        if self._address is not None:
            self._bounds.leave(self._address)
            self._address = None

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Hand the connection over; it stays one of its address until it ends."""
        self._is_websocket = True
        self._head = _cancelled(self._head)
        super().handle_websocket_upgrade(event)
        socket = self.transport.get_protocol()
        lost = socket.connection_lost

        def connection_lost(exc: Exception | None) -> None:
            self._leave()
            lost(exc)

        socket.connection_lost = connection_lost  # type: ignore[method-assign]  # its class is the library's choice

    def handle_events(self) -> None:
        """Read what has come; the wait is over while a request is being answered."""
        super().handle_events()
        if self._is_websocket:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._head = _cancelled(self._head)
        elif self._head is None and not self.transport.is_closing() and self._has_begun():
            self._wait_for_head()

    def pause_writing(self) -> None:
        """The client is not reading: it gets a while to go on."""
        super().pause_writing()
        self._unread = self.loop.call_later(READ_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        self._unread = _cancelled(self._unread)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Say in our own form that this was no request that can be read."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()
            return
        error = {
            "code": "bad_request",
            "message": f"This is no HTTP/1.1 request that can be read, or its head is above {HEAD_BYTES} bytes.",
            "request_id": str(uuid7()),
        }
        body = as_json({"error": error})
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.transport.write(f"{head}Connection: close\r\n\r\n".encode("ascii") + body.encode())
        self.transport.close()

    def _has_begun(self) -> bool:
        # Between requests without a byte of the next one, uvicorn's own timer runs.
        return self.timeout_keep_alive_task is None

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """None, in place of a timer that will not ring."""
    if timer is not None:
        timer.cancel()
    return None
