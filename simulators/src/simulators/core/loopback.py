"""An httpx transport that runs a simulator in the same process, with its faults and without waiting for them.

A handler that waits for the caller to leave (``hang``) makes the caller's read time-out elapse at once; an answer
that ends early is a broken connection. Nothing sleeps, so a thousand fault runs take seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
from starlette.types import ASGIApp, Message


class _CallerLeft(Exception):
    """The application is waiting for the disconnect of a caller that has nothing more to say."""


class _Body(httpx.AsyncByteStream):
    def __init__(self, chunks: list[bytes], broken: bool) -> None:
        self._chunks, self._broken = chunks, broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._broken:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


class InProcess(httpx.AsyncBaseTransport):
    """Sends each request to the ASGI application registered for its host."""

    def __init__(self, apps: dict[str, ASGIApp]) -> None:
        self._apps = apps

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Run the application for one request. Raises the httpx errors a real connection would."""
        app = self._apps.get(request.url.host)
        if app is None:
            raise httpx.ConnectError(f"nothing answers at {request.url.host}", request=request)
        body = await request.aread()
        read, started = False, None
        chunks: list[bytes] = []
        complete = False

        async def receive() -> Message:
            nonlocal read
            if read:
                raise _CallerLeft
            read = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal started, complete
            if message["type"] == "http.response.start":
                started = message
            else:
                chunks.append(message.get("body", b""))
                complete = not message.get("more_body", False)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.split(b"?")[0],
            "query_string": request.url.query,
            "server": (request.url.host, request.url.port or 80),
            "client": ("127.0.0.1", 1),
            "root_path": "",
        }
        try:
            await app(scope, receive, send)
        except _CallerLeft:
            raise httpx.ReadTimeout("no answer within the read time-out", request=request) from None
        if started is None:
            raise httpx.RemoteProtocolError("server disconnected without sending a response", request=request)
        return httpx.Response(
            started["status"], headers=started["headers"], stream=_Body(chunks, not complete), request=request
        )
