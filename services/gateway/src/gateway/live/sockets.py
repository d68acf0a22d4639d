"""Live updates over a WebSocket (WFL-13, NTF-12): the event stream of the same workflow, message by message.

The request for the stream is the same as any other's, so token or ticket, limits and the end of a session are too.
What a client sends is not read: there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.proxy.lines import ALIAS_LINE

NORMAL, TRY_AGAIN = 1000, 1013
"""How a connection is closed: after the last update, and before it (connect again, with ``after``)."""

_FINAL = frozenset({b"completed", b"failed", b"cancelled"})
_OF_THE_HANDSHAKE = (b"connection", b"upgrade", b"sec-websocket-")


class RunSocket:
    """Serves connections; ``events`` serves the stream. ``line``: the product whose own path this is."""

    def __init__(self, events: ASGIApp, *, line: str | None = None) -> None:
        self._events = events
        self._line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Follow a workflow until it ends, or the client leaves."""
        await receive()
        [run_id] = scope["path_params"].values()
        path = f"/api/v1/workflows/{quote(run_id, safe='')}/events"
        asked = {
            **scope,
            "type": "http",
            "method": "GET",
            "scheme": {"ws": "http", "wss": "https"}[scope["scheme"]],
            "path": path,
            "raw_path": path.encode(),
            "headers": [header for header in scope["headers"] if not header[0].startswith(_OF_THE_HANDSHAKE)],
        }
        if self._line is not None:
            asked[ALIAS_LINE] = self._line
        await self._events(asked, _leaving(receive), _Spoken(send))


def _leaving(receive: Receive) -> Receive:
    """An empty body, then the client's leaving."""
    told: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def received() -> Message:
        if told:
            return told.pop()
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return {"type": "http.disconnect"}

    return received


class _Spoken:
    """Takes an answer over HTTP, and says it over the connection: updates as texts, a refusal of the handshake."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._refused = False
        self._rest = b""
        self._ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._refused = message["status"] >= 300
            # Of a workflow that has ended nothing may be left to say.
            self._ended = message["status"] == 204
            if self._refused:
                await self._send({**message, "type": "websocket.http.response.start"})
            else:
                await self._send({"type": "websocket.accept"})
        elif self._refused:
            await self._send({**message, "type": "websocket.http.response.body"})
        else:
            for data in self._updates(message.get("body", b"")):
                await self._send({"type": "websocket.send", "text": data.decode()})
            if not message.get("more_body", False):
                await self._send({"type": "websocket.close", "code": NORMAL if self._ended else TRY_AGAIN})

    def _updates(self, piece: bytes) -> Iterator[bytes]:
        """The data of the events that ``piece`` completes. notify ends lines with ``\\n`` and writes data on one."""
        *blocks, self._rest = (self._rest + piece).split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
            self._ended = self._ended or fields.get(b"event") in _FINAL
            if data := fields.get(b"data"):
                yield data
