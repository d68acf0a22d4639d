"""Somebody who is cancelled in the middle of the ledger costs nobody else a hold, and the books stay balanced."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chassis import ids
from chassis.testing.cancelling import bystander, every_await
from contracts.billing import CaptureCredits, ReserveCredits


def reserve() -> ReserveCredits:
    """A hold for the first run of a new user."""
    return ReserveCredits(
        reservation_id=ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=ids.uuid7(),
        product_line="talkingphoto",
        credits=1,
        meter="workflows",
        units=1,
    )


async def test_a_neighbour_keeps_its_hold_wherever_the_ledger_was_cancelled(billing: Any) -> None:
    """At every await between the message and its commit; what others see is what counts."""

    async def pay() -> None:
        held = reserve()
        await billing.tell(held)
        await billing.tell(
            CaptureCredits(
                reservation_id=held.reservation_id, run_id=held.run_id, credits=1, actual_cost=Decimal("0.039")
            )
        )

    async with bystander(billing.database) as others:
        cancelled = 0
        async for _ in every_await(pay):
            cancelled += 1
            held = reserve()
            await billing.tell(held)
            seen = await others.fetchval("SELECT state FROM holds WHERE id = $1", held.reservation_id)
            assert seen == "held", f"after {cancelled} cancellations"
        assert cancelled > 10
        assert billing.database.connections()[0] == 0
        await billing.check_books()
