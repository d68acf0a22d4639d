"""Copies of entitlements and users, kept by version: an older message never replaces a newer one."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.billing import EntitlementsChanged
from contracts.users import EmailVerified, UserRegistered, UserUpdated
from workflow.accounts import repository


async def keep_entitlements(tx: Transaction, event: EntitlementsChanged) -> None:
    """Keep what a user may do."""
    await repository.keep_entitlements(tx, event)


async def keep_user(tx: Transaction, event: UserRegistered | UserUpdated) -> None:
    """Keep who a user is; whoever has just registered is active."""
    active, version = (event.is_active, event.version) if isinstance(event, UserUpdated) else (True, 0)
    await repository.keep_user(
        tx, event.user_id, event.email, event.name, event.language, is_active=active, version=version
    )
    if isinstance(event, UserRegistered) and event.email_verified:
        await repository.keep_proved(tx, event.user_id)


async def keep_proved(tx: Transaction, event: EmailVerified) -> None:
    """Keep that a user's address is proved; it stays so."""
    await repository.keep_proved(tx, event.user_id)
