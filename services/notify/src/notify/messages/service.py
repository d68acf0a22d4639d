"""Which message an event leads to, and keeping it once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.errors import NotFound
from contracts.notify import NotificationSent
from contracts.users import RegistrationRepeated, UserRegistered, UserUpdated
from contracts.workflow import RunCancelled, RunCompleted, RunEvent, RunFailed
from notify.messages import repository
from notify.messages.models import Message, Recipient
from notify.messages.templates import refund, render

_UNKNOWN = Recipient(name="", language="en")


async def announce_ends(received: Sequence[Received[RunEvent]], tx: Transaction) -> None:
    """Tell users how their runs ended."""
    ends = [item for item in received if isinstance(item.message, RunCompleted | RunFailed | RunCancelled)]
    if not ends:
        return
    known = await repository.recipients(tx, {item.message.user_id for item in ends})
    await _keep([_message_of(item, known.get(item.message.user_id, _UNKNOWN)) for item in ends], tx)


async def welcome(event: UserRegistered, tx: Transaction) -> None:
    """Remember a new user and greet them."""
    await repository.remember(tx, event.user_id, event.name or event.username, event.language, 1)
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
    await repository.remember(tx, event.user_id, event.name or event.username or "", event.language, event.version)


async def warn_of_registration(event: RegistrationRepeated, tx: Transaction) -> None:
    """Tell the owner of an address that somebody registered with it; once a day, however often that is."""
    known = await repository.recipients(tx, {event.user_id})
    kind = "registration_repeated"
    title, body = render(kind, known.get(event.user_id, _UNKNOWN).language)
    message_id = ids.derived(event.user_id, f"{kind} {tx.now:%Y-%m-%d}")
    await _keep([Message(message_id, event.user_id, event.product_line, kind, title, body, {})], tx)


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


async def read_all(tx: Transaction, user_id: UUID) -> int:
    """Mark every message of a user as read; how many were not."""
    return await repository.mark_all_read(tx, user_id)


async def read_one(tx: Transaction, user_id: UUID, notification_id: UUID) -> None:
    """Mark one message of a user as read; again is fine. Raises ``NotFound``."""
    if not await repository.mark_read(tx, user_id, notification_id):
        raise NotFound("There is no such notification.")


async def _keep(messages: Sequence[Message], tx: Transaction) -> None:
    new = await repository.add(tx, messages)
    # By id: one batch may hold the same event twice.
    for message in {message.id: message for message in messages}.values():
        if message.id in new:
            sent = NotificationSent(
                notification_id=message.id, user_id=message.user_id, channel="in_app", kind=message.kind
            )
            tx.emit(sent, cause=message.cause)
