"""Carrying one request to a service and its answer back, both as streams, without keeping either in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import nullcontext
from typing import Any, TypeVar

import aiohttp
import structlog
from opentelemetry.trace import Span
from starlette.types import Message, Receive, Scope, Send
from yarl import URL

from chassis.errors import NoAnswer, NotAuthenticated, ServiceError, TooLarge, Unavailable
from chassis.http.problems import error_response
from chassis.http.requests import stopping_of
from chassis.identity.tokens import Identity, Verifier, authorization, bearer_token, checked_already
from chassis.observe import traces
from gateway.live.tickets import TicketRefused, Tickets
from gateway.proxy.api_keys import ApiKeys, check_scope, without_key
from gateway.proxy.breaker import Breaker
from gateway.proxy.headers import RawHeaders, to_client, to_upstream
from gateway.proxy.limits import Limits
from gateway.proxy.lines import Lines
from gateway.proxy.table import Row

log = structlog.get_logger(__name__)

REFUSED = "gateway.refused"
"""In a request's scope: the error that it is answered with, found before it was known who serves it."""

_KNOWN_FOR_S = 2.0
"""So long a service that has answered is not asked again whether it does."""
_ADDED_BY_LIBRARY = frozenset({"Accept", "Accept-Encoding", "Content-Type", "User-Agent"})

Result = TypeVar("Result")


class ClientLeft(Exception):
    """The client closed the connection; there is nobody to answer."""


class Upstreams:
    """Pooled connections to the services. ``start`` and ``stop`` with the process."""

    def __init__(self, urls: dict[str, str], *, connect_s: float, read_s: float, answer_s: float) -> None:
        self.read_s = read_s
        self.urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s, sock_read=answer_s)
        self._http: aiohttp.ClientSession | None = None
        self._answered_at: dict[str, float] = {}
        self.breakers = {name: Breaker(name) for name in urls}

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

    async def answers(self, service: str) -> None:
        """Return when the service answers; raises when it does not. The caller sets the limit of time."""
        now = asyncio.get_running_loop().time()
        if now - self._answered_at.get(service, -_KNOWN_FOR_S) < _KNOWN_FOR_S:
            return
        async with self.http.get(f"{self.urls[service]}/health", allow_redirects=False) as answer:
            answer.raise_for_status()
        self._answered_at[service] = now

    def url(self, service: str, scope: Scope) -> URL:
        """Where a request goes; path and query pass as the client wrote them."""
        base = self.urls.get(service)
        if base is None:
            raise Unavailable(f"{service} is not set up here.", retry_after_s=60)
        raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope.get("query_string", b"")
        target = base + raw_path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
        return URL(target, encoded=True)


class Proxy:
    """One row of the table as an ASGI application."""

    def __init__(
        self,
        row: Row,
        upstreams: Upstreams,
        verifier: Verifier,
        limits: Limits,
        lines: Lines,
        tickets: Tickets,
        api_keys: ApiKeys,
    ) -> None:
        self._row = row
        self._api_keys = api_keys
        self._tickets = tickets
        self._limits = limits
        self._lines = lines
        self._upstreams = upstreams
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check token, limits and product line, carry the request over and stream the answer back."""
        began = False
        told: RawHeaders = []
        # The framework names the route to the edge only where the route is its own.
        scope["route"] = self._row

        async def send_once(message: Message) -> None:
            nonlocal began
            began = True
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *told]
            await send(message)

        try:
            if REFUSED in scope:
                await self._limits.take(scope, None)
                raise scope[REFUSED]
            if self._row.live:
                scope = await self._admitted(scope)
            scope = without_key(scope) if self._row.public else await self._with_token(scope)
            identity = await self._check(scope)
            if identity is not None:
                check_scope(identity, self._row.scope_for(scope["method"]))
            told += _raw(await self._limits.take(scope, identity))
            line = self._lines.said(scope, identity)
            with (
                self._limits.stream(str(identity.user_id)) if identity and self._row.live else nullcontext(),
                traces.calling(scope["method"], self._row.service) as span,
            ):
                await self._carry(scope, receive, send_once, span, line)
        except ClientLeft:
            return
        except ServiceError as error:
            if began:
                # Half an answer is out: closing the connection is the only way left to say so.
                raise
            await error_response(error)(scope, receive, send)

    async def _admitted(self, scope: Scope) -> Scope:
        try:
            return await self._tickets.admitted(scope)
        except TicketRefused:
            await self._limits.take(scope, None)
            raise

    async def _with_token(self, scope: Scope) -> Scope:
        try:
            return await self._api_keys.admitted(scope)
        except ServiceError:
            await self._limits.take(scope, None)
            raise

    async def _check(self, scope: Scope) -> Identity | None:
        # The one that is checked here is the one that goes on, on public paths too.
        header = authorization(scope["headers"])
        if self._row.public:
            return None
        token = bearer_token(header)
        if token is None:
            await self._limits.take(scope, None)
            if isinstance(refusal := scope.get("chassis.identity"), ServiceError):
                raise refusal
            raise NotAuthenticated("Log in and send the access token as `Authorization: Bearer`.")
        try:
            return checked_already(scope, token) or await self._verifier.verify(token)
        except NotAuthenticated:
            await self._limits.take(scope, None)
            raise

    async def _may_go_on(self, scope: Scope) -> bool:
        """Whether the session behind a live stream still stands: its right was looked at when the stream began."""
        try:
            await self._verifier.verify(bearer_token(authorization(scope["headers"])) or "")
        except NotAuthenticated:
            return False
        return True

    async def _carry(self, scope: Scope, receive: Receive, send: Send, span: Span, line: str | None) -> None:
        if (declared := _declared_length(scope)) is not None and declared > self._row.max_body:
            raise TooLarge(f"The body is larger than {self._row.max_body} bytes.")
        client = scope["client"][0] if scope.get("client") else None
        has_body = declared != 0
        url = self._upstreams.url(self._row.service, scope)
        breaker = self._upstreams.breakers[self._row.service]
        breaker.check()
        within_s = self._upstreams.read_s if self._row.reads(scope["method"]) else None
        began = False
        body = _Body(receive, self._row.max_body, empty=not has_body)
        left = asyncio.ensure_future(body.client_left())
        try:
            asking = self._upstreams.http.request(
                scope["method"],
                url,
                headers=to_upstream(
                    scope["headers"], client=client, scheme=scope["scheme"], line=line, within_s=within_s
                ),
                # A service is to see what the client sent, and nothing that this library would add.
                skip_auto_headers=_ADDED_BY_LIBRARY,
                data=body.chunks() if has_body else None,
                allow_redirects=False,
            )
            async with asyncio.timeout(within_s):
                answering = await _unless(left, asking)
            async with answering as answer:
                began = True
                breaker.answered()
                traces.answered(span, answer.status)
                await send(
                    {
                        "type": "http.response.start",
                        "status": answer.status,
                        "headers": to_client(answer.raw_headers),
                    }
                )
                stopping = stopping_of(scope) if answer.content_type == "text/event-stream" else None
                while data := await _unless(left, _piece(answer.content, stopping)):
                    if self._row.live and not await self._may_go_on(scope):
                        break
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (aiohttp.ClientError, TimeoutError) as error:
            if body.failure is not None:
                raise body.failure from error
            if not began:
                breaker.failed()
            log.warning("upstream.failed", upstream=self._row.service, error=repr(error))
            # Whoever could not be connected to has done nothing; whoever was, may have.
            if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
                raise self._no_answer(scope["method"]) from error
            raise Unavailable(
                f"{self._row.service} cannot be reached. Try again in a moment.", retry_after_s=1
            ) from error
        finally:
            left.cancel()

    def _no_answer(self, method: str) -> NoAnswer:
        if method in ("GET", "HEAD"):
            return NoAnswer(f"{self._row.service} does not answer in time. Try again in a moment.", retry_after_s=1)
        return NoAnswer(
            f"{self._row.service} does not answer in time. Look whether it was done before you try again.",
            retry_after_s=1,
        )


class _Body:
    """The client's body as it arrives. ``failure`` is what stopped it, for whoever sees the request fail."""

    def __init__(self, receive: Receive, limit: int, *, empty: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._read = asyncio.Event()
        self.failure: Exception | None = None
        if empty:
            self._read.set()

    async def client_left(self) -> None:
        """Return when the client has closed the connection, which can be told once its body has been read."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def chunks(self) -> AsyncIterator[bytes]:
        """Chunks until the end; raises when it grows too large or the client leaves."""
        total, more = 0, True
        while more:
            try:
                message = await self._receive()
            except Exception as error:
                self.failure = error
                raise
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
        self._read.set()


def _raw(headers: Mapping[str, str]) -> RawHeaders:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _declared_length(scope: Scope) -> int | None:
    """The body's size in bytes, 0 when there is none, None when it is not said beforehand."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return None
    # The server has refused a length that is no number.
    return int(headers.get(b"content-length", b"0"))


async def _piece(content: aiohttp.StreamReader, stopping: asyncio.Event | None) -> bytes:
    """The next bytes; none at the end, or when ``stopping`` ends an answer that may have no end."""
    if stopping is None:
        return await content.readany()
    reading, ending = asyncio.ensure_future(content.readany()), asyncio.ensure_future(stopping.wait())
    either: set[asyncio.Future[Any]] = {reading, ending}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return reading.result() if reading.done() else b""
    finally:
        reading.cancel()
        ending.cancel()


async def _unless(left: asyncio.Future[None], awaited: Awaitable[Result]) -> Result:
    """The result of ``awaited``; raises ``ClientLeft``, having ended it, when the client leaves before."""
    task = asyncio.ensure_future(awaited)
    either: set[asyncio.Future[Any]] = {task, left}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientLeft
        return task.result()
    finally:
        task.cancel()
