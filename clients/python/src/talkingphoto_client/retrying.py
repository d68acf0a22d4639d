"""When a request is sent again, and after how long. Pure."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from talkingphoto_client.call import Call
from talkingphoto_client.errors import BY_STATUS, ApiError

TRIES = 5
"""Of one request, the first among them."""
LONGEST_WAIT_S = 30.0
_FIRST_WAIT_S = 0.5
_NOTHING_DONE = {429}
_MAY_HAVE_BEEN_DONE = {502, 503, 504}


def wait_before(tried: int, call: Call[Any], failure: httpx.TransportError | ApiError) -> float | None:
    """Seconds to wait before the next try; None where there is none. What would act twice is not repeated."""
    if tried >= TRIES:
        return None
    if isinstance(failure, ApiError):
        again = failure.status in _NOTHING_DONE or (failure.status in _MAY_HAVE_BEEN_DONE and call.harmless)
        if again and failure.retry_after_s is not None:
            return failure.retry_after_s if failure.retry_after_s <= LONGEST_WAIT_S else None
    else:
        # What was not connected has not been sent.
        again = call.harmless or isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout)
    return _FIRST_WAIT_S * 2 ** (tried - 1) * random.uniform(0.5, 1.0) if again else None


def refusal(answer: httpx.Response) -> ApiError:
    """What a refusal says, as an exception."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, Mapping) else None
    after = answer.headers.get("Retry-After", "")
    return BY_STATUS.get(answer.status_code, ApiError)(
        answer.status_code,
        error if isinstance(error, Mapping) else {},
        retry_after_s=float(after) if after.isdigit() else None,
    )


def is_here(url: str) -> bool:
    """Whether the address is this machine's own: no proxy leads there."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
