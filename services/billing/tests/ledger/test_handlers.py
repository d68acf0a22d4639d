"""Billing's queues on a real PostgreSQL: answers, repeats, races, and the books after each."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.bus.port import ACKNOWLEDGE, Retry
from contracts.ai_router import CostRecorded
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)
from contracts.enums import Capability, Priority
from contracts.users import UserRegistered


def reserve(user_id: UUID, reservation_id: UUID | None = None) -> ReserveCredits:
    return ReserveCredits(
        reservation_id=reservation_id or ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=user_id,
        product_line="talkingphoto",
        credits=1,
        meter="workflows",
        units=1,
    )


def capture(held: ReserveCredits) -> CaptureCredits:
    return CaptureCredits(
        reservation_id=held.reservation_id, run_id=held.run_id, credits=1, actual_cost=Decimal("0.039")
    )


def release(held: ReserveCredits) -> ReleaseCredits:
    return ReleaseCredits(reservation_id=held.reservation_id, run_id=held.run_id, reason="run failed")


def registered(user_id: UUID) -> UserRegistered:
    return UserRegistered(user_id=user_id, email="a@example.com", username="a", home_product_line="talkingphoto")


async def test_a_new_user_gets_the_free_plan_once(billing: Any) -> None:
    user_id = ids.uuid7()
    first = billing.delivery(registered(user_id))
    assert await billing.deliver(first) == [ACKNOWLEDGE]
    assert await billing.deliver(first) == [ACKNOWLEDGE]
    await billing.tell(registered(user_id))
    account = await billing.account(user_id)
    assert (account["plan_type"], account["settled"], account["held"]) == ("free", 3, 0)
    [entitlements] = billing.said(EntitlementsChanged)
    assert entitlements.limits == {"workflows": 3}
    assert entitlements.priority is Priority.LOW
    await billing.check_books()


async def test_hold_then_capture_spends_one_credit(billing: Any) -> None:
    user_id = ids.uuid7()
    held = reserve(user_id)
    await billing.tell(held)
    await billing.tell(capture(held))
    account = await billing.account(user_id)
    assert (account["settled"], account["held"], account["used"]) == (2, 0, {"workflows": 1})
    [reserved] = billing.said(CreditsReserved)
    assert (reserved.plan, reserved.budget) == ("free", Decimal("0.1000"))
    [captured] = billing.said(CreditsCaptured)
    assert (captured.credits, captured.released) == (1, 0)
    await billing.check_books()


@pytest.mark.parametrize("settle", [capture, release])
async def test_a_second_delivery_changes_nothing(billing: Any, settle: Any) -> None:
    """The crash before the acknowledgement: everything committed, everything delivered again."""
    held = reserve(ids.uuid7())
    deliveries = [billing.delivery(held), billing.delivery(settle(held))]
    for delivery in deliveries:
        await billing.deliver(delivery)
    before, said = await billing.account(held.user_id), len(billing.recorder.messages)
    assert await billing.deliver(*deliveries) == [ACKNOWLEDGE, ACKNOWLEDGE]
    assert await billing.account(held.user_id) == before
    assert len(billing.recorder.messages) == said
    await billing.check_books()


async def test_a_command_sent_twice_is_answered_twice_and_done_once(billing: Any) -> None:
    held = reserve(ids.uuid7())
    await billing.tell(held, held, capture(held))
    await billing.tell(held, capture(held), release(held))
    assert len(billing.said(CreditsReserved)) == 3
    assert [answer.credits for answer in billing.said(CreditsCaptured)] == [1, 1]
    assert [answer.credits for answer in billing.said(CreditsReleased)] == [0]
    assert (await billing.account(held.user_id))["settled"] == 2
    await billing.check_books()


async def test_a_release_that_overtakes_its_reserve_leaves_nothing_held(billing: Any) -> None:
    held = reserve(ids.uuid7())
    await billing.tell(release(held))
    await billing.tell(held)
    assert [answer.credits for answer in billing.said(CreditsReleased)] == [0, 0]
    assert not billing.said(CreditsReserved)
    assert await billing.service.database.ready() is None
    await billing.check_books()


async def test_a_release_gives_credit_and_quota_back(billing: Any) -> None:
    user_id = ids.uuid7()
    held = [reserve(user_id) for _ in range(3)]
    await billing.tell(*held)
    await billing.tell(refused := reserve(user_id))
    [refusal] = billing.said(ReservationRefused)
    assert refusal.reservation_id == refused.reservation_id
    assert refusal.upgrade_to == ("starter", "pro", "enterprise")
    assert "3 of 3 workflows" in refusal.message
    await billing.tell(release(held[0]))
    await billing.tell(reserve(user_id))
    assert len(billing.said(CreditsReserved)) == 4
    assert billing.said(EntitlementsChanged)[-1].used == {"workflows": 3}
    await billing.check_books()


async def test_every_change_that_a_copy_shows_is_told_with_its_period(billing: Any) -> None:
    user_id = ids.uuid7()
    await billing.tell(registered(user_id))
    first, second = reserve(user_id), reserve(user_id)
    await billing.tell(first, second)
    await billing.tell(capture(first))
    await billing.tell(release(second))

    told = billing.said(EntitlementsChanged)
    assert [(each.used.get("workflows", 0), each.credits_available) for each in told] == [
        (0, 3),
        (2, 1),
        (2, 1),
        (1, 2),
    ]
    assert sorted(each.version for each in told) == [each.version for each in told]
    assert {each.period_ends_at for each in told} == {datetime(2026, 6, 1, tzinfo=UTC)}


async def test_what_is_said_again_changes_no_copy(billing: Any) -> None:
    held = reserve(ids.uuid7())
    await billing.tell(held)
    told = len(billing.said(EntitlementsChanged))
    await billing.tell(held, held)
    assert len(billing.said(EntitlementsChanged)) == told


async def test_a_new_month_begins_with_its_first_reservation(billing: Any) -> None:
    user_id = ids.uuid7()
    for held in [reserve(user_id) for _ in range(3)]:
        await billing.tell(held, capture(held))
    await billing.tell(reserve(user_id))
    assert len(billing.said(ReservationRefused)) == 1
    billing.clock.advance(timedelta(days=31))
    await billing.tell(reserve(user_id))
    last = billing.said(EntitlementsChanged)[-1]
    assert (last.used, last.period_ends_at) == ({"workflows": 1}, datetime(2026, 7, 1, tzinfo=UTC))
    assert len(billing.said(ReservationRefused)) == 1


async def test_many_runs_at_once_never_hold_more_than_there_is(billing: Any) -> None:
    user_id = ids.uuid7()
    wanted = [reserve(user_id) for _ in range(24)]
    await billing.tell(registered(user_id))
    batches = [[billing.delivery(command) for command in wanted[start : start + 3]] for start in range(0, 24, 3)]
    await asyncio.gather(*(billing.deliver(*batch) for batch in batches))
    assert len(billing.said(CreditsReserved)) == 3
    assert len(billing.said(ReservationRefused)) == 21
    assert (await billing.account(user_id))["held"] == 3
    await billing.check_books()


async def test_an_account_opened_by_two_commands_at_once_is_opened_once(billing: Any) -> None:
    user_id = ids.uuid7()
    verdicts = await asyncio.gather(*(billing.tell(reserve(user_id)) for _ in range(3)))
    # Whoever lost the race to open the account is told to come again.
    for [verdict] in verdicts:
        assert verdict == ACKNOWLEDGE or isinstance(verdict, Retry)
    assert (await billing.account(user_id))["settled"] == 3
    await billing.check_books()


async def test_an_overdue_hold_is_given_back(billing: Any) -> None:
    held = reserve(ids.uuid7())
    await billing.tell(held)
    expiry = billing.service.background[0]
    assert await expiry.run_once() == 0
    billing.clock.advance(timedelta(hours=25))
    assert await expiry.run_once() == 1
    assert await expiry.run_once() == 0
    [released] = billing.said(CreditsReleased)
    assert released.reason == "the hold expired"
    assert billing.said(EntitlementsChanged)[-1].used == {"workflows": 0}
    await billing.tell(capture(held))
    assert not billing.said(CreditsCaptured)
    await billing.check_books()


async def test_the_ledger_is_append_only(billing: Any) -> None:
    await billing.tell(reserve(ids.uuid7()))
    async with billing.database.connection() as connection:
        for statement in ("UPDATE ledger_entries SET credits = 0", "DELETE FROM ledger_entries"):
            with pytest.raises(Exception, match="append-only"):
                await connection.execute(statement)


async def test_costs_are_kept_once_per_attempt(billing: Any) -> None:
    cost = CostRecorded(
        attempt_id=ids.uuid7(),
        job_id=ids.uuid7(),
        user_id=ids.uuid7(),
        provider="nano_banana",
        capability=Capability.IMAGE_ENHANCEMENT,
        units=Decimal(1),
        unit_cost=Decimal("0.039"),
        cost=Decimal("0.039"),
    )
    delivery = billing.delivery(cost)
    await billing.deliver(delivery)
    await billing.deliver(delivery)
    await billing.tell(cost)
    async with billing.database.connection() as connection:
        assert await connection.fetchval("SELECT sum(cost) FROM cost_records") == Decimal("0.0390")


async def test_unreadable_commands_are_buried_with_the_reason(billing: Any) -> None:
    good = billing.delivery(reserve(ids.uuid7()))
    bad = type(good)(queue=good.queue, headers=good.headers, body=b'{"reservation_id": "no"}')
    [verdict, fine] = await billing.deliver(bad, billing.delivery(reserve(ids.uuid7())))
    assert "reservation_id" in verdict.reason
    assert fine == ACKNOWLEDGE


async def test_what_an_old_month_gives_back_is_not_the_new_ones(billing: Any) -> None:
    """A run that was begun on the last evening of the month and failed on the first morning of the next."""
    old = reserve(ids.uuid7())
    await billing.tell(old)
    billing.clock.advance(timedelta(days=31))
    await billing.tell(reserve(old.user_id))
    await billing.tell(release(old))
    account = await billing.account(old.user_id)
    assert (account["used"], account["settled"], account["held"]) == ({"workflows": 1}, 3, 1)
    await billing.tell(reserve(old.user_id), reserve(old.user_id))
    assert not billing.said(ReservationRefused)
    await billing.tell(reserve(old.user_id))
    [refused] = billing.said(ReservationRefused)
    assert refused.anew_at == datetime(2026, 7, 1, tzinfo=UTC)
    assert "01 July 2026" in refused.message
    await billing.check_books()


async def test_a_hold_outlives_its_run_however_short_its_own_time_is(billing: Any) -> None:
    """A run that may take three days, where holds are kept for one: its video is not given away."""
    held = reserve(ids.uuid7()).model_copy(update={"run_ends_by": billing.clock.now() + timedelta(days=3)})
    await billing.tell(held)
    expiry = billing.service.background[0]
    billing.clock.advance(timedelta(days=3, hours=23))
    assert await expiry.run_once() == 0
    billing.clock.advance(timedelta(hours=1))
    assert await expiry.run_once() == 1


async def test_a_copy_is_told_the_plans_that_have_more_and_those_with_a_feature(billing: Any) -> None:
    await billing.tell(registered(ids.uuid7()))
    [told] = billing.said(EntitlementsChanged)
    assert told.upgrades == {"workflows": ("starter", "pro", "enterprise")}
    assert told.plans_with == {
        "api_access": ("pro", "enterprise"),
        "customer_webhooks": ("pro", "enterprise"),
        "storage_mb": ("free", "starter", "pro", "enterprise"),
    }


async def test_an_edited_plan_is_told_to_every_copy_once(billing: Any) -> None:
    """Raising a limit helps whoever has reached it, this month."""
    users = [ids.uuid7() for _ in range(3)]
    await billing.tell(*(registered(user_id) for user_id in users))
    news = billing.service.background[1]
    assert await news.run_once() == 0, "nothing was edited since"
    await billing.execute("UPDATE credit_accounts SET updated_at = now() - interval '1 hour'")
    await billing.execute("UPDATE plans SET quotas = '{\"workflows\": 5}' WHERE plan_type = 'free'")
    assert await news.run_once() == 0, "another process may not have seen it yet"
    await billing.execute("ALTER TABLE plans DISABLE TRIGGER plans_edited")
    await billing.execute("UPDATE plans SET updated_at = now() - interval '2 minutes'")
    billing.clock.advance(timedelta(minutes=2))
    assert await news.run_once() == 3
    assert await news.run_once() == 0
    told = billing.said(EntitlementsChanged)[3:]
    assert {each.user_id for each in told} == set(users)
    assert [(each.limits, each.version) for each in told] == [({"workflows": 5}, 3)] * 3
    await billing.check_books()
