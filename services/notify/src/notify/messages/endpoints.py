"""A user's in-app messages (NTF-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chassis.errors import NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])


class NotificationOut(BaseModel):
    """One message, as plain text."""

    id: UUID
    product_line: str
    kind: str
    title: str
    body: str
    data: dict[str, Any]
    read_at: datetime | None
    created_at: datetime


class NotificationsOut(Paged[NotificationOut]):
    """A page of messages and how many are unread in all."""

    unread: int


class ReadOut(BaseModel):
    """How many messages were marked as read."""

    marked: int


@router.get("")
async def list_notifications(
    caller: Caller,
    page: Page,
    tx: Tx,
    unread: Annotated[bool, Query(description="Only those not read yet.")] = False,
) -> NotificationsOut:
    """The caller's messages, newest first."""
    rows = await tx.fetch(
        """
        SELECT * FROM notifications
        WHERE user_id = $1 AND (NOT $2 OR read_at IS NULL) ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4
        """,
        caller.user_id,
        unread,
        page.limit,
        page.offset,
    )
    [counted] = await tx.fetch(
        "SELECT count(*) AS total, count(*) FILTER (WHERE read_at IS NULL) AS unread "
        "FROM notifications WHERE user_id = $1",
        caller.user_id,
    )
    return NotificationsOut(
        items=[NotificationOut(**{name: row[name] for name in NotificationOut.model_fields}) for row in rows],
        total=counted["unread"] if unread else counted["total"],
        page=page.page,
        per_page=page.per_page,
        unread=counted["unread"],
    )


@router.post("/read-all")
async def read_all(caller: Caller, tx: Tx) -> ReadOut:
    """Mark every message of the caller as read."""
    rows = await tx.fetch(
        "UPDATE notifications SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL RETURNING id",
        caller.user_id,
        tx.now,
    )
    return ReadOut(marked=len(rows))


@router.post("/{notification_id}/read", responses=documented(NotFound))
async def read_one(notification_id: UUID, caller: Caller, tx: Tx) -> ReadOut:
    """Mark one message as read; again is fine."""
    rows = await tx.fetch(
        "UPDATE notifications SET read_at = coalesce(read_at, $3) WHERE id = $1 AND user_id = $2 RETURNING id",
        notification_id,
        caller.user_id,
        tx.now,
    )
    if not rows:
        raise NotFound("There is no such notification.")
    return ReadOut(marked=1)
