"""Calls from one service to another: bounded, traceable, and with our own errors (PLT-30, CON-14).

httpx costs ten times as much per call as aiohttp, so it stays with adapters and tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from pydantic import JsonValue

from chassis.encoding import as_json
from chassis.errors import BY_STATUS, ServiceError, Unavailable
from chassis.identity.product_line import INTERNAL_HEADER
from chassis.observe import context, traces
from chassis.observe.calls import dependency_called

DEFAULT_TIMEOUT_S = 5.0
_LARGEST_ANSWER = 16 * 1024 * 1024


class Refused(ServiceError):
    """Another service refused the call, in its own words."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, JsonValue] | None = None) -> None:
        super().__init__(message, details=details)
        self.status = status
        self.code = code


class ServiceClient:
    """One other service, by its base address.

    Every call carries the request id, the trace and, where given, the caller's token; it ends within ``timeout_s``.
    Answers of 400 and more are raised: what a caller did wrong as ``Refused``, everything else as ``Unavailable``.
    Connections are kept open between calls until ``close``.
    """

    def __init__(
        self, base_url: str, *, service: str, timeout_s: float = DEFAULT_TIMEOUT_S, connections: int = 50
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._service = service
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; calls after that open new ones."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def get(self, path: str, *, params: Mapping[str, str] | None = None, token: str | None = None) -> Any:
        """The JSON at ``path``; raises ``Refused`` or ``Unavailable``."""
        return await self.call("GET", path, params=params, token=token)

    async def post(self, path: str, body: Any, *, token: str | None = None, key: str | None = None) -> Any:
        """Send ``body`` as JSON, under the idempotency ``key`` if any; the JSON that comes back, None for 204."""
        return await self.call("POST", path, body=body, token=token, headers={"Idempotency-Key": key} if key else None)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Make one call and answer its JSON, None where there is no content; raises ``Refused`` or ``Unavailable``."""
        with traces.calling(method, self._service) as span, dependency_called(self._service) as call:
            status, content = await self._answer(method, path, params=params, body=body, token=token, headers=headers)
            call.outcome = "answered" if status < 400 else "refused" if status < 500 else "failed"
            traces.answered(span, status)
        if len(content) > _LARGEST_ANSWER:
            raise self._away("answer too large")
        if status >= 300:
            raise self._error(status, content)
        try:
            return orjson.loads(content) if content else None
        except orjson.JSONDecodeError as failure:
            raise self._away("answer is not JSON") from failure

    async def _answer(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        body: Any,
        token: str | None,
        headers: Mapping[str, str] | None,
    ) -> tuple[int, bytes]:
        """Status and content, of which no more is read than shows that it is too large."""
        try:
            async with self._open_session().request(
                method,
                self._base_url + path,
                params=params,
                data=None if body is None else as_json(body),
                headers=_headers(token, body is not None, headers),
                allow_redirects=False,
            ) as reply:
                content = await reply.content.read(_LARGEST_ANSWER + 1)
                while len(content) <= _LARGEST_ANSWER and (more := await reply.content.read(_LARGEST_ANSWER)):
                    content += more
                return reply.status, content
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as failure:
            raise self._away(type(failure).__name__) from failure

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, connector=aiohttp.TCPConnector(limit=self._connections)
            )
        return self._session

    def _error(self, status: int, content: bytes) -> ServiceError:
        if status < 400 or status >= 500 or status == 429:
            return self._away(f"status {status}")
        try:
            found = orjson.loads(content)["error"]
            return Refused(status, found["code"], found["message"], found.get("details"))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            kind = BY_STATUS.get(status, ServiceError)
            return Refused(status, kind.code, f"{self._service} refused the call with status {status}.")

    def _away(self, reason: str) -> Unavailable:
        return Unavailable(
            f"The {self._service} service does not answer at the moment. Try again shortly.",
            details={"service": self._service, "reason": reason},
        )


def _headers(token: str | None, has_body: bool, more: Mapping[str, str] | None) -> dict[str, str]:
    headers = {"traceparent": traces.inject_traceparent(), **(more or {})}
    now = context.current()
    if now.correlation_id is not None:
        headers["X-Request-ID"] = now.correlation_id
    if now.product_line is not None:
        headers[INTERNAL_HEADER] = now.product_line
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if has_body:
        headers["Content-Type"] = "application/json"
    return headers
