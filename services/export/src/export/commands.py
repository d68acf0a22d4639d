"""Commands to export. Accepting is cheap and batched; the work itself happens under a lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES, NewWork
from chassis.messaging.consumer import Consumers
from contracts.export import CancelExport, CreateKit, CreateRendition
from export import repository
from export.kits import repository as kits
from export.orders import KIT, RENDITIONS
from export.renditions import repository as renditions

Interrupt = Callable[[UUID], None]
"""Stops a piece of work that runs in this process."""


class Commands:
    """Accepts and cancels orders. Repeating a command is harmless: an order is added once, and ends once.

    A cancel may overtake the order that it is about; an order that comes after it is kept, as cancelled.
    """

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt

    def consumers(self) -> Consumers:
        """The service's queues."""
        declared = Consumers("export")
        declared.queue("commands", batch=100, prefetch=200).many(CreateRendition, CreateKit, CancelExport)(self.handle)
        return declared

    async def handle(self, received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Store and queue orders; a cancel reaches every order of its run that came before it, and the one it names."""
        await repository.take_turns(tx, [item.message.run_id for item in received])
        work: dict[UUID, NewWork] = {}
        orders: list[Received[Any]] = []
        for item in received:
            if isinstance(item.message, CancelExport):
                work |= await self._add(orders, tx)
                orders = []
                for unwanted in await self._cancel(item.message, tx):
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
        first = {item.message.rendition_id: item for item in reversed(received)}
        # Whoever has been ordered before leads nobody: its work may have been read already, or be done.
        new = first.keys() - await renditions.known(tx, first)
        if not new:
            return {}
        cancelled = await repository.cancelled(tx, new)
        leaders: dict[tuple[Any, ...], Received[CreateRendition]] = {}
        orders: dict[UUID, tuple[UUID, CreateRendition]] = {}
        for rendition_id, item in reversed(first.items()):
            if rendition_id not in new:
                continue
            order = item.message
            leader = item
            if rendition_id not in cancelled:
                same = (order.run_id, order.video.key, order.timings and order.timings.key, order.language)
                leader = leaders.setdefault(same, item)
            orders[rendition_id] = (leader.message.rendition_id, order)
        await renditions.add(tx, orders, cancelled)
        return {
            leader.message.rendition_id: _work(leader.message.rendition_id, RENDITIONS, leader)
            for leader in leaders.values()
        }

    async def _add_kits(self, received: Sequence[Received[CreateKit]], tx: Transaction) -> dict[UUID, NewWork]:
        if not received:
            return {}
        first = {item.message.kit_id: item for item in reversed(received)}
        cancelled = await repository.cancelled(tx, first)
        new = await kits.add(tx, [item.message for item in first.values()], cancelled)
        return {kit_id: _work(kit_id, KIT, first[kit_id]) for kit_id in new - cancelled}

    async def _cancel(self, cancel: CancelExport, tx: Transaction) -> set[UUID]:
        if cancel.order_id is not None:
            await repository.remember_cancelled(tx, cancel.order_id)
        unwanted = await renditions.cancel_of_run(tx, cancel.run_id) | await kits.cancel_of_run(tx, cancel.run_id)
        if unwanted:
            await repository.forget_work(tx, unwanted)
            tx.after_commit(partial(self._interrupt_all, unwanted))
        return unwanted

    def _interrupt_all(self, work_ids: set[UUID]) -> None:
        for work_id in work_ids:
            self._interrupt(work_id)


def _work(work_id: UUID, kind: str, order: Received[Any]) -> NewWork:
    """Work in the lane of what caused it (CON-09)."""
    return NewWork(work_id, kind, {"context": order.context.known()}, LANES[order.message.priority])
