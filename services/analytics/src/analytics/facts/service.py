"""Keeping facts, and forgetting whose they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from analytics.facts import repository
from analytics.facts.models import Pseudonyms, fact_of
from chassis.bus.messages import Received
from chassis.data.database import Transaction


async def keep(received: Sequence[Received[Any]], pseudonyms: Pseudonyms, tx: Transaction) -> None:
    """Add one fact for each event."""
    await repository.add(tx, [fact_of(item, pseudonyms) for item in received])


async def forget(user_id: UUID, pseudonyms: Pseudonyms, tx: Transaction) -> None:
    """Cut what leads from a person to their facts; the figures stay. Repeating it is harmless."""
    await repository.forget(tx, pseudonyms.of(user_id))
