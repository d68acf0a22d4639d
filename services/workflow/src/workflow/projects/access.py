"""Who may do what with a project (PRJ-13), as one rule."""

from __future__ import annotations

from enum import IntEnum
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from workflow.projects import queries
from workflow.projects.errors import OnlyForEditors, OnlyForOwner, ProjectNotFound


class Right(IntEnum):
    """Each may do what those before it may."""

    NONE = 0
    VIEW = 1
    EDIT = 2
    OWN = 3


_BY_PERMISSION = {"viewer": Right.VIEW, "editor": Right.EDIT}


def right_of(row: dict[str, Any], user_id: UUID) -> Right:
    """What a user may do with a project: ``row`` has its owner, whether it is public, and their ``permission``."""
    if row["user_id"] == user_id:
        return Right.OWN
    shared = _BY_PERMISSION.get(row["permission"] or "", Right.NONE)
    return max(shared, Right.VIEW if row["is_public"] else Right.NONE)


async def reach(
    tx: Transaction, project_id: UUID, user_id: UUID, needed: Right, *, lock: bool = False, looks_after: bool = False
) -> dict[str, Any]:
    """A project with which the user may do what is ``needed``; locked where it is to be changed. Who ``looks_after``
    the platform may look at all of them.

    Raises ``ProjectNotFound`` for whom it is not there at all, ``OnlyForEditors`` and ``OnlyForOwner`` for others.
    """
    row = await queries.of_user(tx, project_id, user_id, lock=lock)
    right = right_of(row, user_id) if row is not None else Right.NONE
    if looks_after:
        right = max(right, Right.VIEW)
    if row is None or right is Right.NONE:
        raise ProjectNotFound("There is no such project.")
    if right < needed:
        if needed is Right.OWN:
            raise OnlyForOwner("Only the owner of this project may do that.")
        raise OnlyForEditors("This project is shared with you to be looked at. Ask its owner for more.")
    return row
