"""From facts to figures: what each adds, and to what. Pure, and the same in whatever order and portions it is done.

Only sums, the earliest and the latest of something are kept, and of what changes the word that was said last, told by
its number or its time: so figures that are made anew from the log are those that were made as it grew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from analytics.facts.counted import MEASURES
from analytics.facts.models import Fact
from contracts.billing import (
    EntitlementsChanged,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
)
from contracts.users import EmailVerified, UserLoggedIn, UserRegistered
from contracts.workflow import FileUploaded, ProjectCreated, RunCancelled, RunCompleted, RunCreated, RunFailed

NO_LINE = ""
"""Of what belongs to no product line."""


class Cell(NamedTuple):
    """Where a day's figure stands."""

    day: date
    product_line: str
    measure: str
    key: str


@dataclass
class Sum:
    """How many, and how much in all."""

    number: int = 0
    amount: Decimal = Decimal(0)


@dataclass
class Person:
    """When somebody first did what; ``seen_at`` is the last time they did anything themselves."""

    seen_at: datetime | None = None
    product_line: str | None = None
    first: dict[str, datetime] = field(default_factory=dict)


@dataclass
class Run:
    """What was last said of a run, and what was ever. ``told``: the number of that event within the run."""

    told: int
    status: str
    person: str | None = None
    product_line: str | None = None
    workflow_type: str | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None
    cost: Decimal | None = None


@dataclass
class Payment:
    """What was paid, and what of it given back."""

    person: str | None
    product_line: str | None
    currency: str
    plan: str | None = None
    amount: int = 0
    refunded: int = 0
    paid_at: datetime | None = None


class Subscription(NamedTuple):
    """What was last said of a subscription, and when; at one time by the message's id."""

    told_at: datetime
    told: UUID
    person: str | None
    product_line: str | None
    plan: str
    interval: str
    status: str


@dataclass
class Changes:
    """What a portion of facts adds to the figures."""

    days: dict[Cell, Sum] = field(default_factory=lambda: defaultdict(Sum))
    people: dict[str, Person] = field(default_factory=dict)
    tiers: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    active: set[tuple[date, str, str]] = field(default_factory=set)
    runs: dict[UUID, Run] = field(default_factory=dict)
    payments: dict[UUID, Payment] = field(default_factory=dict)
    subscriptions: dict[UUID, Subscription] = field(default_factory=dict)


FIRSTS: Mapping[str, str] = {
    UserRegistered.NAME: "registered_at",
    EmailVerified.NAME: "verified_at",
    FileUploaded.NAME: "uploaded_at",
    RunCreated.NAME: "ordered_at",
    RunCompleted.NAME: "completed_at",
    PaymentSucceeded.NAME: "paid_at",
}
"""The steps of the way from a visitor to a customer."""

ACTIVE = frozenset({UserLoggedIn.NAME, FileUploaded.NAME, ProjectCreated.NAME, RunCreated.NAME, UserRegistered.NAME})
"""What somebody does themselves: who did any of it was here that day."""

_ENDS = {RunCompleted.NAME: "completed", RunFailed.NAME: "failed", RunCancelled.NAME: "cancelled"}
_SUBSCRIPTIONS = frozenset(
    kind.NAME for kind in (SubscriptionCreated, SubscriptionUpdated, SubscriptionCancelled, SubscriptionExpired)
)


def fold(facts: Iterable[Fact]) -> Changes:
    """What the facts add."""
    changes = Changes()
    for fact in facts:
        line = fact.product_line or NO_LINE
        for measure in MEASURES[fact.type]:
            if measure.only is None or fact.body.get(measure.only) is not None:
                cell = changes.days[Cell(fact.at.date(), line, measure.name, measure.key(fact.body))]
                cell.number += 1
                cell.amount += measure.amount(fact.body)
        if fact.person is not None and (fact.type in ACTIVE or fact.type in FIRSTS):
            _of_person(changes, fact, fact.person, line)
        if fact.type == EntitlementsChanged.NAME and fact.person is not None:
            said = (fact.body["version"], fact.body["plan"])
            changes.tiers[fact.person, line] = max(changes.tiers.get((fact.person, line), said), said)
        elif fact.type == RunCreated.NAME or fact.type in _ENDS:
            _of_run(changes, fact)
        elif fact.type in (PaymentSucceeded.NAME, PaymentRefunded.NAME):
            _of_payment(changes, fact)
        elif fact.type in _SUBSCRIPTIONS:
            told = Subscription(
                fact.at,
                fact.id,
                fact.person,
                fact.product_line,
                fact.body["plan"],
                fact.body["interval"],
                fact.body["status"],
            )
            key = UUID(fact.body["subscription"])
            before = changes.subscriptions.get(key)
            if before is None or before[:2] < told[:2]:
                changes.subscriptions[key] = told
    return changes


def _of_person(changes: Changes, fact: Fact, name: str, line: str) -> None:
    person = changes.people.setdefault(name, Person())
    if fact.type in ACTIVE:
        changes.active.add((fact.at.date(), line, name))
        person.seen_at = max(person.seen_at or fact.at, fact.at)
    if fact.type == UserRegistered.NAME:
        person.product_line = fact.product_line
    if (step := FIRSTS.get(fact.type)) is not None:
        person.first[step] = min(person.first.get(step, fact.at), fact.at)


def _of_run(changes: Changes, fact: Fact) -> None:
    key, body = UUID(fact.body["run"]), fact.body
    run = changes.runs.setdefault(key, Run(told=body["sequence"], status=_ENDS.get(fact.type, "processing")))
    run.person, run.product_line = fact.person or run.person, fact.product_line or run.product_line
    run.workflow_type = body.get("workflow_type") or run.workflow_type
    if fact.type == RunCreated.NAME:
        run.created_at = min(run.created_at or fact.at, fact.at)
    if body["sequence"] >= run.told:
        run.told, run.status = body["sequence"], _ENDS.get(fact.type, "processing")
        run.ended_at = fact.at if fact.type in _ENDS else None
    if fact.type == RunCompleted.NAME:
        run.seconds, run.cost = body["seconds"], Decimal(body["cost"])


def _of_payment(changes: Changes, fact: Fact) -> None:
    body = fact.body
    payment = changes.payments.setdefault(
        UUID(body["payment"]), Payment(fact.person, fact.product_line, body["currency"])
    )
    payment.person, payment.product_line = payment.person or fact.person, payment.product_line or fact.product_line
    if fact.type == PaymentSucceeded.NAME:
        payment.plan, payment.amount, payment.paid_at = body.get("plan"), body["amount"], fact.at
    else:
        payment.refunded += body["amount"]
