"""Whether a kit can be fetched."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.errors import Conflict, Gone, NotFound
from export.deliveries import queries as deliveries
from export.kits import queries


class KitNotFound(NotFound):
    """There is no kit of this workflow, or it belongs to someone else."""

    code = "kit_not_found"


class KitNotReady(Conflict):
    """The workflow is still under way: its kit is given out once it has completed. Ask again in a moment."""

    code = "kit_not_ready"


class KitExpired(Gone):
    """The kit was there and has expired."""

    code = "kit_expired"


async def fetchable(tx: Transaction, workflow_id: UUID, user_id: UUID) -> asyncpg.Record:
    """The kit of a user's workflow. Raises ``KitNotFound``, ``KitExpired``, ``KitNotReady``."""
    kit = await queries.of_run(tx, workflow_id, user_id)
    if kit is None:
        raise KitNotFound("There is no kit of this workflow.")
    if kit["expires_at"] <= tx.now:
        raise KitExpired("This kit has expired. Run the workflow again.")
    if not await deliveries.has(tx, workflow_id):
        raise KitNotReady("The workflow has not completed yet. Ask again when it has.")
    return kit
