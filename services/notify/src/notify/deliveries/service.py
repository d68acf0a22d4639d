"""Ordering a delivery: a row, and work for whoever carries it out."""

from __future__ import annotations

from datetime import datetime

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES, NewWork
from chassis.observe import context
from contracts.enums import Priority
from notify.deliveries import repository
from notify.messages.models import Message

LETTER = "notify.letter"
"""Kind of the work that delivers a letter; its id is the delivery's."""


async def order(message: Message, channel: str, tx: Transaction, *, run_after: datetime | None = None) -> None:
    """Have ``message`` delivered by ``channel``, once; security and billing go first."""
    delivery_id = ids.derived(message.id, channel)
    if not await repository.add(tx, delivery_id, message, channel):
        return
    cause = message.cause.context if message.cause is not None else context.current()
    lane = LANES[Priority.HIGH if message.kind.always else Priority.NORMAL]
    payload = {"context": {**cause.known()}}
    tx.add_work(NewWork(delivery_id, LETTER, payload, lane, run_after))
