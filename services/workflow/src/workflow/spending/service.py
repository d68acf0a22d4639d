"""The daily cap of an API key (USR-18): what is ordered with it counts, whether or not it is delivered in the end."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from chassis.data.database import Transaction
from chassis.errors import PaymentNeeded
from chassis.identity.tokens import Identity
from workflow.spending import repository


class KeyCapReached(PaymentNeeded):
    """The API key may spend no more today; the details say how much it may in a day."""

    code = "api_key_cap_reached"


async def spend(tx: Transaction, caller: Identity, credits: int) -> None:
    """Count what is about to be held. Raises ``KeyCapReached``; does nothing for a caller without a cap."""
    if caller.daily_credits is None or credits == 0:
        return
    if not await repository.spend(tx, caller.session_id, credits, caller.daily_credits):
        tomorrow = datetime.combine(tx.now.date() + timedelta(days=1), time(), tx.now.tzinfo)
        raise KeyCapReached(
            f"This API key may spend {caller.daily_credits} credits a day. Go on tomorrow, or use a key with more.",
            details={"daily_credits": caller.daily_credits, "needed": credits},
            retry_after_s=(tomorrow - tx.now).total_seconds(),
        )
