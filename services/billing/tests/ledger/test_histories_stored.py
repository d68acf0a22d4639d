"""Random histories on PostgreSQL, with crashes before the commit and messages that come twice, beside the same
decisions in memory: the rows say what the model says. ``STORED_SEQUENCES`` says how many."""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from billing.ledger import periods, queries
from billing.ledger.decisions import Decisions
from billing.ledger.models import Account, HoldState
from billing.ledger.repository import Books
from billing.plans.book import PlanBook
from billing.plans.catalogue import STARTING_CATALOGUE
from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.data.transaction import Transaction
from contracts.billing import CaptureCredits, ReleaseCredits, ReserveCredits
from contracts.users import UserRegistered

SEQUENCES = int(os.environ.get("STORED_SEQUENCES", "6"))
HOLD_FOR = timedelta(hours=24)


class Killed(Exception):
    """The process ended before the commit."""


async def test_the_database_keeps_what_was_decided(billing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, dying = Transaction._commit, [False]

    async def commit(self: Transaction) -> Any:
        if dying[0]:
            dying[0] = False
            raise Killed
        return await honest(self)

    monkeypatch.setattr(Transaction, "_commit", commit)
    for seed in range(SEQUENCES):
        await _one_history(billing, Random(seed), dying)
    await billing.check_books()


async def _one_history(billing: Any, random: Random, dying: list[bool]) -> None:
    line = random.choice(["pixie", "filmstudio", "talkingphoto"])
    plans = PlanBook()
    plans._plans = {(plan.product_line, plan.plan_type): plan for plan in STARTING_CATALOGUE}
    decisions = Decisions(plans, opening_plan="free", hold_for=HOLD_FOR)
    user_id = ids.uuid7()
    key = (user_id, line)
    await billing.tell(UserRegistered(user_id=user_id, email="a@example.com", username="a", home_product_line=line))
    opened = periods.open_account(user_id, plans.get(line, "free"), billing.clock.now())
    books = Books({key: opened.account}, {}, set())
    asked: list[ReserveCredits] = []
    for _ in range(25):
        if random.random() < 0.15:
            billing.clock.advance(timedelta(days=random.choice([0.1, 3, 20])))
        command = _command(random, line, user_id, asked)
        delivery = billing.delivery(command)
        dying[0] = random.random() < 0.25
        verdicts = await billing.deliver(delivery)
        while verdicts != [ACKNOWLEDGE] or random.random() < 0.2:
            verdicts = await billing.deliver(delivery)
        decisions.decide(command, books, billing.clock.now(), {})
    async with billing.database.transaction() as tx:
        stored = await queries.account(tx, user_id, line)
        holds = [await queries.hold(tx, each.reservation_id) for each in asked]
    assert stored is not None
    assert _known(stored) == _known(books.accounts[key])
    in_memory = [books.holds.get(each.reservation_id) for each in asked]
    assert [hold and (hold.state, hold.captured, hold.parts) for hold in holds] == [
        hold and (hold.state, hold.captured, hold.parts) for hold in in_memory
    ]
    assert sum(hold.credits for hold in holds if hold and hold.state is HoldState.HELD) == stored.held


def _command(random: Random, line: str, user_id: Any, asked: list[ReserveCredits]) -> Any:
    what = random.choice(["reserve", "reserve", "capture", "release"]) if asked else "reserve"
    if what == "reserve":
        meter, credits = {"pixie": ("image_jobs", 4), "filmstudio": ("film_minutes", 3)}.get(line, ("workflows", 1))
        asked.append(
            ReserveCredits(
                reservation_id=ids.uuid7(), run_id=ids.uuid7(), user_id=user_id, product_line=line, credits=credits,
                meter=meter, units=1,
            )
        )  # fmt: skip
        return asked[-1]
    one = random.choice(asked)
    if what == "capture":
        return CaptureCredits(reservation_id=one.reservation_id, run_id=one.run_id, credits=random.randint(0, 4))
    return ReleaseCredits(reservation_id=one.reservation_id, run_id=one.run_id, reason="failed")


def _known(account: Account) -> tuple[object, ...]:
    return (
        account.plan_type, account.settled, account.held, dict(account.used), account.period_start, account.grants,
        account.granted, account.version,
    )  # fmt: skip
