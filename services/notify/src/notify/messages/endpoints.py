"""A user's in-app messages (NTF-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from chassis.errors import NotFound, documented
from chassis.http.outputs import Link
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from chassis.storage.port import ObjectStore
from contracts.enums import ProductLineKey
from notify.messages import queries, service

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])


class NotificationOut(BaseModel):
    """One message, as plain text."""

    id: UUID = Field(description="Of the message.")
    product_line: ProductLineKey = Field(description="Where it comes from.")
    kind: str = Field(description="What it is about.", examples=["workflow_completed"])
    title: str = Field(description="In a few words.", examples=["Your video is ready"])
    body: str = Field(description="In a sentence.")
    data: dict[str, Any] = Field(description="What programs need; depends on `kind`.")
    links: dict[str, Link] = Field(description="What it is about, by name; each good for a day.")
    read_at: datetime | None = Field(description="When it was marked as read.")
    created_at: datetime = Field(description="When it came.")


class NotificationsOut(Paged[NotificationOut]):
    """A page of messages and how many are unread in all."""

    unread: int = Field(description="Of all pages together.", examples=[1])


class ReadOut(BaseModel):
    """How many messages were marked as read."""

    marked: int = Field(description="How many were.", examples=[1])


@router.get("")
async def list_notifications(
    caller: Caller,
    page: Page,
    tx: Tx,
    request: Request,
    unread: Annotated[bool, Query(description="Only those not read yet.")] = False,
    kind: Annotated[str | None, Query(max_length=64, description="Only those of this kind.")] = None,
) -> NotificationsOut:
    """The caller's messages, newest first."""
    rows, counted = await queries.page(tx, caller.user_id, page, unread=unread, kind=kind)
    store: ObjectStore = request.app.state.store
    return NotificationsOut(
        items=[_notification_out(row, store) for row in rows],
        total=counted["total"],
        page=page.page,
        per_page=page.per_page,
        unread=counted["unread"],
    )


def _notification_out(row: asyncpg.Record, store: ObjectStore) -> NotificationOut:
    links = {name: store.signed_url(stored["key"]) for name, stored in row["objects"].items()}
    fields = {name: row[name] for name in NotificationOut.model_fields if name != "links"}
    return NotificationOut(**fields, links=links)


@router.post("/read-all")
async def mark_all_notifications_read(caller: Caller, tx: Tx) -> ReadOut:
    """Mark every message of the caller as read."""
    return ReadOut(marked=await service.read_all(tx, caller.user_id))


@router.post("/{notification_id}/read", responses=documented(NotFound))
async def mark_notification_read(notification_id: UUID, caller: Caller, tx: Tx) -> ReadOut:
    """Mark one message as read; again is fine."""
    await service.read_one(tx, caller.user_id, notification_id)
    return ReadOut(marked=1)
