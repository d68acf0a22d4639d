"""How events leave: signed, at least once, in no promised order, and repeated until they are taken.

docs.stripe.com/webhooks ("Retry behavior", "Event ordering", "Handle duplicate events") and /webhooks/signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulators.core.faults import Fault, Plan

Deliver = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Deliver over a socket; the status of the answer, 0 where there was none."""
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
        try:
            return (await client.post(url, headers=headers, content=body)).status_code
        except httpx.TransportError:
            return 0


@dataclass(slots=True)
class Endpoint:
    """Where events go. While its secret is rolled there are two, and each event is signed with both."""

    id: str
    url: str
    secrets: list[str]
    events: frozenset[str] = frozenset({"*"})

    def wants(self, kind: str) -> bool:
        """Whether events of this type go here."""
        return "*" in self.events or kind in self.events


@dataclass(slots=True)
class Deliveries:
    """Events on their way. What meets ``WEBHOOK_LOST`` never arrives; late ones wait for :meth:`release`."""

    plan: Plan
    deliver: Deliver
    now: Callable[[], int]
    endpoints: list[Endpoint] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    late: list[dict[str, Any]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    """Ids in the order in which they were taken; one twice if it was."""
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _overtaken: list[dict[str, Any]] = field(default_factory=list)

    def queue(self, event: dict[str, Any]) -> None:
        """An event has happened; it leaves with the next :meth:`flush`."""
        self._waiting.append(event)

    async def flush(self) -> None:
        """Send what waits, each as its fault wants it."""
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            fault = self.plan.draw("notify")
            if fault is Fault.WEBHOOK_LOST:
                self.lost.append(event)
            elif fault is Fault.WEBHOOK_LATE:
                self.late.append(event)
            elif fault is Fault.WEBHOOK_OVERTAKEN:
                self._overtaken.append(event)
            else:
                await self._send(event)
                if fault is Fault.WEBHOOK_TWICE:
                    await self._send(event)
                overtaken, self._overtaken = self._overtaken, []
                for each in overtaken:
                    await self._send(each)

    async def release(self) -> None:
        """Send what was late, overtaken by nothing, or not taken before: the last repeat of the three days."""
        await self.flush()
        held, self.late, self._overtaken = [*self._overtaken, *self.late], [], []
        for event in held:
            await self._send(event)

    async def _send(self, event: dict[str, Any]) -> None:
        body = json.dumps(event, indent=2).encode()
        for endpoint in self.endpoints:
            if not endpoint.wants(event["type"]):
                continue
            headers = {
                "content-type": "application/json; charset=utf-8",
                "stripe-signature": signature(body, endpoint.secrets, at=self.now()),
                "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            }
            status = await self.deliver(endpoint.url, headers, body)
            if 200 <= status < 300:
                self.delivered.append(event["id"])
            elif event not in self.late:
                self.late.append(event)


def signature(body: bytes, secrets: list[str], *, at: int) -> str:
    """``Stripe-Signature``: the time, one ``v1`` for each secret, and the ``v0`` that only test mode carries."""
    signed = f"{at}.".encode() + body
    macs = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets]
    fake = hashlib.sha256(signed).hexdigest()
    return ",".join([f"t={at}", *(f"v1={mac}" for mac in macs), f"v0={fake}"])
