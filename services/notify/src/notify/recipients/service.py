"""Keeping the copy of what users tells."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.users import UserRegistered, UserUpdated
from notify.recipients import repository
from notify.recipients.models import Recipient


async def remember(event: UserRegistered | UserUpdated, tx: Transaction) -> None:
    """Keep name, language, address and time zone; an older version changes nothing."""
    known = Recipient(event.name or event.username or "", event.language, event.email)
    if isinstance(event, UserRegistered):
        await repository.remember(tx, event.user_id, known, 1, timezone=event.timezone)
    else:
        await repository.remember(tx, event.user_id, known, event.version, timezone=None)
