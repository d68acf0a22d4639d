"""Ordering further shapes of a finished run's film."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import NewWork
from chassis.observe import context
from contracts.enums import Captions, WhenTooLong
from export import repository as turns
from export.instructions.service import specifications
from export.kits import queries as kits
from export.kits.service import KitNotFound, fetchable
from export.orders import RENDITIONS
from export.renditions import queries, repository
from export.renditions.models import RenditionOrder


async def order_shapes(
    tx: Transaction,
    run_id: UUID,
    user_id: UUID,
    platforms: Sequence[str],
    *,
    captions: Captions,
    highlight_words: bool,
    when_too_long: WhenTooLong,
    draft: bool,
) -> list[UUID]:
    """Order the film of a run in the shape of each platform; the ids, in that order. Repeating it is harmless: what is
    there or under way is not made again, what has failed is.

    Raises ``KitNotFound``, ``KitExpired``, ``KitNotReady``, ``PlatformUnknown``.
    """
    await fetchable(tx, run_id, user_id)
    wanted = list(dict.fromkeys(platforms))
    await specifications(tx, wanted)
    kit = await kits.order_of_run(tx, run_id, user_id)
    if kit is None:
        raise KitNotFound("There is no kit of this workflow.")
    before = await queries.newest_order(tx, run_id)
    # Those that were ordered before there was a choice keep their ids.
    chosen = [name for name, wanted in (("words", highlight_words), ("draft", draft)) if wanted]
    orders = {
        name: RenditionOrder(
            rendition_id=ids.derived(run_id, "shape", name, captions, when_too_long, *chosen),
            run_id=run_id,
            user_id=user_id,
            platform=name,
            video=kit.video,
            timings=None if before is None else before.timings,
            language=kit.language,
            when_too_long=when_too_long,
            captions=captions,
            highlight_words=highlight_words,
            draft=draft,
            told=False,
        )
        for name in wanted
    }
    asked = {one.rendition_id: one for one in orders.values()}
    await turns.take_turns(tx, [run_id])
    # Ordered together they share one piece of work, and so one decoding. It is a new one: what is under way has read
    # its orders already.
    work_id = ids.uuid7()
    orders_of_work = {one: (work_id, order) for one, order in asked.items()}
    again = await repository.order_again(tx, orders_of_work)
    if again | await repository.add(tx, orders_of_work):
        tx.add_work(NewWork(work_id, RENDITIONS, {"context": context.current().known()}))
    return list(asked)
