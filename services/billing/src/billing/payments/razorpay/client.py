"""Razorpay's official client, kept off the event loop, with failures in our classes.

The client blocks (it is ``requests`` inside), so each call runs on a thread of our own with a connection of its own. It
does not say which status an answer had, and prints what it cannot read; both end here: its session hands on what it may
read, and turns everything else into a failure by status alone.

Failures: razorpay.com/docs/api/errors.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import razorpay
import requests
from pydantic import SecretStr

from billing.payments.port import FailureClass, PaymentFailure

JsonObject = Mapping[str, Any]

_THREADS = 4
_CONNECT_S, _READ_S = 5.0, 30.0
_SECRET = re.compile(r"\brzp_(?:live|test)_[A-Za-z0-9]+")

_STATUSES: Mapping[int, FailureClass] = {
    401: FailureClass.AUTH,
    403: FailureClass.AUTH,
    404: FailureClass.NOT_FOUND,
    409: FailureClass.TRANSIENT,
    429: FailureClass.THROTTLED,
}
"""Any other 4xx is INVALID; all else leaves the outcome of a change unknown."""


class _Session(requests.Session):
    """Answers that the client can read, or a failure of ours."""

    def request(self, method: str, url: str | bytes, *rest: Any, **options: Any) -> requests.Response:
        """One exchange."""
        options.setdefault("timeout", (_CONNECT_S, _READ_S))
        options["allow_redirects"] = False
        changes = method.upper() != "GET"
        lost = FailureClass.UNKNOWN_OUTCOME if changes else FailureClass.TRANSIENT
        try:
            answer = super().request(method, url, *rest, **options)
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise PaymentFailure(FailureClass.TRANSIENT, _without_secrets(repr(error))) from None
        except requests.RequestException as error:
            raise PaymentFailure(lost, _without_secrets(repr(error))) from None
        said = _json(answer)
        if answer.ok and said is not None:
            return answer
        kind = _STATUSES.get(answer.status_code)
        if kind is None:
            kind = FailureClass.INVALID if 400 <= answer.status_code < 500 else lost
        wrong = said.get("error") if isinstance(said, dict) else None
        told = wrong if isinstance(wrong, dict) else {}
        code, description = told.get("code"), told.get("description")
        raise PaymentFailure(
            kind,
            _without_secrets(f"razorpay said {answer.status_code} {code}: {description}"),
            code=str(told.get("reason") or code or "") or None,
            http_status=answer.status_code,
            request_id=answer.headers.get("request-id"),
        )


class Calls:
    """Runs calls of the official client, each on a thread with a client of its own."""

    def __init__(self, base_url: str, key_id: str, key_secret: SecretStr) -> None:
        self._options = {"base_url": base_url.rstrip("/")}
        self._auth = (key_id, key_secret.get_secret_value())
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="razorpay")
        self._own = threading.local()

    async def __call__(self, call: Callable[[razorpay.Client], Any]) -> JsonObject:
        """What ``call`` answers. Raises :class:`PaymentFailure` and nothing else for what goes wrong there."""

        def run() -> Any:
            client = getattr(self._own, "client", None)
            if client is None:
                client = self._own.client = razorpay.Client(session=_Session(), auth=self._auth, **self._options)
            return call(client)

        answer = await asyncio.get_running_loop().run_in_executor(self._threads, run)
        if not isinstance(answer, dict):
            raise PaymentFailure(FailureClass.UNKNOWN_OUTCOME, "razorpay's answer is no object")
        return answer

    async def close(self) -> None:
        """Let what is under way end, off the loop."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _without_secrets(text: str) -> str:
    return _SECRET.sub("rzp_...", text)[:500]
