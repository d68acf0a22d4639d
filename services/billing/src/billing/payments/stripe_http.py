"""How the adapter talks: one pooled client, time-outs on every phase, bounded answers, repeats under the same key only.

Repeating follows the official client (``stripe-python``, ``stripe/_http_client.py``, ``_should_retry``): lost
connections, 409 and 5xx are tried again, and ``Stripe-Should-Retry`` overrides that both ways. What a repeat means
follows docs.stripe.com/api/idempotent_requests: a result is saved once the work has begun, failures among them, and
given back for the same key; 401, 429 and refused parameters come before that and say nothing about an earlier try.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
import orjson
from pydantic import SecretStr

from billing.payments.form import Params, flat
from billing.payments.port import FailureClass, PaymentFailure
from billing.payments.stripe_errors import failure_of
from chassis import faults
from chassis.clock import SystemClock

API_VERSION = "2026-10-28.endive"
"""Pinned: the version the official client 16.1 speaks, which the tests drive against the simulator."""

ANSWER_LIMIT = 4 * 1024 * 1024
_READ_S, _CONNECT_S, _WRITE_S, _POOL_S, _WHOLE_S = 30.0, 5.0, 10.0, 5.0, 45.0
_REPEATS = 2
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 5.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
_SAYS_NOTHING_OF_EARLIER_TRIES = (FailureClass.AUTH, FailureClass.THROTTLED, FailureClass.TRANSIENT)


def pooled_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """The client of a process. Redirects are not followed and no proxy is taken from the environment."""
    return httpx.AsyncClient(
        transport=transport,
        follow_redirects=False,
        timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S, write=_WRITE_S, pool=_POOL_S),
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=30.0),
        headers={"user-agent": "talkingphoto-billing"},
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer, and between which moments of Stripe's clock it was made."""

    data: dict[str, Any]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class StripeHttp:
    """Stripe's end of the shared client."""

    client: httpx.AsyncClient
    base_url: str
    api_key: SecretStr
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False)
    now: Callable[[], datetime] = field(default=SystemClock().now, repr=False)
    """For answers that do not say when they were made."""

    async def post(self, path: str, params: Params, *, key: str) -> Answer:
        """Change something, once for each ``key``."""
        return await self._call("POST", path, params, key)

    async def get(self, path: str, params: Params | None = None) -> Answer:
        """Read something."""
        return await self._call("GET", path, params or {}, None)

    async def delete(self, path: str) -> Answer:
        """End something; Stripe takes no keys here, as the second time changes nothing."""
        return await self._call("DELETE", path, {}, None)

    async def _call(
        self, method: Literal["POST", "GET", "DELETE"], path: str, params: Params, key: str | None
    ) -> Answer:
        unknown = False
        for attempt in range(_REPEATS + 1):
            try:
                return await self._once(method, path, params, key)
            except _Attempt as attempted:
                failure = attempted.failure
                unknown = unknown or failure.kind is FailureClass.UNKNOWN_OUTCOME
                if not attempted.again or attempt == _REPEATS:
                    if unknown and failure.kind in _SAYS_NOTHING_OF_EARLIER_TRIES:
                        failure = failure.with_kind(FailureClass.UNKNOWN_OUTCOME)
                    raise failure from None
            await self.sleep(_wait_s(attempt))
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, method: str, path: str, params: Params, key: str | None) -> Answer:
        changes = method != "GET"
        headers = {"authorization": f"Bearer {self.api_key.get_secret_value()}", "stripe-version": API_VERSION}
        if key is not None:
            headers["idempotency-key"] = key
        sent = urlencode(flat(params))
        url = self.base_url.rstrip("/") + path
        if method == "POST":
            headers["content-type"] = "application/x-www-form-urlencoded"
            request = self.client.build_request(method, url, content=sent.encode(), headers=headers)
        else:
            request = self.client.build_request(method, f"{url}?{sent}" if sent else url, headers=headers)
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_WHOLE_S):
                faults.point("payment.before_call")
                response = await self.client.send(request, stream=True)
                try:
                    content = await _bounded(response)
                finally:
                    await response.aclose()
                faults.point("payment.after_call")
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as lost:
            # The error names the request, whose headers hold the key: it stays out of the chain.
            unknown = changes and not isinstance(lost, _NEVER_SENT)
            kind = FailureClass.UNKNOWN_OUTCOME if unknown else FailureClass.TRANSIENT
            raise _Attempt(PaymentFailure(kind, f"stripe: {type(lost).__name__}"), again=True) from None
        took = asyncio.get_running_loop().time() - began
        made = _date(response) or self.now()
        return _read(response, content, changes=changes, made=made, took_s=took)


class _Attempt(Exception):
    """One try failed; ``again``: another with the same key may be made at once."""

    def __init__(self, failure: PaymentFailure, *, again: bool) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.again = again


async def _bounded(response: httpx.Response) -> bytes | None:
    """The answer's body; None when it is larger than any answer of Stripe's."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_LIMIT:
            return None
    return bytes(body)


def _read(response: httpx.Response, content: bytes | None, *, changes: bool, made: datetime, took_s: float) -> Answer:
    lost = FailureClass.UNKNOWN_OUTCOME if changes else FailureClass.TRANSIENT
    data: Any = None
    if content is not None:
        try:
            data = orjson.loads(content)
        except orjson.JSONDecodeError:
            data = None
    status = response.status_code
    if 200 <= status < 300:
        if not isinstance(data, dict):
            message = f"stripe answered {status} with something that is not one of its objects"
            raise _Attempt(PaymentFailure(lost, message, http_status=status), again=True)
        # Two whole seconds more: the header has no fractions, and neither has the truncated duration.
        return Answer(data, since=made - timedelta(seconds=int(took_s) + 2), until=made)
    if status < 400:
        raise _Attempt(PaymentFailure(lost, f"stripe answered {status}", http_status=status), again=False)
    failure = failure_of(status, response.headers, data, changes=changes)
    advice = response.headers.get("stripe-should-retry")
    again = advice == "true" if advice in ("true", "false") else status == 409 or status >= 500
    raise _Attempt(failure, again=again)


def _date(response: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return None


def _wait_s(attempt: int) -> float:
    longest: float = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S)
    return max(_FIRST_WAIT_S, longest * random.uniform(0.5, 1.0))
