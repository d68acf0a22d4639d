"""Sentry's place for envelopes: https://develop.sentry.dev/sdk/data-model/envelopes/.

It reads what official clients send, whole or not at all; ``events`` is what a project was told.
"""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core.base import Refusal, Simulator
from simulators.core.faults import Fault
from simulators.core.ledger import Entry

Json = dict[str, Any]

_STATUS = {Fault.AUTH: 403, Fault.THROTTLED: 429}


class Sentry(Simulator):
    """One project, number 1. ``key`` is the public part of its DSN."""

    vendor = "sentry"
    operations = frozenset({"submit"})

    def __init__(self, *, key: str = "5e17e57a1e5c0ffee0ddba11deadbeef") -> None:
        super().__init__(key=key)
        self.events: list[Json] = []
        self.bodies: list[bytes] = []
        """Every envelope as it came, unpacked."""

    def dsn(self, address: str) -> str:
        """What a service is given as ``SENTRY_DSN``."""
        scheme, _, host = address.partition("://")
        return f"{scheme}://{self.key}@{host}/1"

    def settings(self, address: str) -> dict[str, str]:
        """The one setting."""
        return {"SENTRY_DSN": self.dsn(address)}

    def routes(self) -> list[Route]:
        """Where envelopes go."""
        return [self.route("/api/1/envelope/", "submit", self._take)]

    def knows(self, request: Request) -> bool:
        """By the header that clients send, which says which version of the protocol they speak."""
        said = dict(re.findall(r"(sentry_\w+)=([^,\s]+)", request.headers.get("x-sentry-auth", "")))
        return said.get("sentry_key") == self.key and said.get("sentry_version") == "7"

    def error(self, fault: Fault) -> Response:
        """As Relay words it; whoever is too quick is told for how long to keep still."""
        status = _STATUS.get(fault, 503)
        headers = {"Retry-After": "60", "X-Sentry-Rate-Limits": "60:error:project"} if status == 429 else {}
        return JSONResponse({"detail": fault.value}, status, headers=headers)

    async def _take(self, request: Request, fault: Fault | None) -> Response:
        body = await request.body()
        try:
            if request.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            head, items = _read(body)
        except (ValueError, KeyError, OSError) as wrong:
            raise Refusal(JSONResponse({"detail": f"invalid envelope: {wrong}"}, 400)) from None
        self.bodies.append(body)
        for kind, payload in items:
            if kind == "event":
                event = json.loads(payload)
                self.events.append(event)
                self.ledger.accept(Entry("submit", event["event_id"], None, event))
        return JSONResponse({"id": head.get("event_id")})


def _read(body: bytes) -> tuple[Json, list[tuple[str, bytes]]]:
    """The head, and each item's type and payload. Raises ValueError or KeyError for what is no envelope."""
    first, _, rest = body.partition(b"\n")
    head, items = _object(first), []
    while rest.strip(b"\n"):
        line, _, rest = rest.partition(b"\n")
        item = _object(line)
        # Without a length, an item ends with its line.
        length = int(item["length"]) if "length" in item else rest.find(b"\n") if b"\n" in rest else len(rest)
        payload, rest = rest[:length], rest[length:]
        if len(payload) != length or rest[:1] not in (b"", b"\n"):
            raise ValueError("an item is not as long as it says")
        items.append((str(item["type"]), payload))
        rest = rest[1:]
    return head, items


def _object(line: bytes) -> Json:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("a header is no object")
    return found
