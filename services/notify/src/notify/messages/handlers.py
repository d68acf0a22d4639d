"""What notify hears of accounts, money and runs, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.identity.vault import Vault
from chassis.messaging.consumer import ConsumerQueue
from contracts.users import UserRegistered, UserUpdated
from notify.messages import service
from notify.messages.drafts import accounts, billing
from notify.recipients import service as recipients


def subscribe(users: ConsumerQueue, money: ConsumerQueue, links: Vault) -> None:
    """Bind what is told of accounts and of money; ``links`` is the vault of ``LINK_KEY``."""
    telling = service.Accounts(links)

    @users.many(*accounts.EVENTS)
    async def tell_of_accounts(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Remember whom these are about, then tell them."""
        for item in received:
            if isinstance(item.message, UserRegistered | UserUpdated):
                await recipients.remember(item.message, tx)
        await telling.announce(received, tx)

    @money.many(*billing.EVENTS)
    async def tell_of_money(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Tell of plans, payments and use."""
        await service.announce_money(received, tx)
