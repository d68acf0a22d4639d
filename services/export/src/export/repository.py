"""SQL that the orders of every kind share."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from chassis.data.database import Transaction


async def take_turns(tx: Transaction, run_ids: Collection[UUID]) -> None:
    """Until the commit nobody else adds or cancels orders of these runs: who comes second sees what the first did."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(id::text, 0)) "
        "FROM (SELECT unnest($1::uuid[]) AS id ORDER BY 1) AS runs",
        sorted(set(run_ids)),
    )


async def remember_cancelled(tx: Transaction, order_id: UUID) -> None:
    """An order is not wanted, whether it has come or not."""
    await tx.execute(
        "INSERT INTO cancelled_orders (id, cancelled_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", order_id, tx.now
    )


async def cancelled(tx: Transaction, order_ids: Collection[UUID]) -> set[UUID]:
    """Those of the orders that were cancelled before they came."""
    rows = await tx.fetch("SELECT id FROM cancelled_orders WHERE id = ANY($1::uuid[])", list(order_ids))
    return {row["id"] for row in rows}


async def forget_work(tx: Transaction, work_ids: Collection[UUID]) -> None:
    """Remove leased work that nobody wants any more."""
    await tx.execute("DELETE FROM work WHERE id = ANY($1::uuid[])", list(work_ids))
