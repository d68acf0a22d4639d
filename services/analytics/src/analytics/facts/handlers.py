"""Hears of everything that is counted (ANL-05), and of who wants to be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.clients import service as clients
from analytics.facts import service
from analytics.facts.counted import COUNTED
from analytics.facts.models import Pseudonyms
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.users import ConsentChanged, UserDeleted, UserDeletionRequested


def subscribe(consumers: Consumers, pseudonyms: Pseudonyms) -> None:
    """Declare the queues ``analytics.facts`` and ``analytics.people``."""

    @consumers.queue("facts", batch=500, prefetch=1000).many(*COUNTED)
    async def keep(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Write down what happened."""
        await service.keep(received, pseudonyms, tx)

    people = consumers.queue("people")

    @people.each(UserDeletionRequested, UserDeleted)
    async def forget(event: UserDeletionRequested | UserDeleted, tx: Transaction) -> None:
        """Nobody is waited for: nothing here says who a person is, and from now on nothing leads here from them."""
        await service.forget(event.user_id, pseudonyms, tx)

    @people.each(ConsentChanged)
    async def consent(event: ConsentChanged, tx: Transaction) -> None:
        """From now on clients may, or may not, tell of what this person does."""
        await clients.consent(event, pseudonyms, tx)
