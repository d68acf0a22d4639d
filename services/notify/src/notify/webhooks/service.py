"""Endpoints and what is to be delivered to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis import ids
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.data.leased_work import NewWork
from chassis.http import guard
from chassis.identity.vault import Vault
from chassis.observe import context
from notify.webhooks import repository
from notify.webhooks.errors import (
    DeliveryNotFound,
    EndpointNotFound,
    NotInPlan,
    SwitchedOff,
    TooManyEndpoints,
    UnsafeUrl,
)
from notify.webhooks.models import MOST_ENDPOINTS, OLD_SECRET_LIVES, Told, is_told, new_secret, told, trial

LANE = "notify.webhook"
"""Kind of the work that delivers what an endpoint hears of one run, in order."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What owners may do. ``vault``: that of ``ENCRYPTION_KEY``; ``private``: any target is good, in development."""

    vault: Vault
    private: bool

    async def create(
        self, tx: Transaction, user_id: UUID, product_line: str, url: str, event_types: Sequence[str], active: bool
    ) -> tuple[asyncpg.Record, str]:
        """A new endpoint and its secret, which nobody is shown again.

        Raises ``NotInPlan`` or ``TooManyEndpoints``.
        """
        if not await repository.entitled(tx, user_id, product_line):
            raise NotInPlan("Your plan comes without webhooks. Choose one that has them.")
        secret = new_secret()
        sealed = self.vault.seal(secret).decode()
        row = await repository.add(
            tx, ids.uuid7(), user_id, product_line, url, event_types, active, sealed, MOST_ENDPOINTS
        )
        if row is None:
            raise TooManyEndpoints(f"There may be {MOST_ENDPOINTS} webhooks. Remove one first.")
        return row, secret

    async def rotate(self, tx: Transaction, user_id: UUID, endpoint_id: UUID) -> tuple[str, datetime]:
        """A new secret, and until when the present one signs too; raises ``EndpointNotFound``."""
        await _own(tx, endpoint_id, user_id)
        secret, until = new_secret(), tx.now + OLD_SECRET_LIVES
        await repository.rotate(tx, endpoint_id, self.vault.seal(secret).decode(), until)
        return secret, until

    async def require_safe(self, url: str) -> None:
        """Raises ``UnsafeUrl`` unless something may be sent there."""
        try:
            await guard.resolved(url, private=self.private)
        except guard.UnsafeAddress as unsafe:
            raise UnsafeUrl(
                f"The address {unsafe}. Give an https address of a public host.", fields={"url": str(unsafe)}
            ) from unsafe


async def change(
    tx: Transaction, user_id: UUID, endpoint_id: UUID, url: str, event_types: Sequence[str], active: bool
) -> asyncpg.Record:
    """Change what is sent where; raises ``EndpointNotFound``."""
    await _own(tx, endpoint_id, user_id)
    return await repository.change(tx, endpoint_id, url, event_types, active)


async def remove(tx: Transaction, user_id: UUID, endpoint_id: UUID) -> None:
    """Send nothing there any more and forget it; raises ``EndpointNotFound``."""
    if not await repository.remove(tx, endpoint_id, user_id):
        raise EndpointNotFound("There is no such webhook.")


async def publish(received: Sequence[Received[Any]], tx: Transaction) -> None:
    """Have the endpoints of these runs' users told what happened."""
    heard = [item for item in received if is_told(item.message)]
    if not heard:
        return
    endpoints = await repository.hold(tx, {item.message.user_id for item in heard})
    if not endpoints:
        return
    listening = {endpoint["user_id"] for endpoint in endpoints}
    found = {one.id: (one, item) for item in heard if item.message.user_id in listening for one in [told(item)]}
    made = [
        (ids.derived(one.id, endpoint["id"]), endpoint["id"], one)
        for endpoint in endpoints
        for one, _ in found.values()
        if one.user_id == endpoint["user_id"] and (not endpoint["event_types"] or one.type in endpoint["event_types"])
    ]
    causes = {one.lane: item.context for one, item in found.values()}
    if made:
        for row in await repository.add_deliveries(tx, made):
            _go(tx, row["endpoint_id"], row["lane"], causes[row["lane"]])


async def send_trial(tx: Transaction, user_id: UUID, endpoint_id: UUID) -> Told:
    """Send something to try an endpoint out; raises ``EndpointNotFound`` or ``SwitchedOff``."""
    await _switched_on(tx, endpoint_id, user_id)
    one = trial(user_id, tx.now)
    await repository.add_deliveries(tx, [(one.id, endpoint_id, one)])
    _go(tx, endpoint_id, one.lane, context.current())
    return one


async def resend(tx: Transaction, user_id: UUID, endpoint_id: UUID, delivery_id: UUID) -> None:
    """Send one delivery again; raises ``EndpointNotFound``, ``DeliveryNotFound`` or ``SwitchedOff``."""
    await _switched_on(tx, endpoint_id, user_id)
    row = await repository.resend(tx, endpoint_id, delivery_id)
    if row is None:
        raise DeliveryNotFound("There is no such delivery.")
    await _go_at_once(tx, endpoint_id, [row["lane"]])


async def recover(tx: Transaction, user_id: UUID, endpoint_id: UUID, since: datetime) -> int:
    """Switch an endpoint on and send what did not arrive since, each run's in order; how many that is."""
    await _own(tx, endpoint_id, user_id)
    rows = await repository.recover(tx, endpoint_id, since)
    await _go_at_once(tx, endpoint_id, sorted({row["lane"] for row in rows}))
    return len(rows)


async def _go_at_once(tx: Transaction, endpoint_id: UUID, lanes: Sequence[UUID]) -> None:
    await repository.hurry(tx, [ids.derived(endpoint_id, lane) for lane in lanes])
    for lane in lanes:
        _go(tx, endpoint_id, lane, context.current())


def _go(tx: Transaction, endpoint_id: UUID, lane: UUID, cause: context.Context) -> None:
    payload = {"endpoint_id": str(endpoint_id), "lane": str(lane), "context": cause.known()}
    tx.add_work(NewWork(ids.derived(endpoint_id, lane), LANE, payload))


async def _own(tx: Transaction, endpoint_id: UUID, user_id: UUID) -> asyncpg.Record:
    row = await repository.lock(tx, endpoint_id, user_id)
    if row is None:
        raise EndpointNotFound("There is no such webhook.")
    return row


async def _switched_on(tx: Transaction, endpoint_id: UUID, user_id: UUID) -> None:
    if not (await _own(tx, endpoint_id, user_id))["active"]:
        raise SwitchedOff("This webhook is switched off. Switch it on first.")
