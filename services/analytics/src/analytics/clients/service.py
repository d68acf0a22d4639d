"""Keeping what clients tell, for as long as their users agree."""

from __future__ import annotations

from uuid import UUID

from analytics.clients import repository
from analytics.clients.errors import ConsentMissing
from analytics.clients.schemas import ClientEventIn
from analytics.facts import repository as facts
from analytics.facts.models import Pseudonyms
from analytics.facts.service import require
from chassis import ids
from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from contracts.users import ConsentChanged


async def consent(event: ConsentChanged, pseudonyms: Pseudonyms, tx: Transaction) -> None:
    """Keep whether somebody agrees to analytics; of somebody who has been forgotten, nothing."""
    if event.kind != "analytics":
        return
    require(await facts.for_keeping(tx, pseudonyms.marks()[-1]), pseudonyms)
    person = pseudonyms.of(event.user_id)
    if not await facts.forgotten(tx, {person}):
        await repository.said(tx, person, event.granted, event.given_at)


async def keep(caller: Identity, event: ClientEventIn, pseudonyms: Pseudonyms, tx: Transaction) -> UUID:
    """Keep what a client told of its user's doings; under which id. Raises :class:`ConsentMissing`."""
    require(await facts.for_keeping(tx, pseudonyms.marks()[-1]), pseudonyms)
    person = pseudonyms.of(caller.user_id)
    if not await repository.agreed(tx, person):
        raise ConsentMissing("This is kept only of who has agreed to analytics.")
    id = ids.uuid7()
    await repository.add(tx, id, person, caller.product_line, event)
    return id
