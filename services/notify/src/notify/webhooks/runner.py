"""Carrying deliveries out: one at a time for each endpoint and run, so that they arrive in order."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import asyncpg
import structlog

from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.data.leased_work import WorkItem
from chassis.identity.vault import Unreadable, Vault
from contracts.notify import WebhookDeliveryFailed
from notify.messages import service as messages
from notify.messages.models import Draft
from notify.webhooks import repository
from notify.webhooks.models import MOST_ATTEMPTS, MOST_FAILURES, signed, wait_after
from notify.webhooks.sending import Answer, Sender

log = structlog.get_logger(__name__)


class LaneRunner:
    """Sends what an endpoint is to hear of one run until nothing is left or something does not arrive."""

    def __init__(self, database: Database, sender: Sender, vault: Vault) -> None:
        self._database = database
        self._sender = sender
        self._vault = vault

    async def run(self, item: WorkItem) -> None:
        """Carry out the work of one lane."""
        endpoint_id, lane = UUID(item.payload["endpoint_id"]), UUID(item.payload["lane"])
        while (row := await self._next(item, endpoint_id, lane)) is not None:
            answer = await self._send(row)
            if answer.error is None:
                async with self._database.transaction() as tx:
                    await repository.delivered(tx, row["id"], endpoint_id, answer.status or 0)
                continue
            await self._failed(item, row, answer)
            return

    async def _send(self, row: asyncpg.Record) -> Answer:
        try:
            secrets = self._secrets(row)
        except Unreadable:
            return Answer(None, "the secret cannot be read any more: make a new one")
        # Receivers judge how old it is by their own clock.
        headers = signed(row["event_id"], row["body"], secrets, self._database.clock.machine())
        return await self._sender.post(row["url"], row["body"], headers)

    async def _next(self, item: WorkItem, endpoint_id: UUID, lane: UUID) -> asyncpg.Record | None:
        """What to send next; where there is nothing, the work is done."""
        async with self._database.transaction() as tx:
            if (row := await repository.head(tx, endpoint_id, lane)) is not None:
                return row
            # With the endpoint locked: whoever adds a delivery holds it, so it is seen here or brings work of its own.
            await repository.lock(tx, endpoint_id)
            if (row := await repository.head(tx, endpoint_id, lane)) is None:
                tx.finish_work(item)
            return row

    def _secrets(self, row: asyncpg.Record) -> list[str]:
        """The present secret, and the old one while it is good and can be read. Raises ``Unreadable``."""
        found = [self._vault.open(row["sealed_secret"].encode())]
        if row["sealed_old_secret"] is not None and row["old_secret_until"] > self._database.clock.now():
            with suppress(Unreadable):
                found.append(self._vault.open(row["sealed_old_secret"].encode()))
        return found

    async def _failed(self, item: WorkItem, row: asyncpg.Record, answer: Answer) -> None:
        error = answer.error or ""
        async with self._database.transaction() as tx:
            endpoint = await repository.lock(tx, row["endpoint_id"])
            if endpoint is None:
                tx.finish_work(item)
                return
            attempts, failures = await repository.failed(tx, row["id"], endpoint["id"], answer.status, error)
            off = endpoint["active"] and (failures >= MOST_FAILURES or answer.gone)
            if off:
                await repository.switch_off(tx, endpoint["id"])
                await self._tell_owner(tx, endpoint, failures)
            elif attempts >= MOST_ATTEMPTS:
                await repository.give_up(tx, row["id"], endpoint["id"], row["lane"])
            else:
                await repository.put_off(tx, item, tx.now + wait_after(attempts))
                return
            tx.emit(
                WebhookDeliveryFailed(
                    delivery_id=row["id"],
                    endpoint_id=endpoint["id"],
                    user_id=endpoint["user_id"],
                    type=row["type"],
                    attempts=attempts,
                    reason=error,
                    switched_off=off,
                )
            )
            tx.finish_work(item)
        log.info("webhook.given_up", endpoint_id=str(row["endpoint_id"]), attempts=attempts, off=off, error=error)

    async def _tell_owner(self, tx: Transaction, endpoint: asyncpg.Record, failures: int) -> None:
        draft = Draft(
            ids.derived(endpoint["id"], "webhook_disabled", tx.now.isoformat()),
            endpoint["user_id"],
            endpoint["product_line"],
            "webhook_disabled",
            {"url": endpoint["url"], "failures": failures},
            {"webhook_id": str(endpoint["id"])},
        )
        await messages.announce([(draft, None)], tx)
