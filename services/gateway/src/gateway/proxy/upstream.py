"""Carrying one request to a service and its answer back, both as streams, without keeping either in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import structlog
from starlette.types import Message, Receive, Scope, Send
from yarl import URL

from chassis.auth import Verifier, bearer_token
from chassis.errors import NotAuthenticated, ServiceError, TooLarge, Unavailable
from chassis.problems import error_response
from gateway.proxy.headers import to_client, to_upstream
from gateway.proxy.table import Row

log = structlog.get_logger(__name__)

_CHUNK = 64 * 1024


class ClientLeft(Exception):
    """The client closed the connection; there is nobody to answer."""


class Upstreams:
    """Pooled connections to the services. ``start`` and ``stop`` with the process."""

    def __init__(self, urls: dict[str, str], *, connect_s: float, answer_s: float) -> None:
        self.urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s, sock_read=answer_s)
        self._http: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool."""
        self._http = aiohttp.ClientSession(
            timeout=self._timeout,
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=20),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def stop(self) -> None:
        """Close the pool."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    @property
    def http(self) -> aiohttp.ClientSession:
        """The open pool."""
        if self._http is None:
            raise RuntimeError("the upstreams have not been started")
        return self._http

    def url(self, service: str, scope: Scope) -> URL:
        """Where a request goes; path and query pass as the client wrote them."""
        base = self.urls.get(service)
        if base is None:
            raise Unavailable(f"{service} is not set up here.")
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope.get("query_string", b"")
        target = base + raw_path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
        return URL(target, encoded=True)


class Proxy:
    """One row of the table as an ASGI application."""

    def __init__(self, row: Row, upstreams: Upstreams, verifier: Verifier) -> None:
        self._row = row
        self._upstreams = upstreams
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the token, carry the request over and stream the answer back."""
        began = False

        async def send_once(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._check(scope)
            await self._carry(scope, receive, send_once)
        except ClientLeft:
            return
        except ServiceError as error:
            if began:
                # Half an answer is out: closing the connection is the only way left to say so.
                raise
            await error_response(error)(scope, receive, send)

    async def _check(self, scope: Scope) -> None:
        if self._row.public:
            return
        header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        token = bearer_token(header.decode("latin-1"))
        if token is None:
            raise NotAuthenticated("Log in and send the access token as `Authorization: Bearer`.")
        await self._verifier.verify(token)

    async def _carry(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope["client"][0] if scope.get("client") else None
        body = _Body(receive, self._row.max_body)
        try:
            async with self._upstreams.http.request(
                scope["method"],
                self._upstreams.url(self._row.service, scope),
                headers=to_upstream(scope["headers"], client=client, scheme=scope["scheme"]),
                data=body.chunks() if _has_body(scope) else None,
                allow_redirects=False,
            ) as answer:
                await send(
                    {
                        "type": "http.response.start",
                        "status": answer.status,
                        "headers": to_client(answer.raw_headers, authenticated=not self._row.public),
                    }
                )
                await self._stream(answer, receive, send)
        except TimeoutError as error:
            raise self._unavailable("does not answer", error) from error
        except aiohttp.ClientError as error:
            if body.failure is not None:
                raise body.failure from error
            raise self._unavailable("cannot be reached", error) from error

    async def _stream(self, answer: aiohttp.ClientResponse, receive: Receive, send: Send) -> None:
        left = asyncio.ensure_future(_disconnected(receive))
        try:
            while True:
                chunk = asyncio.ensure_future(answer.content.readany())
                await asyncio.wait({chunk, left}, return_when=asyncio.FIRST_COMPLETED)
                if not chunk.done():
                    chunk.cancel()
                    raise ClientLeft
                data = chunk.result()
                await send({"type": "http.response.body", "body": data, "more_body": bool(data)})
                if not data:
                    return
        finally:
            left.cancel()

    def _unavailable(self, what: str, error: Exception) -> Unavailable:
        log.warning("upstream.failed", upstream=self._row.service, error=repr(error))
        return Unavailable(f"{self._row.service} {what}. Try again in a moment.", retry_after_s=1)


class _Body:
    """The client's body as it arrives. ``failure`` is what stopped it, for whoever sees the request fail."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self.failure: Exception | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """Chunks until the end; raises when it grows too large or the client leaves."""
        total, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.failure = ClientLeft()
                raise self.failure
            data: bytes = message.get("body", b"")
            total += len(data)
            if total > self._limit:
                self.failure = TooLarge(f"The body is larger than {self._limit} bytes.")
                raise self.failure
            more = message.get("more_body", False)
            if data:
                yield data


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
