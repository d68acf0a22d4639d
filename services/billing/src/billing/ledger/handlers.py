"""What billing does when it is asked, and when the world changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from billing.costs import service as costs_service
from billing.ledger.service import Ledger
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.ai_router import CostRecorded
from contracts.billing import CaptureCredits, ReleaseCredits, ReserveCredits
from contracts.users import UserLoggedIn, UserRegistered


def consumers(ledger: Ledger) -> Consumers:
    """Billing's queues."""
    registry = Consumers("billing")
    commands = registry.queue("commands")
    accounts = registry.queue("accounts")
    costs = registry.queue("costs")

    @commands.many(ReserveCredits, CaptureCredits, ReleaseCredits)
    async def carry_out(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Hold, spend or give back; one answer each."""
        await ledger.carry_out(received, tx)

    @accounts.each(UserRegistered)
    async def open_account(event: UserRegistered, tx: Transaction) -> None:
        """Open the free plan and the credit account of a new user."""
        await ledger.welcome(event.user_id, event.home_product_line, event.email, tx)

    @accounts.each(UserLoggedIn)
    async def open_in_another_line(event: UserLoggedIn, tx: Transaction) -> None:
        """Open the account in the line of a session, where it is the first there: plans and credits are each line's."""
        await ledger.enter(event.user_id, event.product_line, tx)

    @costs.many(CostRecorded)
    async def keep_costs(received: Sequence[Received[CostRecorded]], tx: Transaction) -> None:
        """Keep what provider calls cost."""
        await costs_service.keep_costs([item.message for item in received], tx)

    return registry
