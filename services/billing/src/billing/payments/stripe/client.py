"""Stripe's official client, on connections of ours: time-outs on every phase, bounded answers, an end that closes them.

The library writes the requests, repeats them under the same key and makes objects or errors of the answers. What a
repeat means follows docs.stripe.com/api/idempotent_requests: a result is saved once the work has begun, failures among
them, and given back for the same key; 401, 429 and conflicts come before that and say nothing about an earlier try.
Which try may have reached Stripe is therefore kept here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import stripe
from pydantic import SecretStr

from chassis import faults

ANSWER_LIMIT = 4 * 1024 * 1024
_READ_S, _CONNECT_S, _WRITE_S, _POOL_S, _WHOLE_S = 30.0, 5.0, 10.0, 5.0, 45.0
_REPEATS = 2
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)

# It would keep a file in the home directory and tell how long each call took.
stripe.enable_telemetry = False
# Below that it logs whole requests and answers: addresses of people, links to their payment pages.
logging.getLogger("stripe").setLevel(logging.WARNING)


@dataclass(slots=True)
class Tries:
    """What is known of one call while the library repeats it."""

    sent: int = 0
    """How many tries may have reached Stripe."""
    status: int | None = None
    """Of the last try; None while it has no answer."""
    headers: Mapping[str, str] = field(default_factory=dict)


_under_way: ContextVar[Tries] = ContextVar("payment_tries")


@contextmanager
def watched() -> Iterator[Tries]:
    """The tries of the one call made inside; the library itself says nothing of any but the last."""
    tries = Tries()
    token = _under_way.set(tries)
    try:
        yield tries
    finally:
        _under_way.reset(token)


class Connections(stripe.HTTPClient):
    """The connections of a process to Stripe. Redirects are not followed, no proxy is taken from the environment."""

    name = "httpx"

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._sleep = sleep
        self._http = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S, write=_WRITE_S, pool=_POOL_S),
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=30.0),
            trust_env=False,
        )

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One try of a ``watched`` call. Raises ``APIConnectionError`` where no answer of Stripe's came."""
        tries = _under_way.get()
        tries.sent, tries.status, tries.headers = tries.sent + 1, None, {}
        try:
            async with asyncio.timeout(_WHOLE_S):
                faults.point("payment.before_call")
                async with self._http.stream(method, url, headers=dict(headers), content=post_data) as response:
                    content = await _bounded(response)
                faults.point("payment.after_call")
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as lost:
            if isinstance(lost, _NEVER_SENT):
                tries.sent -= 1
            # The error names the request, whose headers hold the key: it stays out of the chain.
            raise _lost(type(lost).__name__) from None
        tries.status, tries.headers = response.status_code, response.headers
        if response.is_success and not _is_object(content):
            # The library would not repeat it, and the next answer under the same key may be whole.
            raise _lost("an answer that is none of its objects")
        return content, response.status_code, response.headers

    def sleep_async(self, secs: float) -> Awaitable[None]:
        """Wait before a repeat."""
        return self._sleep(secs)

    async def close_async(self) -> None:
        """Close the connections, for good."""
        await self._http.aclose()


def client_on(connections: Connections, base_url: str, api_key: SecretStr) -> stripe.StripeClient:
    """The official client at an address, with a key of its own: nothing of the library's module is set."""
    return stripe.StripeClient(
        api_key.get_secret_value(),
        base_addresses={"api": base_url.rstrip("/")},
        max_network_retries=_REPEATS,
        http_client=connections,
    )


def _lost(why: str) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(why, should_retry=True)  # type: ignore[no-untyped-call]


async def _bounded(response: httpx.Response) -> bytes:
    """The answer's body; empty when it is larger than any answer of Stripe's."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_LIMIT:
            return b""
    return bytes(body)


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(orjson.loads(content), dict)
    except orjson.JSONDecodeError:
        return False
