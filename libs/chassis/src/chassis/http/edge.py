"""What happens to every request around the application: identifiers, identity, one log line, metrics, last resort."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.data.outages import is_database_away
from chassis.errors import BadRequest, NoAnswer, ServiceError
from chassis.http.problems import (
    database_away_response,
    error_response,
    http_error_response,
    internal_error_response,
    unforeseen,
)
from chassis.identity.product_line import INTERNAL_HEADER
from chassis.identity.tokens import Identity, Verifier, authorization, bearer_token
from chassis.ids import uuid7
from chassis.observe import context, traces
from chassis.observe.logs import service_scope
from chassis.observe.metrics import HTTP_IN_PROGRESS, HTTP_REQUESTS, HTTP_SECONDS
from contracts.enums import ProductLineKey

log = structlog.get_logger()

UNMATCHED = "unmatched"
"""The route label of requests that no route answers: unknown paths must not become new time series."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")
_INTERNAL_LINE = INTERNAL_HEADER.lower().encode()

WITHIN_HEADER = "X-Internal-Within"
"""Seconds in which an answer must have begun, as a proxy of ours says: after that nobody waits for it any more."""

_WITHIN = WITHIN_HEADER.lower().encode()
_SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")
_PRODUCT_LINES = frozenset(line.value for line in ProductLineKey)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBE = "/health"
_CLIENT_LEFT = 499

MOST_HEADERS = 100
"""Browsers send some twenty. The server bounds their bytes, not how many they are."""

BODY_WITHIN_S = 60.0
"""How long a body may take, whatever its size."""

SLOWEST_BODY = 4096
"""What a body must bring on top for each further second, in bytes."""


class Edge:
    """The outermost layer of a service, as plain ASGI.

    Gives the request an id (the client's, when well formed), a trace, an identity where a token is sent, and binds
    them to the task's context; answers 500 without internals when an error nobody foresaw comes out.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        template_of: Callable[[Scope], str | None],
        body_limit: Callable[[str | None], int],
    ) -> None:
        self._app = app
        self._service = service
        self._template_of = template_of
        self._body_limit = body_limit
        self._in_progress = HTTP_IN_PROGRESS.labels(service)
        # Looking a labelled child up costs more than counting; the number of routes is small.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = _interesting(scope)
        request_id = headers.get(b"x-request-id", "")
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = str(uuid7())
        parent = traces.valid_traceparent(headers.get(b"traceparent"))
        recorded = traces.records(parent)
        identity = await _identify(scope)
        with (
            service_scope(self._service),
            context.bind(
                correlation_id=request_id,
                user_id=identity.user_id if identity else None,
                product_line=_product_line(headers.get(_INTERNAL_LINE), identity),
                traceparent=parent or (None if recorded else traces.new_traceparent()),
            ),
        ):
            if scope["type"] != "http":
                await self._app(scope, receive, send)
            elif recorded:
                await self._traced(scope, receive, send, parent, request_id, headers)
            else:
                await self._serve(scope, receive, send, request_id, headers)

    async def _traced(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        parent: str | None,
        request_id: str,
        headers: dict[bytes, str],
    ) -> None:
        with traces.start_recorded(parent, scope["method"], kind=SpanKind.SERVER) as span:
            status, route = await self._serve(scope, receive, send, request_id, headers)
            span.update_name(f"{scope['method']} {route}")
            span.set_attributes(
                {
                    "http.request.method": scope["method"],
                    "http.route": route,
                    "http.response.status_code": status,
                    "url.scheme": scope["scheme"],
                }
            )
            if status >= 500:
                span.set_attribute("error.type", str(status))
                span.set_status(StatusCode.ERROR)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, request_id: str, headers: dict[bytes, str]
    ) -> tuple[int, str]:
        status = 0
        began = time.perf_counter()
        answer_id = (b"x-request-id", request_id.encode("ascii"))

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), answer_id]
            await send(message)

        within = headers.get(_WITHIN, "")
        if b"content-length" in headers or b"transfer-encoding" in headers:
            receive = self._bounded(scope, receive, headers.get(b"content-length", ""))
        self._in_progress.inc()
        try:
            if (refusal := _unreadable(scope)) is not None:
                await refusal(scope, receive, send_with_id)
            elif _SECONDS.fullmatch(within):
                await self._within(float(within), scope, receive, send_with_id)
            else:
                await self._app(scope, receive, send_with_id)
        except Exception as error:
            away = is_database_away(error)
            if away:
                log.warning("http.database_away", method=scope["method"], path=scope["path"], error=repr(error))
            else:
                log.exception("http.failed", method=scope["method"], path=scope["path"])
            if status:
                # Half an answer cannot be taken back; breaking the connection tells the client.
                raise
            await (database_away_response() if away else internal_error_response())(scope, receive, send_with_id)
        finally:
            self._in_progress.dec()
            seconds = time.perf_counter() - began
            route = self._template_of(scope) or UNMATCHED
            self._count(scope, route, status or _CLIENT_LEFT, seconds)
            if scope["path"] != _PROBE or status >= 400:
                _log_request(scope, headers, route, status or _CLIENT_LEFT, seconds)
        return status, route

    async def _within(self, seconds: float, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, unless the answer has not begun in time: then what was begun for it ends, and 504 says so."""

        async def send_begun(message: Message) -> None:
            if not limit.expired():
                limit.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(seconds) as limit:
                await self._app(scope, receive, send_begun)
        except TimeoutError:
            if not limit.expired():
                raise
            await error_response(NoAnswer("This took too long. Try again in a moment.", retry_after_s=1))(
                scope, receive, send
            )

    def _bounded(self, scope: Scope, receive: Receive, declared: str) -> Receive:
        """``receive``, raising 413 as soon as the body is known to be larger than its route takes, 408 when slow."""
        limit: int | None = None
        received = 0
        ended = False
        began = asyncio.get_running_loop().time()

        async def bounded() -> Message:
            nonlocal limit, received, ended
            if ended:
                # What is waited for now is the client's leaving.
                return await receive()
            if limit is None:
                # Whoever reads the body runs inside a route, so by now it is known which.
                limit = self._body_limit(self._template_of(scope))
                if declared.isdecimal() and int(declared) > limit:
                    raise HTTPException(413, headers=_CLOSING)
            try:
                async with asyncio.timeout_at(began + BODY_WITHIN_S + received / SLOWEST_BODY):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers=_CLOSING) from None
            received += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if received > limit:
                # The framework lets its own exception through and turns any other into 400.
                raise HTTPException(413, headers=_CLOSING)
            return message

        return bounded

    def _count(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        key = (method, route, status)
        children = self._children.get(key)
        if children is None:
            children = self._children[key] = (
                HTTP_REQUESTS.labels(self._service, method, route, str(status)),
                HTTP_SECONDS.labels(self._service, method, route),
            )
        children[0].inc()
        children[1].observe(seconds, traces.exemplar())


_CLOSING = {"Connection": "close"}
"""With an answer to half a request: what is left of it is not waited for."""

_WANTED = frozenset(
    {
        b"x-request-id",
        b"traceparent",
        _INTERNAL_LINE,
        _WITHIN,
        b"user-agent",
        b"content-length",
        b"transfer-encoding",
    }
)


def _interesting(scope: Scope) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in scope["headers"] if name in _WANTED}


def _unreadable(scope: Scope) -> Response | None:
    """What is refused before anybody reads it, for all services: no database takes a NUL."""
    if len(scope["headers"]) > MOST_HEADERS:
        return http_error_response(431, f"A request has at most {MOST_HEADERS} headers.", _CLOSING)
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return error_response(BadRequest("An address cannot contain the character NUL."))
    return None


async def _identify(scope: Scope) -> Identity | None:
    """Check a token once per request. A bad one is only an error where an endpoint asks who is calling."""
    verifier: Verifier | None = getattr(scope["app"].state, "verifier", None) if "app" in scope else None
    if verifier is None:
        return None
    try:
        token = bearer_token(authorization(scope["headers"]))
        if token is None:
            return None
        scope["chassis.token"] = token
        identity = await verifier.verify(token)
    except ServiceError as refusal:
        scope["chassis.identity"] = refusal
        return None
    except Exception:
        # Nobody foresaw it, and it is no reason to be let in; outside of this there is no last resort.
        log.exception("http.identity_failed")
        scope["chassis.identity"] = unforeseen()
        return None
    scope["chassis.identity"] = identity
    return identity


def _product_line(said: str | None, identity: Identity | None) -> str | None:
    if identity is not None:
        return identity.product_line
    return said if said in _PRODUCT_LINES else None


def _log_request(scope: Scope, headers: dict[bytes, str], route: str, status: int, seconds: float) -> None:
    # The query string stays out: signed links and one-time tokens travel in it.
    fields: dict[str, Any] = {
        "method": scope["method"],
        "path": scope["path"],
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 3),
        "ip": scope["client"][0] if scope.get("client") else None,
        "user_agent": headers.get(b"user-agent"),
    }
    if status >= 500:
        log.error("http.request", **fields)
    else:
        log.info("http.request", **fields)
