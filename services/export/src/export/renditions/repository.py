"""The SQL of renditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from pydantic import BaseModel

from chassis.data.database import Transaction
from contracts.export import CreateRendition
from export.renditions.models import RenditionOrder


async def known(tx: Transaction, rendition_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the orders that have been stored before."""
    rows = await tx.fetch("SELECT id FROM renditions WHERE id = ANY($1::uuid[])", list(rendition_ids))
    return {row["id"] for row in rows}


async def add(
    tx: Transaction,
    orders: Mapping[UUID, tuple[UUID, CreateRendition | RenditionOrder]],
    cancelled: Collection[UUID] = (),
) -> set[UUID]:
    """Store orders (by id: the work they share, and the command); returns the ids of those that are new.

    Those that are ``cancelled`` have ended with that.
    """
    rows = await tx.fetch(
        """
        INSERT INTO renditions (id, run_id, user_id, platform, work_id, request, status, completed_at)
        SELECT new.*, CASE WHEN id = ANY($7::uuid[]) THEN 'cancelled' ELSE 'pending' END,
            CASE WHEN id = ANY($7::uuid[]) THEN $8::timestamptz END
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::jsonb[])
            AS new (id, run_id, user_id, platform, work_id, request)
        ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        list(orders),
        [command.run_id for _, command in orders.values()],
        [command.user_id for _, command in orders.values()],
        [str(command.platform) for _, command in orders.values()],
        [work_id for work_id, _ in orders.values()],
        [command.model_dump_json() for _, command in orders.values()],
        list(cancelled),
        tx.now,
    )
    return {row["id"] for row in rows}


async def order_again(tx: Transaction, orders: Mapping[UUID, tuple[UUID, RenditionOrder]]) -> set[UUID]:
    """Open those of the orders again that have failed, as part of other work; returns their ids."""
    rows = await tx.fetch(
        "UPDATE renditions SET status = 'pending', answer = NULL, completed_at = NULL, work_id = new.work_id, "
        "request = new.request FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[]) AS new (id, work_id, request) "
        "WHERE renditions.id = new.id AND renditions.status = 'failed' RETURNING renditions.id",
        list(orders),
        [work_id for work_id, _ in orders.values()],
        [order.model_dump_json() for _, order in orders.values()],
    )
    return {row["id"] for row in rows}


async def open_of_work(tx: Transaction, work_id: UUID) -> list[RenditionOrder]:
    """Orders of one piece of work that are still wanted, in the order they came."""
    rows = await tx.fetch(
        "SELECT request FROM renditions WHERE work_id = $1 AND status = 'pending' ORDER BY id", work_id
    )
    return [RenditionOrder.model_validate(row["request"]) for row in rows]


async def finish(tx: Transaction, status: str, answers: Sequence[tuple[UUID, BaseModel]]) -> set[UUID]:
    """Store how open orders ended; returns the ids of those that were open."""
    rows = await tx.fetch(
        "UPDATE renditions SET status = $3, answer = ended.answer, completed_at = $4 "
        "FROM unnest($1::uuid[], $2::jsonb[]) AS ended (id, answer) "
        "WHERE renditions.id = ended.id AND renditions.status = 'pending' RETURNING renditions.id",
        [rendition_id for rendition_id, _ in answers],
        [event.model_dump_json() for _, event in answers],
        status,
        tx.now,
    )
    return {row["id"] for row in rows}


async def cancel_of_run(tx: Transaction, run_id: UUID) -> set[UUID]:
    """Cancel a run's open orders; returns the work that nobody wants any more."""
    rows = await tx.fetch(
        "UPDATE renditions SET status = 'cancelled', completed_at = $2 "
        "WHERE run_id = $1 AND status = 'pending' RETURNING work_id",
        run_id,
        tx.now,
    )
    return {row["work_id"] for row in rows}
