"""How adapters talk: pooled connections, a time-out on every phase, bounded answers, failures classified once.

Status and vendor codes become failure classes in :mod:`ai_router.providers.errors`; here the transport's own failures
do. What decides is whether the request can have reached the vendor: before that nothing was accepted, after it the
outcome is unknown.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from httpx_sse import EventSource, SSEError

from ai_router.providers.errors import Dialect, Secrets, failure, failure_of
from ai_router.providers.keys import KeyRing
from ai_router.providers.port import FailureClass, ProviderFailure
from chassis.http import guard

MEBIBYTE = 1024 * 1024
ANSWER_LIMIT = 4 * MEBIBYTE
"""A JSON answer without media."""
MEDIA_ANSWER_LIMIT = 96 * MEBIBYTE
"""A JSON answer with media inside."""
DOWNLOAD_LIMIT = 512 * MEBIBYTE

HEALTH_TIMEOUT_S = 10.0
SUBMIT_TIMEOUT_S = 30.0
DOWNLOAD_TIMEOUT_S = 300.0
STREAM_TIMEOUT_S = 600.0
_CONNECT_S, _WRITE_S, _POOL_S = 5.0, 60.0, 10.0

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
"""Transport failures from before the first byte of a request."""


def pooled_client() -> httpx.AsyncClient:
    """A client with HTTP/2 and keep-alive, shared by every adapter of a process. The caller closes it."""
    return httpx.AsyncClient(
        http2=True,
        follow_redirects=False,
        timeout=httpx.Timeout(SUBMIT_TIMEOUT_S, connect=_CONNECT_S, write=_WRITE_S, pool=_POOL_S),
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=15.0),
        headers={"user-agent": "talkingphoto-ai-router"},
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer."""

    status: int
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes = field(repr=False)
    data: Any = None
    """Decoded JSON; None for other types and for answers that were not read whole."""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class VendorHttp:
    """One vendor's end of the shared client."""

    client: httpx.AsyncClient
    base_url: str
    dialect: Dialect
    headers: Mapping[str, str] = field(repr=False)
    """Sent to the vendor's own address only, never to a result link elsewhere."""
    secrets: Secrets = field(default_factory=Secrets)
    ring: KeyRing | None = field(default=None, repr=False)
    """Where there are several keys; else ``headers`` carry the only one."""

    def signed(self) -> Mapping[str, str]:
        """The headers of a request to the vendor."""
        return self.headers if self.ring is None else {**self.headers, **self.ring.headers()}

    async def call(
        self,
        method: str,
        address: str,
        *,
        accepts: bool = False,
        as_json: bool = True,
        json_body: Any = None,
        form: Mapping[str, Any] | None = None,
        files: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        read_timeout_s: float = SUBMIT_TIMEOUT_S,
        limit: int = ANSWER_LIMIT,
        peek: int | None = None,
        spool: Path | None = None,
        vendor_job_id: str | None = None,
    ) -> Answer:
        """One request; never repeated here. ``address`` is a path below the base, or a URL of the same origin.

        ``accepts`` says that the call may start paid work: then a lost or unreadable answer raises ``UNKNOWN_OUTCOME``,
        else ``TRANSIENT``. An error answer raises what the vendor's dialect makes of it. ``peek``: read no more than
        so many bytes of a longer answer. ``spool``: write a good answer's body to this file, at most ``limit`` bytes.
        """
        url = address if address.startswith(("http://", "https://")) else self.base_url.rstrip("/") + address
        if not self._own(url):
            raise failure(FailureClass.BAD_OUTPUT, f"{self.dialect.vendor} named an address outside its own origin")
        request = self.client.build_request(
            method,
            url,
            json=json_body,
            data=form,
            files=files,
            content=content,
            params=params,
            headers={**self.signed(), **(headers or {})},
            timeout=httpx.Timeout(read_timeout_s, connect=_CONNECT_S, write=_WRITE_S, pool=_POOL_S),
        )
        # Phases have time-outs of their own; the whole has one too, against an answer of one byte at a time.
        whole_s = read_timeout_s + _WRITE_S
        async with self._sent(request, accepts=accepts, whole_s=whole_s, vendor_job_id=vendor_job_id) as response:
            good = response.status_code < 300
            if spool is not None and good:
                await self._written(response, spool, limit)
                return Answer(response.status_code, _lower(response), b"", whole=False)
            body, whole = await self._bounded(response, limit, peek if good else None)
        if not whole:
            return Answer(response.status_code, _lower(response), body, whole=False)
        lower = _lower(response)
        data: Any = None
        readable = True
        if as_json or response.status_code >= 300 or "json" in lower.get("content-type", ""):
            try:
                data = json.loads(body) if body else None
            except ValueError:
                readable = response.status_code >= 300
        if response.status_code >= 300:
            raise self._with_another_key(
                failure_of(
                    self.dialect,
                    response.status_code,
                    lower,
                    data,
                    accepts=accepts,
                    secrets=self.secrets,
                    vendor_job_id=vendor_job_id,
                )
            )
        if not readable or (as_json and not isinstance(data, dict | list)):
            lost = FailureClass.UNKNOWN_OUTCOME if accepts else FailureClass.TRANSIENT
            raise failure(
                lost, f"{self.dialect.vendor} answered {response.status_code} with something that is not JSON"
            )
        return Answer(response.status_code, lower, body, data)

    def _with_another_key(self, refused: ProviderFailure) -> ProviderFailure:
        """What one of several keys cannot, another may: the same is worth asking again."""
        if self.ring is None or refused.failure not in (FailureClass.AUTH, FailureClass.QUOTA):
            return refused
        if not self.ring.set_aside():
            return refused
        return failure(FailureClass.TRANSIENT, f"one of the keys of {self.dialect.vendor} is set aside: {refused}")

    @asynccontextmanager
    async def events(self, address: str, *, vendor_job_id: str) -> AsyncIterator[AsyncIterator[Any]]:
        """Server-sent events of the vendor as decoded JSON, for at most ten minutes.

        What is no JSON, an error answer and a broken stream raise as :meth:`call` does; all of it is ``TRANSIENT``
        unless the vendor says otherwise.
        """
        request = self.client.build_request(
            "GET",
            self.base_url.rstrip("/") + address,
            headers={**self.signed(), "accept": "text/event-stream"},
            timeout=httpx.Timeout(STREAM_TIMEOUT_S, connect=_CONNECT_S, write=_WRITE_S, pool=_POOL_S),
        )
        async with self._sent(
            request, accepts=False, whole_s=STREAM_TIMEOUT_S, vendor_job_id=vendor_job_id
        ) as response:
            if response.status_code >= 300:
                body, _ = await self._bounded(response, ANSWER_LIMIT, None)
                raise failure_of(
                    self.dialect,
                    response.status_code,
                    _lower(response),
                    _json_or_none(body),
                    accepts=False,
                    secrets=self.secrets,
                    vendor_job_id=vendor_job_id,
                )
            async with aclosing(self._decoded(response)) as decoded:
                yield decoded

    async def _decoded(self, response: httpx.Response) -> AsyncGenerator[Any, None]:
        try:
            async for event in EventSource(response).aiter_sse():
                yield json.loads(event.data)
        except (SSEError, ValueError):
            raise failure(FailureClass.TRANSIENT, f"{self.dialect.vendor} streamed something else") from None

    def refused(
        self, answer: Any, *, headers: Mapping[str, str] | None = None, vendor_job_id: str | None = None
    ) -> ProviderFailure:
        """The failure inside a good answer: a job that ended badly, a refusal in the body."""
        return failure_of(
            self.dialect, 200, headers or {}, answer, accepts=False, secrets=self.secrets, vendor_job_id=vendor_job_id
        )

    async def download(self, url: str, target: Path, *, limit: int = DOWNLOAD_LIMIT) -> int:
        """Stream ``url`` into ``target`` and return its size in bytes.

        A link that is gone or expired raises ``TRANSIENT`` with code ``link_expired``: poll again for a fresh one. More
        than ``limit`` bytes, an address in private space or a redirect into it raise ``BAD_OUTPUT``.
        """
        for _ in range(4):
            request = await self._guarded(url)
            async with self._sent(request, accepts=False, whole_s=DOWNLOAD_TIMEOUT_S) as response:
                if response.is_redirect and "location" in response.headers:
                    url = urljoin(url, response.headers["location"])
                    continue
                if response.status_code >= 300:
                    raise self._no_download(response)
                return await self._written(response, target, limit)
        raise failure(FailureClass.BAD_OUTPUT, "the result link redirects too often")

    def _no_download(self, response: httpx.Response) -> ProviderFailure:
        gone = response.status_code in (401, 403, 404, 410)
        lost = failure(FailureClass.TRANSIENT, f"the result link answered {response.status_code}")
        lost.http_status = response.status_code
        lost.vendor_code = "link_expired" if gone else None
        return lost

    def _own(self, url: str) -> bool:
        mine, other = httpx.URL(self.base_url), httpx.URL(url)
        return (mine.scheme, mine.host, mine.port) == (other.scheme, other.host, other.port)

    async def _guarded(self, url: str) -> httpx.Request:
        """A request for a result link: https to a public address, resolved once and connected to exactly that."""
        try:
            if self._own(url):
                return self.client.build_request("GET", url, headers=self.signed())
            target = await guard.resolved(url)
        except httpx.InvalidURL:
            raise failure(FailureClass.BAD_OUTPUT, "the result link is not an address") from None
        except guard.UnknownHost as unknown:
            raise failure(FailureClass.TRANSIENT, f"the result link {unknown}") from unknown
        except guard.UnsafeAddress as unsafe:
            raise failure(FailureClass.BAD_OUTPUT, f"the result link {unsafe}") from unsafe
        return self.client.build_request(
            "GET", target.url, headers={"host": target.host}, extensions={"sni_hostname": target.server_name}
        )

    @asynccontextmanager
    async def _sent(
        self, request: httpx.Request, *, accepts: bool, whole_s: float, vendor_job_id: str | None = None
    ) -> AsyncIterator[httpx.Response]:
        try:
            async with asyncio.timeout(whole_s):
                response = await self.client.send(request, stream=True)
                try:
                    yield response
                finally:
                    await response.aclose()
        except (httpx.TransportError, TimeoutError) as lost:
            unknown = accepts and not isinstance(lost, NEVER_SENT)
            kind = FailureClass.UNKNOWN_OUTCOME if unknown else FailureClass.TRANSIENT
            # The original error names the request, whose headers hold the key; it stays out of the chain.
            raise failure(kind, f"{self.dialect.vendor}: {type(lost).__name__}", vendor_job_id=vendor_job_id) from None
        except httpx.DecodingError:
            raise failure(FailureClass.BAD_OUTPUT, f"{self.dialect.vendor} sent a broken encoding") from None

    async def _bounded(self, response: httpx.Response, limit: int, peek: int | None) -> tuple[bytes, bool]:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if peek is not None and len(body) > peek:
                return bytes(body), False
            if len(body) > limit:
                raise failure(FailureClass.BAD_OUTPUT, f"{self.dialect.vendor} sent more than {limit} bytes")
        return bytes(body), True

    async def _written(self, response: httpx.Response, target: Path, limit: int) -> int:
        size = 0
        with target.open("wb") as out:
            async for chunk in response.aiter_bytes(256 * 1024):
                size += len(chunk)
                if size > limit:
                    raise failure(FailureClass.BAD_OUTPUT, f"{self.dialect.vendor} sent more than {limit} bytes")
                out.write(chunk)
        return size


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _lower(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
