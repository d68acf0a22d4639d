"""What workflow learns of users and of what they may do."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.billing import EntitlementsChanged
from contracts.users import EmailVerified, UserRegistered, UserUpdated
from workflow.accounts import service


def subscribe(consumers: Consumers) -> None:
    """Declare the queues ``workflow.entitlements`` and ``workflow.users``."""
    entitlements = consumers.queue("entitlements")
    users = consumers.queue("users")

    @entitlements.each(EntitlementsChanged)
    async def keep_entitlements(event: EntitlementsChanged, tx: Transaction) -> None:
        await service.keep_entitlements(tx, event)

    @users.each(UserRegistered)
    async def keep_new_user(event: UserRegistered, tx: Transaction) -> None:
        await service.keep_user(tx, event)

    @users.each(UserUpdated)
    async def keep_user(event: UserUpdated, tx: Transaction) -> None:
        await service.keep_user(tx, event)

    @users.each(EmailVerified)
    async def keep_proved(event: EmailVerified, tx: Transaction) -> None:
        await service.keep_proved(tx, event)
