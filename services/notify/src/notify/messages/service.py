"""Putting messages into their recipients' words and keeping each once, with what is to be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.errors import NotFound
from chassis.identity.vault import Vault
from contracts.notify import NotificationSent
from contracts.workflow import RunEvent
from notify.deliveries import service as deliveries
from notify.messages import repository
from notify.messages.drafts import accounts, billing, runs
from notify.messages.kinds import KINDS, Channel
from notify.messages.models import Draft, Message
from notify.preferences import repository as preferences
from notify.preferences.models import Preferences
from notify.recipients import repository as recipients
from notify.recipients.models import UNKNOWN, Recipient
from notify.words.book import words_in

Drafted = tuple[Draft, Received[Any] | None]


async def announce_ends(received: Sequence[Received[RunEvent]], tx: Transaction) -> None:
    """Tell users how their runs ended."""
    await announce([(draft, item) for item in received if (draft := runs.draft_of(item.message))], tx)


async def announce_money(received: Sequence[Received[Any]], tx: Transaction) -> None:
    """Tell users what became of their plans, payments and use."""
    await announce([(draft, item) for item in received if (draft := billing.draft_of(item))], tx)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Tells users what happened to their accounts. ``links``: the vault of ``LINK_KEY``."""

    links: Vault

    async def announce(self, received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Tell what these events say."""
        found = [(accounts.draft_of(item, tx.now, self.links), item) for item in received]
        await announce([(draft, item) for draft, item in found if draft], tx)


async def announce(drafts: Sequence[Drafted], tx: Transaction) -> None:
    """Keep each message once, list it for its user, and have it delivered as the user wants."""
    if not drafts:
        return
    users = {draft.user_id for draft, _ in drafts}
    known, wanted = await recipients.find(tx, users), await preferences.find(tx, users)
    # By id: one batch may hold the same event twice.
    messages = {
        draft.once: _message(draft, known.get(draft.user_id, UNKNOWN), wanted[draft.user_id], cause)
        for draft, cause in drafts
    }
    new = await repository.add(tx, list(messages.values()))
    for message in messages.values():
        if message.id not in new:
            continue
        user_id = message.draft.user_id
        if message.in_app:
            sent = NotificationSent(
                notification_id=message.id, user_id=user_id, channel=Channel.IN_APP, kind=message.draft.kind
            )
            tx.emit(sent, cause=message.cause)
        if wanted[user_id].allows(message.kind, Channel.MAIL):
            quiet_until = wanted[user_id].quiet_until(tx.now, known.get(user_id, UNKNOWN).zone)
            run_after = None if message.kind.always else quiet_until
            await deliveries.order(message, Channel.MAIL, tx, run_after=run_after)


def _message(draft: Draft, recipient: Recipient, wanted: Preferences, cause: Received[Any] | None) -> Message:
    words = words_in(draft.language or recipient.language)
    said = words.say(draft.kind, draft.values, recipient)
    in_app = wanted.allows(KINDS[draft.kind], Channel.IN_APP)
    return Message(draft, said.title, said.body, words.language, in_app, cause)


async def read_all(tx: Transaction, user_id: UUID) -> int:
    """Mark every message of a user as read; how many were not."""
    return await repository.mark_all_read(tx, user_id)


async def read_one(tx: Transaction, user_id: UUID, notification_id: UUID) -> None:
    """Mark one message of a user as read; again is fine. Raises ``NotFound``."""
    if not await repository.mark_read(tx, user_id, notification_id):
        raise NotFound("There is no such notification.")
