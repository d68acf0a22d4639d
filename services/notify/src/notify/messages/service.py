"""Which message an event leads to, and keeping it once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from chassis import ids
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from contracts.notify import NotificationSent
from contracts.users import UserRegistered, UserUpdated
from contracts.workflow import RunCancelled, RunCompleted, RunEvent, RunFailed
from notify.messages.templates import refund, render


@dataclass(frozen=True, slots=True)
class Recipient:
    """What notify knows of a user."""

    name: str
    language: str


_UNKNOWN = Recipient(name="", language="en")


@dataclass(frozen=True, slots=True)
class Message:
    """One in-app message. ``id`` follows from the event, so a repeat is the same message (NTF-10)."""

    id: UUID
    user_id: UUID
    product_line: str
    kind: str
    title: str
    body: str
    data: dict[str, Any]
    cause: Received[Any] | None = None


async def announce_ends(received: Sequence[Received[RunEvent]], tx: Transaction) -> None:
    """Tell users how their runs ended."""
    ends = [item for item in received if isinstance(item.message, RunCompleted | RunFailed | RunCancelled)]
    if not ends:
        return
    known = await _recipients({item.message.user_id for item in ends}, tx)
    await _keep([_message_of(item, known.get(item.message.user_id, _UNKNOWN)) for item in ends], tx)


async def welcome(event: UserRegistered, tx: Transaction) -> None:
    """Remember a new user and greet them."""
    await _remember(event.user_id, event.name or event.username, event.language, 1, tx)
    title, body = render("welcome", event.language, name=event.name or event.username)
    message = Message(
        ids.derived(event.user_id, "welcome"),
        event.user_id,
        event.home_product_line,
        "welcome",
        title,
        body,
        {},
    )
    await _keep([message], tx)


async def remember(event: UserUpdated, tx: Transaction) -> None:
    """Keep name and language; an older version changes nothing."""
    await _remember(event.user_id, event.name or "", event.language, event.version, tx)


def _message_of(item: Received[Any], recipient: Recipient) -> Message:
    event = item.message
    language = recipient.language
    data: dict[str, Any] = {"workflow_id": str(event.run_id)}
    match event:
        case RunCompleted():
            kind = "workflow_completed"
            title, body = render(kind, language, seconds=round(event.seconds), credits=event.credits)
            data |= {
                "workflow_type": event.workflow_type.value,
                "cost": str(event.cost),
                "results": sorted(event.results),
            }
        case RunFailed():
            kind = "workflow_failed"
            back = refund(language, returned=event.credits_returned)
            title, body = render(kind, language, reason=event.message, refund=back)
            data |= {"code": event.code, "retryable": event.retryable}
        case _:
            kind = "workflow_cancelled"
            title, body = render(kind, language, refund=refund(language, returned=event.credits_returned))
    return Message(
        ids.derived(event.run_id, kind, event.sequence),
        event.user_id,
        event.product_line,
        kind,
        title,
        body,
        data,
        item,
    )


async def _keep(messages: Sequence[Message], tx: Transaction) -> None:
    rows = await tx.fetch(
        """
        INSERT INTO notifications (id, user_id, product_line, kind, title, body, data, created_at)
        SELECT *, $8::timestamptz
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
        ON CONFLICT (id) DO NOTHING RETURNING id
        """,
        [message.id for message in messages],
        [message.user_id for message in messages],
        [message.product_line for message in messages],
        [message.kind for message in messages],
        [message.title for message in messages],
        [message.body for message in messages],
        [orjson.dumps(message.data).decode() for message in messages],
        tx.now,
    )
    # By id: one batch may hold the same event twice.
    by_id = {message.id: message for message in messages}
    for message in (by_id[row["id"]] for row in rows):
        sent = NotificationSent(
            notification_id=message.id, user_id=message.user_id, channel="in_app", kind=message.kind
        )
        tx.emit(sent, cause=message.cause)


async def _recipients(user_ids: set[UUID], tx: Transaction) -> dict[UUID, Recipient]:
    rows = await tx.fetch("SELECT * FROM recipients WHERE user_id = ANY($1::uuid[])", list(user_ids))
    return {row["user_id"]: Recipient(row["name"] or "", row["language"]) for row in rows}


async def _remember(user_id: UUID, name: str, language: str, version: int, tx: Transaction) -> None:
    await tx.execute(
        """
        INSERT INTO recipients (user_id, name, language, version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id) DO UPDATE
        SET name = excluded.name, language = excluded.language, version = excluded.version
        WHERE recipients.version < excluded.version
        """,
        user_id,
        name,
        language,
        version,
    )
