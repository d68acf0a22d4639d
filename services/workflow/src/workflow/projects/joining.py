"""What others add to projects: uploads as inputs, runs that were ordered for them."""

from __future__ import annotations

from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from contracts.enums import AssetType
from workflow.projects import repository
from workflow.projects.access import Right, reach


async def add_input(tx: Transaction, user_id: UUID, project_id: UUID, file_id: UUID) -> None:
    """Make a user's new file an input of a project. Raises ``ProjectNotFound``, ``OnlyForEditors``."""
    await reach(tx, project_id, user_id, Right.EDIT)
    await repository.add_asset(tx, ids.uuid7(), project_id, file_id, AssetType.INPUT, {}, user_id)


async def add_run(tx: Transaction, user_id: UUID, project_id: UUID, run_id: UUID) -> None:
    """Have what a run makes become the project's. Only the owner spends for it.

    Raises ``ProjectNotFound``, ``OnlyForOwner``.
    """
    await reach(tx, project_id, user_id, Right.OWN, lock=True)
    await repository.add_run(tx, project_id, run_id)
