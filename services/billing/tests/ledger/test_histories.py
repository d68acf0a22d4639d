"""Random histories of an account against a model that knows every single credit.

The model has no sums: it has coins. Each was given with a grant, is free, held, spent or gone, and remembers by what it
was held. What the ledger says of an account must be what the coins say, after every step, also where a step was done
twice because the process had crashed before or after its commit.

``LEDGER_SEQUENCES=10000`` makes as many histories of it (``make histories``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from billing.ledger import periods, rules
from billing.ledger.decisions import Decisions
from billing.ledger.models import Account, Category, Change, Hold, HoldState, Transfer
from billing.ledger.repository import Books
from billing.plans.book import PlanBook
from billing.plans.catalogue import STARTING_CATALOGUE, UNLIMITED
from chassis import ids
from contracts.billing import (
    CaptureCredits,
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    ReleaseCredits,
    ReservationRefused,
    ReserveCredits,
)

START = datetime(2026, 1, 31, 23, tzinfo=UTC)
HOLD_FOR = timedelta(hours=24)
NEVER = datetime.max.replace(tzinfo=UTC)
PLAN_ORDERS = {
    "talkingphoto": [("workflows", 1, 1), (None, 2, 0), ("image_jobs", 1, 1)],
    "filmstudio": [("film_minutes", 3, 1), ("film_minutes", 6, 2), (None, 1, 0)],
    "pixie": [("image_jobs", 1, 1), ("image_jobs", 4, 1)],
}


@dataclass
class Coin:
    """One credit."""

    grant: UUID | str
    category: Category
    since: datetime
    expires_at: datetime | None
    priority: int
    where: str = "free"
    hold: UUID | None = None
    turn: int = 0
    """Its place among the coins of its hold."""

    def alive(self, month: datetime, now: datetime) -> bool:
        """Whether anybody could spend it."""
        if self.category is Category.PLAN:
            return self.since == month
        return self.expires_at is None or self.expires_at > now


@dataclass
class World:
    """Everything that is committed."""

    account: Account
    entries: list[Transfer] = field(default_factory=list)
    holds: dict[UUID, Hold] = field(default_factory=dict)
    tombstones: set[UUID] = field(default_factory=set)


class Histories(RuleBasedStateMachine):
    """Reserve, capture, release, refund, expire, grant, sweep, month end, crash, retry, in any order."""

    @initialize(line=st.sampled_from(sorted(PLAN_ORDERS)))
    def open(self, line: str) -> None:
        self.line, self.now = line, START
        self.plans = PlanBook()
        self.plans._plans = {(plan.product_line, plan.plan_type): plan for plan in STARTING_CATALOGUE}
        self.decisions = Decisions(self.plans, opening_plan="free", hold_for=HOLD_FOR)
        self.free_plan = self.plans.get(line, "free")
        self.user_id = ids.uuid7()
        opened = periods.open_account(self.user_id, self.free_plan, self.now)
        self.world = World(opened.account, list(opened.transfers))
        self.coins: list[Coin] = []
        self.asked: dict[UUID, ReserveCredits] = {}
        self.ended: dict[UUID, str] = {}
        self.mint_plans(self.free_plan.credits_per_month)

    # --- the model

    def mint(self, number: int, grant: UUID | str, category: Category, **how: object) -> None:
        facts = {"since": self.now, "expires_at": None, "priority": 50, **how}
        self.coins += [Coin(grant, category, **facts) for _ in range(number)]  # type: ignore[arg-type]

    def mint_plans(self, number: int) -> None:
        month = self.world.account.period_start
        self.mint(number, f"plan {month}", Category.PLAN, since=month)

    def free(self, which: Callable[[Coin], bool] = lambda _: True) -> list[Coin]:
        month_end = self.world.account.period_end
        return sorted(
            (coin for coin in self.coins if coin.where == "free" and which(coin)),
            key=lambda coin: (
                coin.priority,
                0 if coin.category is Category.PROMOTIONAL else 1,
                coin.expires_at or (month_end if coin.category is Category.PLAN else NEVER),
                coin.since,
                str(coin.grant) if coin.category is Category.PLAN else coin.grant.int,  # type: ignore[union-attr]
            ),
        )

    def come_back(self, coins: list[Coin]) -> None:
        for coin in coins:
            coin.where = "free" if coin.alive(self.world.account.period_start, self.now) else "gone"

    def of(self, hold: UUID, where: str) -> list[Coin]:
        return sorted((c for c in self.coins if c.hold == hold and c.where == where), key=lambda c: c.turn)

    def turn_month(self) -> None:
        """What the passing of time does, before anything else is done."""
        before = self.world.account
        self.commit(self.decisions.rolled(before, self.now))
        for coin in self.coins:
            over = coin.expires_at is not None and coin.expires_at <= self.now
            if coin.where == "free" and (over or not coin.alive(self.world.account.period_start, self.now)):
                coin.where = "gone"
        if self.world.account.period_start != before.period_start:
            self.mint_plans(self.free_plan.credits_per_month)

    # --- the ledger

    def commit(self, change: Change) -> None:
        self.world.account = change.account
        self.world.entries += change.transfers
        if change.hold is not None:
            self.world.holds[change.hold.id] = change.hold

    def carry_out(self, command: ReserveCredits | CaptureCredits | ReleaseCredits, crash: str) -> object:
        """As a worker does it: on a copy that is thrown away with a crash; and again after one."""
        for attempt in ("crash before the commit", "crash after the commit", ""):
            if attempt and attempt != crash:
                continue
            copy = deepcopy(self.world)
            key = (self.user_id, self.line)
            books = Books({key: copy.account}, copy.holds, copy.tombstones)
            answer = self.decisions.decide(command, books, self.now, {})
            if attempt != "crash before the commit":
                copy.account = books.accounts[key]
                copy.entries += books._transfers
                self.world = copy
        return answer

    crashes = st.sampled_from(["", "", "crash before the commit", "crash after the commit"])

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 9, 24 * 33]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def month_end(self) -> None:
        self.turn_month()

    @rule(
        credits=st.integers(1, 6),
        days=st.sampled_from([None, 1, 20, 60]),
        priority=st.sampled_from([50, 50, 10, 90]),
    )
    def grant(self, credits: int, days: int | None, priority: int) -> None:
        self.now += timedelta(seconds=1)
        reference = ids.uuid7()
        expires_at = self.now + timedelta(days=days) if days else None
        how = {"expires_at": expires_at, "priority": priority}
        self.commit(rules.grant(self.world.account, credits, "A gift", reference, self.now, **how))  # type: ignore[arg-type]
        self.mint(credits, reference, Category.PROMOTIONAL, **how)

    @rule(credits=st.integers(1, 6))
    def buy(self, credits: int) -> None:
        self.now += timedelta(seconds=1)
        purchase = ids.uuid7()
        self.commit(rules.sell(self.world.account, credits, "Top-up", purchase, self.now))
        self.mint(credits, purchase, Category.BOUGHT)

    @precondition(lambda self: any(coin.category is Category.BOUGHT for coin in self.coins))
    @rule(credits=st.integers(1, 8), number=st.integers(0, 99))
    def money_back(self, credits: int, number: int) -> None:
        bought = list(dict.fromkeys(c.grant for c in self.coins if c.category is Category.BOUGHT))
        purchase = bought[number % len(bought)]
        own = self.free(lambda c: c.grant == purchase)
        rest = self.free(lambda c: c.category is Category.BOUGHT and c.grant != purchase)
        due = (own + rest)[:credits]
        change, taken = rules.take_back(self.world.account, credits, "Refunded", purchase)  # type: ignore[arg-type]
        assert taken == len(due)
        for coin in due:
            coin.where = "gone"
        self.commit(change)

    @rule(number=st.integers(0, 9), crash=crashes)
    def reserve(self, number: int, crash: str) -> None:
        self.turn_month()
        meter, credits, units = PLAN_ORDERS[self.line][number % len(PLAN_ORDERS[self.line])]
        command = ReserveCredits(
            reservation_id=ids.uuid7(), run_id=ids.uuid7(), user_id=self.user_id, product_line=self.line,
            credits=credits, meter=meter, units=units,
        )  # fmt: skip
        before, free = self.world.account, self.free()
        limit = self.free_plan.quotas.get(meter or "")
        answer = self.carry_out(command, crash)
        self.asked[command.reservation_id] = command
        if limit is None:
            chosen = free[:credits] if credits <= len(free) else None
        elif limit == UNLIMITED or before.used.get(str(meter), 0) + units <= limit:
            plans = [coin for coin in free if coin.category is Category.PLAN]
            self.mint_plans(max(0, credits - len(plans)))
            chosen = self.free(lambda coin: coin.category is Category.PLAN)[:credits]
        else:
            lasting = [coin for coin in free if coin.category is not Category.PLAN]
            chosen = lasting[:credits] if credits <= len(lasting) else None
        if chosen is None:
            assert isinstance(answer, ReservationRefused), answer
            assert self.world.account.grants == before.grants
            return
        assert isinstance(answer, CreditsReserved), answer
        for turn, coin in enumerate(chosen):
            coin.where, coin.hold, coin.turn = "held", command.reservation_id, turn

    def any_hold(self, number: int) -> ReserveCredits:
        return list(self.asked.values())[number % len(self.asked)]

    @precondition(lambda self: self.asked)
    @rule(number=st.integers(0, 99), credits=st.integers(0, 7), crash=crashes)
    def capture(self, number: int, credits: int, crash: str) -> None:
        asked = self.any_hold(number)
        before = self.world.holds.get(asked.reservation_id)
        answer = self.carry_out(
            CaptureCredits(reservation_id=asked.reservation_id, run_id=asked.run_id, credits=credits), crash
        )
        if before is not None and before.state is HoldState.HELD:
            assert isinstance(answer, CreditsCaptured)
            coins = self.of(before.id, "held")
            for coin in coins[:credits]:
                coin.where = "spent"
            self.come_back(coins[credits:])
            self.end(before.id, "captured")
        elif before is None:
            assert isinstance(answer, CreditsReleased)

    @precondition(lambda self: self.asked)
    @rule(number=st.integers(0, 99), crash=crashes)
    def release(self, number: int, crash: str) -> None:
        asked = self.any_hold(number)
        before = self.world.holds.get(asked.reservation_id)
        answer = self.carry_out(
            ReleaseCredits(reservation_id=asked.reservation_id, run_id=asked.run_id, reason="failed"), crash
        )
        assert isinstance(answer, CreditsReleased)
        if before is not None and before.state is HoldState.HELD:
            self.come_back(self.of(before.id, "held"))
            self.end(before.id, "released")

    @rule(crash=crashes)
    def release_that_overtakes(self, crash: str) -> None:
        """What is released before it was asked for is never held."""
        meter, credits, units = PLAN_ORDERS[self.line][0]
        command = ReserveCredits(
            reservation_id=ids.uuid7(), run_id=ids.uuid7(), user_id=self.user_id, product_line=self.line,
            credits=credits, meter=meter, units=units,
        )  # fmt: skip
        early = ReleaseCredits(reservation_id=command.reservation_id, run_id=command.run_id, reason="early")
        before = self.world.account
        for each in (early, command):
            assert isinstance(self.carry_out(each, crash), CreditsReleased)
        assert self.world.account == before

    @rule()
    def sweep(self) -> None:
        """Holds whose time is over end, once."""
        for held in list(self.world.holds.values()):
            if held.state is HoldState.HELD and held.expires_at <= self.now:
                self.commit(rules.release(self.world.account, held, self.now, state=HoldState.EXPIRED))
                self.come_back(self.of(held.id, "held"))
                self.end(held.id, "expired")

    @precondition(lambda self: any(end == "captured" for end in self.ended.values()))
    @rule(number=st.integers(0, 99), credits=st.integers(1, 5))
    def refund(self, number: int, credits: int) -> None:
        captured = [hold for hold, end in self.ended.items() if end == "captured"]
        held = self.world.holds[captured[number % len(captured)]]
        self.commit(rules.refund(self.world.account, held, credits, "Not what was ordered", self.now))
        spent = self.of(held.id, "spent")
        self.come_back(spent[max(0, len(spent) - credits) :])

    def end(self, hold: UUID, how: str) -> None:
        assert hold not in self.ended, f"{hold} has ended twice"
        self.ended[hold] = how

    # --- what must be true

    @invariant()
    def the_ledger_says_what_the_coins_say(self) -> None:
        account, where = self.world.account, Counter(coin.where for coin in self.coins)
        assert (account.available, account.held) == (where["free"], where["held"])
        free = Counter(coin.grant for coin in self.coins if coin.where == "free" and coin.category is not Category.PLAN)
        assert {grant.id: grant.credits for grant in account.grants if grant.lasts} == free
        assert account.bought == free.total()

    @invariant()
    def entries_sum_to_balances(self) -> None:
        name, entries = self.world.account.name, self.world.entries
        assert all(entry.credits > 0 for entry in entries)
        came = sum(entry.credits for entry in entries if entry.target == name)
        went = sum(entry.credits for entry in entries if entry.source == name)
        assert came - went == self.world.account.settled
        spent = sum(
            e.credits * (1 if e.target == "platform:spent" else -1) for e in entries if "spent" in e.source + e.target
        )
        assert spent == sum(coin.where == "spent" for coin in self.coins)

    @invariant()
    def nothing_is_negative_and_every_hold_adds_up(self) -> None:
        account = self.world.account
        assert min(account.settled, account.held, account.available, account.bought, *account.used.values(), 0) == 0
        for held in self.world.holds.values():
            assert sum(part.credits for part in held.parts) == held.credits
            assert 0 <= held.refunded <= held.captured <= held.credits
            assert (held.state is HoldState.HELD) == (held.id not in self.ended)
            assert self.ended.get(held.id, "held") == held.state.value

    @invariant()
    def the_count_is_what_was_ordered_this_month(self) -> None:
        account, counted = self.world.account, Counter[str]()
        for held in self.world.holds.values():
            given_back = held.captured > 0 and held.refunded == held.captured
            stands = held.state in (HoldState.HELD, HoldState.CAPTURED) and not given_back
            if held.meter is not None and held.period_start == account.period_start and stands:
                counted[held.meter] += held.units
        assert {meter: used for meter, used in account.used.items() if used} == dict(counted)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=int(os.environ.get("LEDGER_SEQUENCES", "60")), stateful_step_count=50, deadline=None
)


def test_costs_of_a_capture_are_kept() -> None:
    """A capture says what the work cost us, whatever it captures."""
    opened = periods.open_account(ids.uuid7(), STARTING_CATALOGUE[-1], START).account
    wanted = Hold(
        id=ids.uuid7(), run_id=ids.uuid7(), user_id=opened.user_id, product_line="pixie", credits=2, captured=0,
        state=HoldState.HELD, meter="image_jobs", units=1, estimated_cost=Decimal(0), actual_cost=None,
        period_start=opened.period_start, expires_at=START,
    )  # fmt: skip
    held = rules.hold(opened, STARTING_CATALOGUE[-1], wanted, ())
    assert isinstance(held, Change)
    assert held.hold is not None
    captured = rules.capture(held.account, held.hold, 0, Decimal("0.0390"), START).hold
    assert captured is not None
    assert (captured.captured, captured.actual_cost) == (0, Decimal("0.0390"))
