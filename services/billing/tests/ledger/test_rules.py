"""The ledger's rules against random histories; no I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import periods, rules
from billing.ledger.models import Account, Hold, HoldState, Refusal
from billing.plans.catalogue import STARTING_CATALOGUE
from chassis import ids

START = datetime(2026, 1, 31, 23, tzinfo=UTC)
PLANS = {plan.plan_type: plan for plan in STARTING_CATALOGUE if plan.product_line == "talkingphoto"}

steps = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.integers(0, 3), st.sampled_from(["workflows", None])),
        st.tuples(st.just("capture"), st.integers(0, 9), st.integers(0, 4)),
        st.tuples(st.just("release"), st.integers(0, 9), st.none()),
        st.tuples(st.just("wait"), st.integers(0, 40), st.none()),
        st.tuples(st.just("buy"), st.integers(1, 20), st.none()),
    ),
    max_size=40,
)


def a_hold(account: Account, credits: int, meter: str | None) -> Hold:
    return Hold(
        id=ids.uuid7(),
        run_id=ids.uuid7(),
        user_id=account.user_id,
        product_line=account.product_line,
        credits=credits,
        captured=0,
        state=HoldState.HELD,
        meter=meter,
        units=1 if meter else 0,
        estimated_cost=Decimal(0),
        actual_cost=None,
        period_start=account.period_start,
        expires_at=START + timedelta(days=1),
    )


@given(steps, st.sampled_from(sorted(PLANS)))
def test_entries_always_add_up_and_nothing_is_ever_negative(history: list[tuple], plan_type: str) -> None:  # type: ignore[type-arg]
    plan = PLANS[plan_type]
    opened = periods.open_account(ids.uuid7(), plan, START)
    account, entries, holds, now = opened.account, list(opened.transfers), [], START
    for act, number, extra in history:
        if act == "hold":
            change = rules.hold(account, plan, a_hold(account, number, extra), ())
            if isinstance(change, Refusal):
                continue
            assert change.hold is not None
            holds.append(change.hold)
        elif act in ("capture", "release") and holds:
            index = number % len(holds)
            held = holds[index]
            change = (
                rules.capture(account, held, extra, Decimal(1), now)
                if act == "capture"
                else rules.release(account, held, now)
            )
            assert change.hold is not None
            holds[index] = change.hold
        elif act == "wait":
            now += timedelta(days=number)
            change = periods.roll_period(account, plan, now)
        elif act == "buy":
            change = rules.sell(account, number, "Top-up", ids.uuid7(), now)
        else:
            continue
        account, entries = change.account, entries + list(change.transfers)
        balance = sum(t.credits for t in entries if t.target == account.name) - sum(
            t.credits for t in entries if t.source == account.name
        )
        assert balance == account.settled
        assert account.held == sum(hold.credits for hold in holds if hold.state is HoldState.HELD)
        assert account.available == sum(grant.credits for grant in account.grants)
        assert all(grant.credits > 0 for grant in account.grants)
        assert all(used >= 0 for used in account.used.values())


def test_the_fourth_video_of_a_free_month_is_refused_with_the_plans_that_allow_it() -> None:
    plan = PLANS["free"]
    account = periods.open_account(ids.uuid7(), plan, START).account
    for _ in range(3):
        change = rules.hold(account, plan, a_hold(account, 1, "workflows"), ())
        assert not isinstance(change, Refusal)
        account = change.account
    refusal = rules.hold(account, plan, a_hold(account, 1, "workflows"), ("starter", "pro"))
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.limit, refusal.used) == ("quota_exceeded", 3, 3)
    assert refusal.upgrade_to == ("starter", "pro")


def test_a_new_month_starts_at_zero_and_keeps_what_is_held() -> None:
    plan = PLANS["free"]
    account = periods.open_account(ids.uuid7(), plan, START).account
    held = rules.hold(account, plan, a_hold(account, 1, "workflows"), ())
    assert not isinstance(held, Refusal)
    rolled = periods.roll_period(held.account, plan, START + timedelta(hours=2))
    assert rolled.account.used == {}
    assert (rolled.account.settled, rolled.account.held) == (4, 1)
    assert rolled.account.period_start == datetime(2026, 2, 1, tzinfo=UTC)


def test_december_is_followed_by_january() -> None:
    assert periods.month_of(datetime(2026, 12, 31, tzinfo=UTC))[1] == datetime(2027, 1, 1, tzinfo=UTC)


def test_an_unlimited_plan_is_never_short_of_credits() -> None:
    plan = PLANS["enterprise"]
    account = periods.open_account(ids.uuid7(), plan, START).account
    for _ in range(50):
        change = rules.hold(account, plan, a_hold(account, 1, "workflows"), ())
        assert not isinstance(change, Refusal)
        account = replace(change.account)
    assert account.held == 50
