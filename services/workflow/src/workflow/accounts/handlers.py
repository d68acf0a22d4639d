"""Copies of entitlements and users, kept by version: an older message never replaces a newer one."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.billing import EntitlementsChanged
from contracts.users import UserRegistered, UserUpdated
from workflow.accounts import repository


def subscribe(consumers: Consumers) -> None:
    """Declare the queues ``workflow.entitlements`` and ``workflow.users``."""
    entitlements = consumers.queue("entitlements")
    users = consumers.queue("users")

    @entitlements.each(EntitlementsChanged)
    async def keep_entitlements(event: EntitlementsChanged, tx: Transaction) -> None:
        await repository.keep_entitlements(tx, event)

    @users.each(UserRegistered)
    async def keep_new_user(event: UserRegistered, tx: Transaction) -> None:
        await repository.keep_user(
            tx, event.user_id, event.email, event.name, event.language, is_active=True, version=0
        )

    @users.each(UserUpdated)
    async def keep_user(event: UserUpdated, tx: Transaction) -> None:
        await repository.keep_user(
            tx,
            event.user_id,
            event.email,
            event.name,
            event.language,
            is_active=event.is_active,
            version=event.version,
        )
