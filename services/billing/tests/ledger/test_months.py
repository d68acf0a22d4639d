"""Months in the ledger: what was held in one is settled in another, in any order, and each month stays right."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing.ledger import models, periods, rules
from billing.ledger.models import Account, Change, Hold, HoldState, Refusal, Terms
from billing.plans.catalogue import STARTING_CATALOGUE, UNLIMITED, Plan
from chassis import ids

START = datetime(2026, 1, 31, 23, tzinfo=UTC)
PLANS = {plan.plan_type: plan for plan in STARTING_CATALOGUE if plan.product_line == "talkingphoto"}
METER = "workflows"


def a_request(account: Account, credits: int = 1, meter: str | None = METER) -> Hold:
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


def held(account: Account, plan: Plan, request: Hold | None = None) -> tuple[Account, Hold]:
    change = rules.hold(account, plan, request or a_request(account), ())
    assert isinstance(change, Change)
    assert change.hold is not None
    return change.account, change.hold


def test_a_hold_of_last_month_gives_back_nothing_of_this_one() -> None:
    plan = PLANS["free"]
    account, old = held(periods.open_account(ids.uuid7(), plan, START).account, plan)
    account = periods.roll_period(account, plan, START + timedelta(days=1)).account
    account, _ = held(account, plan)
    released = rules.release(account, old, START + timedelta(days=1))
    assert released.account.used == {METER: 1}
    assert released.account.available == 2, "three of this month, less the one that is held"
    assert [(each.target, each.credits) for each in released.transfers] == [(models.EXPIRED, 1)]


def test_bought_credits_outlive_the_month_and_pay_for_what_the_plan_does_not() -> None:
    plan = PLANS["free"]
    account = periods.open_account(ids.uuid7(), plan, START).account
    account = rules.sell(account, 5, "Top-up", ids.uuid7(), START).account
    for _ in range(3):
        account, _ = held(account, plan)
    assert (account.bought, account.used) == (5, {METER: 3})
    account, fourth = held(account, plan)
    assert (account.bought, account.used, fourth.bought) == (4, {METER: 3}, 1)
    account = periods.roll_period(account, plan, START + timedelta(days=1)).account
    assert (account.bought, account.available) == (4, 7)
    assert rules.release(account, fourth, START + timedelta(days=1)).account.bought == 5


class Months(RuleBasedStateMachine):
    """One account through reserve, capture, release, expire, buy and months, in any order."""

    @initialize(plan=st.sampled_from(sorted(PLANS)))
    def open(self, plan: str) -> None:
        self.plan = self.opening = PLANS[plan]
        self.now = START
        self.lowered = False
        """A smaller plan came within a month: more may be used than it has."""
        self.entries: list[models.Transfer] = []
        self.holds: list[Hold] = []
        self.bought = self.bought_spent = 0
        self.take(periods.open_account(ids.uuid7(), self.plan, self.now))

    def take(self, change: Change) -> None:
        if hasattr(self, "account") and change.account.period_start != self.account.period_start:
            self.lowered = False
        self.account = change.account
        self.entries += change.transfers
        self.plan = PLANS[self.account.plan_type]

    def roll(self) -> None:
        self.take(periods.roll_period(self.account, self.plan, self.now, self.opening))

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(credits=st.integers(1, 4))
    def buy(self, credits: int) -> None:
        self.bought += credits
        self.take(rules.sell(self.account, credits, "Top-up", ids.uuid7(), self.now))

    @rule(credits=st.integers(1, 6))
    def give_money_back(self, credits: int) -> None:
        change, taken = rules.take_back(self.account, credits, "Top-up, refunded", ids.uuid7())
        assert taken == min(credits, self.account.bought)
        self.bought -= taken
        self.take(change)

    @rule(plan=st.sampled_from(sorted(PLANS)), ends=st.booleans())
    def subscribe(self, plan: str, ends: bool) -> None:
        self.now += timedelta(seconds=1)  # nobody pays for two within a second
        self.roll()
        start, end = periods.month_since(self.now, self.now)
        terms = Terms(plan, start, end, start, end if ends else None)
        self.lowered |= start == self.account.period_start
        self.take(periods.give(self.account, PLANS[plan], terms))
        assert self.account.period_end > self.now

    @rule(plan=st.sampled_from(sorted(PLANS)))
    def change_plan(self, plan: str) -> None:
        self.roll()
        if self.account.cycle_start is None:
            return
        terms = Terms(plan, self.account.period_start, self.account.period_end, self.account.cycle_start, None)
        self.lowered = True
        before = self.account
        self.take(periods.give(before, PLANS[plan], terms))
        assert (self.account.used, self.account.bought) == (before.used, before.bought)
        again = periods.give(self.account, self.plan, terms)
        assert (again.account, again.transfers) == (self.account, ()), "told twice, done once"

    @rule()
    def end(self) -> None:
        self.roll()
        self.lowered = True
        self.take(periods.fall_back(self.account, self.opening, self.now, self.now))
        again = periods.fall_back(self.account, self.opening, self.now, self.now)
        assert (again.account, again.transfers) == (self.account, ())

    @rule(plan=st.sampled_from(sorted(PLANS)))
    def lend(self, plan: str) -> None:
        self.roll()
        if self.account.cycle_start is not None:
            return
        self.lowered = True
        self.take(periods.lend(self.account, plan, periods.month_since(self.now, self.now)[1]))

    @rule(credits=st.integers(0, 3), meter=st.sampled_from([METER, None]))
    def reserve(self, credits: int, meter: str | None) -> None:
        self.roll()
        before = self.account
        outcome = rules.hold(before, self.plan, a_request(before, credits, meter), ())
        if isinstance(outcome, Refusal):
            if meter is not None:
                used, limit = before.used.get(METER, 0), self.plan.quotas[METER]
                assert used == limit or (self.lowered and used > limit), "the count decides, credits never refuse"
            assert before.bought < credits or credits == 0
            return
        assert outcome.hold is not None
        self.holds.append(outcome.hold)
        self.take(outcome)

    def _settled(self, number: int, settle: Change) -> None:
        before, after = self.account, settle.account
        if before.period_start != self.holds[number].period_start:
            assert after.used == before.used, "an old month's hold never touches the new month's counter"
        assert settle.hold is not None
        self.holds[number] = settle.hold
        self.take(settle)

    @precondition(lambda self: self.holds)
    @rule(number=st.integers(0, 99), credits=st.integers(0, 4))
    def capture(self, number: int, credits: int) -> None:
        number %= len(self.holds)
        before = self.holds[number]
        change = rules.capture(self.account, before, credits, Decimal(1), self.now)
        if before.state is HoldState.HELD and change.hold is not None:
            self.bought_spent += max(0, change.hold.captured - (before.credits - before.bought))
        self._settled(number, change)

    @precondition(lambda self: self.holds)
    @rule(number=st.integers(0, 99), state=st.sampled_from([HoldState.RELEASED, HoldState.EXPIRED]))
    def release(self, number: int, state: HoldState) -> None:
        number %= len(self.holds)
        self._settled(number, rules.release(self.account, self.holds[number], self.now, state=state))

    @invariant()
    def the_books_are_right(self) -> None:
        account, open_holds = self.account, [each for each in self.holds if each.state is HoldState.HELD]
        gained = sum(each.credits for each in self.entries if each.target == account.name)
        assert gained - sum(each.credits for each in self.entries if each.source == account.name) == account.settled
        assert account.held == sum(each.credits for each in open_holds)
        assert 0 <= account.bought <= account.available
        assert account.bought + sum(each.bought for each in open_holds) + self.bought_spent == self.bought

    @invariant()
    def the_count_is_what_was_held_this_month(self) -> None:
        counted = [
            each
            for each in self.holds
            if each.meter == METER
            and each.state in (HoldState.HELD, HoldState.CAPTURED)
            and each.period_start == self.account.period_start
        ]
        assert self.account.used.get(METER, 0) == len(counted)
        limit = self.plan.quotas[METER]
        assert limit == UNLIMITED or self.lowered or len(counted) <= limit

    @invariant()
    def nothing_of_an_old_month_is_left_in_a_new_one(self) -> None:
        fresh = periods.roll_period(self.account, self.plan, self.account.period_end, self.opening)
        lent = self.account.plan_until is not None and self.account.cycle_start is None
        plan = self.opening if lent else PLANS[fresh.account.plan_type]
        assert fresh.account.available == plan.credits_per_month + self.account.bought
        assert replace(fresh.account, used={}) == fresh.account


TestMonths = Months.TestCase
TestMonths.settings = settings(
    max_examples=int(os.environ.get("LEDGER_SEQUENCES", "200")), stateful_step_count=40, deadline=None
)
