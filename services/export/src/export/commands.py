"""Commands to export. Accepting is cheap and batched; the work itself happens under a lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.data.leased_work import NewWork
from chassis.messaging.consumer import Consumers
from contracts.export import CancelExport, CreateKit, CreateRendition
from export import repository
from export.kits import repository as kits
from export.orders import KIT, RENDITIONS
from export.renditions import repository as renditions

Interrupt = Callable[[UUID], None]
"""Stops a piece of work that runs in this process."""


class Commands:
    """Accepts and cancels orders. Repeating a command is harmless: an order is added once, and ends once."""

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt

    def consumers(self) -> Consumers:
        """The service's queues."""
        declared = Consumers("export")
        declared.queue("commands", batch=100, prefetch=200).many(CreateRendition, CreateKit, CancelExport)(self.handle)
        return declared

    async def handle(self, received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Store and queue orders; a cancel reaches every order of its run that came before it."""
        work: dict[UUID, NewWork] = {}
        orders: list[Received[Any]] = []
        for item in received:
            if isinstance(item.message, CancelExport):
                work |= await self._add(orders, tx)
                orders = []
                for unwanted in await self._cancel(item.message.run_id, tx):
                    work.pop(unwanted, None)
            else:
                orders.append(item)
        work |= await self._add(orders, tx)
        for new in work.values():
            tx.add_work(new)

    async def _add(self, received: Sequence[Received[Any]], tx: Transaction) -> dict[UUID, NewWork]:
        work = await self._add_renditions([one for one in received if isinstance(one.message, CreateRendition)], tx)
        return work | await self._add_kits([one for one in received if isinstance(one.message, CreateKit)], tx)

    async def _add_renditions(
        self, received: Sequence[Received[CreateRendition]], tx: Transaction
    ) -> dict[UUID, NewWork]:
        """Orders of one video that arrive together share one piece of work, so that it is decoded once."""
        if not received:
            return {}
        leaders: dict[tuple[Any, ...], Received[CreateRendition]] = {}
        orders: dict[UUID, tuple[UUID, CreateRendition]] = {}
        for item in received:
            order = item.message
            same = (order.run_id, order.video.key, order.timings and order.timings.key, order.language)
            leader = leaders.setdefault(same, item)
            orders.setdefault(order.rendition_id, (leader.message.rendition_id, order))
        new = await renditions.add(tx, orders)
        wanted = {orders[rendition_id][0] for rendition_id in new}
        return {
            leader.message.rendition_id: NewWork(
                leader.message.rendition_id, RENDITIONS, {"context": leader.context.known()}
            )
            for leader in leaders.values()
            if leader.message.rendition_id in wanted
        }

    async def _add_kits(self, received: Sequence[Received[CreateKit]], tx: Transaction) -> dict[UUID, NewWork]:
        if not received:
            return {}
        first = {item.message.kit_id: item for item in reversed(received)}
        new = await kits.add(tx, [item.message for item in first.values()])
        return {kit_id: NewWork(kit_id, KIT, {"context": first[kit_id].context.known()}) for kit_id in new}

    async def _cancel(self, run_id: UUID, tx: Transaction) -> set[UUID]:
        unwanted = await renditions.cancel_of_run(tx, run_id) | await kits.cancel_of_run(tx, run_id)
        if unwanted:
            await repository.forget_work(tx, unwanted)
            tx.after_commit(partial(self._interrupt_all, unwanted))
        return unwanted

    def _interrupt_all(self, work_ids: set[UUID]) -> None:
        for work_id in work_ids:
            self._interrupt(work_id)
