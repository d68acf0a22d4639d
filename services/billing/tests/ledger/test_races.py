"""A reserve and its release at the same moment in two workers: one comes after the other, in either order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from billing.ledger.handlers import consumers
from billing.ledger.service import Ledger
from billing.plans.book import PlanBook
from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.data.database import Transaction
from chassis.testing.slices import Handlers
from contracts.billing import (
    CaptureCredits,
    CreditsReleased,
    CreditsReserved,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)
from contracts.message import Message


def pair() -> tuple[ReserveCredits, ReleaseCredits]:
    reserve = ReserveCredits(
        reservation_id=ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=ids.uuid7(),
        product_line="talkingphoto",
        credits=1,
        meter="workflows",
        units=1,
    )
    return reserve, ReleaseCredits(reservation_id=reserve.reservation_id, run_id=reserve.run_id, reason="cancelled")


class Held(Ledger):
    """A worker that has done its work and not yet committed until it is told to go on."""

    def __init__(self) -> None:
        super().__init__(PlanBook(), opening_plan="free", hold_for=timedelta(hours=24))
        self.written, self.go_on = asyncio.Event(), asyncio.Event()

    async def carry_out(self, instructions: Sequence[Any], tx: Any) -> None:
        await super().carry_out(instructions, tx)
        self.written.set()
        await self.go_on.wait()


@pytest.mark.parametrize("release_first", [False, True])
async def test_two_workers_take_a_reserve_and_its_release_one_after_the_other(
    billing: Any, release_first: bool
) -> None:
    first: Message
    second: Message
    first, second = reversed(pair()) if release_first else pair()
    ledger, queues = Held(), Handlers()
    consumers(ledger).attach(queues, billing.database, retry_delays_s=(1,))  # type: ignore[arg-type]
    slow = asyncio.create_task(queues.by_queue["billing.commands"]([billing.delivery(first)]))
    await asyncio.wait_for(ledger.written.wait(), 5)
    other = asyncio.create_task(billing.tell(second))
    async with asyncio.timeout(5):
        while not await billing.fetch("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert not other.done(), "it did not wait for its pair"
    ledger.go_on.set()
    assert [await slow, await other] == [[ACKNOWLEDGE], [ACKNOWLEDGE]]
    held = await billing.fetch("SELECT FROM holds WHERE state = 'held'")
    assert not held
    assert len(billing.said(CreditsReserved)) == (0 if release_first else 1)
    assert len(billing.said(CreditsReleased)) == (2 if release_first else 1)
    await billing.check_books()


async def test_two_hundred_at_once_on_a_balance_for_ten_are_ten_holds(billing: Any) -> None:
    """Each on a connection of its own, as many at a time as the pool has."""
    await billing.execute("UPDATE plans SET credits_per_month = 10 WHERE plan_type = 'free'")
    user_id = ids.uuid7()

    def one() -> ReserveCredits:
        return ReserveCredits(
            reservation_id=ids.uuid7(), run_id=ids.uuid7(), user_id=user_id, product_line="talkingphoto", credits=1
        )

    await billing.tell(one())
    verdicts = await asyncio.gather(*(billing.tell(one()) for _ in range(199)))
    assert {tuple(verdict) for verdict in verdicts} == {(ACKNOWLEDGE,)}
    assert len(billing.said(CreditsReserved)) == 10
    refused = billing.said(ReservationRefused)
    assert (len(refused), {each.reason for each in refused}) == (190, {"insufficient_credits"})
    assert (await billing.account(user_id))["held"] == 10
    assert len(await billing.rows("SELECT FROM holds WHERE state = 'held'")) == 10
    await billing.check_books()


@pytest.mark.parametrize("size", [1, 20])
async def test_a_batch_costs_three_statements_whatever_its_size(
    billing: Any, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lock, read, write. What the transaction emits and has seen is one more, of the chassis."""
    held = [
        ReserveCredits(
            reservation_id=ids.uuid7(), run_id=ids.uuid7(), user_id=ids.uuid7(), product_line="talkingphoto", credits=1
        )
        for _ in range(size)
    ]
    await billing.tell(*held)
    counted: list[str] = []
    for name in ("fetch", "fetchrow", "execute"):
        real = getattr(Transaction, name)

        async def counting(self: Any, statement: str, *arguments: Any, real: Any = real) -> Any:
            counted.append(statement.split(maxsplit=1)[0])
            return await real(self, statement, *arguments)

        monkeypatch.setattr(Transaction, name, counting)
    for instructions in (
        [each.model_copy(update={"reservation_id": ids.uuid7()}) for each in held],
        [CaptureCredits(reservation_id=each.reservation_id, run_id=each.run_id, credits=1) for each in held],
    ):
        counted.clear()
        await billing.tell(*instructions)
        assert len(counted) == 3, counted
