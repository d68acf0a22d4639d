"""Keeping facts, forgetting whose they were, and giving everybody other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from analytics.facts import repository
from analytics.facts.models import OtherKey, Pseudonyms, fact_of
from chassis.bus.messages import Received
from chassis.data.database import Transaction


async def keep(received: Sequence[Received[Any]], pseudonyms: Pseudonyms, tx: Transaction) -> None:
    """Add one fact for each event; of somebody who has been forgotten it is nobody's. Raises :class:`OtherKey`."""
    require(await repository.for_keeping(tx, pseudonyms.marks()[-1]), pseudonyms)
    facts = [fact_of(item, pseudonyms) for item in received]
    gone = await repository.forgotten(tx, {fact.person for fact in facts if fact.person is not None})
    await repository.add(tx, [fact._replace(person=None) if fact.person in gone else fact for fact in facts])


async def forget(user_id: UUID, pseudonyms: Pseudonyms, tx: Transaction) -> None:
    """Cut what leads from a person to their facts; the figures stay. Repeating it is harmless.

    Raises :class:`OtherKey`.
    """
    require(await repository.for_changing_words(tx), pseudonyms)
    await repository.forget(tx, pseudonyms.of(user_id))


async def rekey(pseudonyms: Pseudonyms, tx: Transaction) -> int:
    """Put every word under the newest keys too; how many keys that were. Raises :class:`OtherKey`."""
    mark = await repository.for_changing_words(tx)
    marks = list(pseudonyms.marks())
    if mark is not None and mark not in marks:
        raise OtherKey("PERSON_HASH_KEY has to name every key there has been, the newest first")
    new = pseudonyms.keys if mark is None else pseudonyms.keys[marks.index(mark) + 1 :]
    if mark is not None:
        for key in new:
            await repository.rekey(tx, key)
    await repository.marked(tx, marks[-1])
    return len(new)


def require(mark: str | None, pseudonyms: Pseudonyms) -> None:
    """Raise :class:`OtherKey` where the words that are there are not ours."""
    if mark not in (None, pseudonyms.marks()[-1]):
        raise OtherKey("the figures are kept under another PERSON_HASH_KEY; python -m analytics.rekey after a change")
