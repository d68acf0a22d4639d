"""From facts to figures: what each adds, and to what. Pure, and the same in whatever order and portions it is done.

Only sums, the earliest and the latest of something are kept, and of what changes the word that was said last, told by
its number or its time: so figures that are made anew from the log are those that were made as it grew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from analytics.facts.models import Fact
from contracts.ai_router import CostRecorded, FallbackUsed, JobCompleted, JobFailed, ProviderHealthChanged
from contracts.billing import (
    CreditsCaptured,
    CreditsGranted,
    EntitlementsChanged,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionExpired,
    SubscriptionUpdated,
    UsageLimitReached,
)
from contracts.export import KitCompleted, RenditionCompleted
from contracts.users import EmailVerified, LoginFailed, UserLoggedIn, UserRegistered
from contracts.workflow import (
    FileUploaded,
    ProjectCreated,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunFailed,
    StepCompleted,
)

NO_LINE = ""
"""Of what belongs to no product line."""

Body = Mapping[str, Any]


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


def _nothing(_: Body) -> Decimal:
    return Decimal(0)


def _of(name: str) -> Callable[[Body], Decimal]:
    return lambda body: Decimal(str(body.get(name) or 0))


def _named(*names: str) -> Callable[[Body], str]:
    return lambda body: "|".join(str(body.get(name) or "") for name in names)


class Measure(NamedTuple):
    """What a fact adds to its day: one under ``key``, and ``amount``. Nothing where ``only`` is not there."""

    name: str
    key: Callable[[Body], str] = _named()
    amount: Callable[[Body], Decimal] = _nothing
    only: str | None = None


_SUBSCRIBED = Measure("subscription", lambda body: f"{body.get('what') or body['status']}|{body['plan']}")

MEASURES: Mapping[str, tuple[Measure, ...]] = {
    UserRegistered.NAME: (Measure("registered"),),
    EmailVerified.NAME: (Measure("verified"),),
    UserLoggedIn.NAME: (Measure("logged_in"),),
    LoginFailed.NAME: (Measure("login_failed", _named("reason")),),
    FileUploaded.NAME: (Measure("uploaded", _named("mime_type"), _of("size")),),
    ProjectCreated.NAME: (Measure("project"),),
    RunCreated.NAME: (Measure("ordered", _named("workflow_type")),),
    RunCompleted.NAME: (
        Measure("completed", _named("workflow_type"), _of("cost")),
        Measure("seconds", _named("workflow_type"), _of("seconds")),
        Measure("credits", _named("workflow_type"), _of("credits")),
    ),
    RunFailed.NAME: (Measure("failed", _named("step", "code")),),
    RunCancelled.NAME: (Measure("cancelled", _named("step")),),
    StepCompleted.NAME: (
        Measure("score", _named("step"), _of("score"), only="score"),
        Measure("score_bucket", lambda body: f"{body['step']}|{int(body['score'])}", only="score"),
    ),
    JobCompleted.NAME: (
        Measure("job", _named("provider", "capability"), _of("seconds")),
        Measure("job_score", _named("provider", "capability"), _of("score"), only="score"),
    ),
    JobFailed.NAME: (Measure("job_failed", _named("capability", "failure")),),
    CostRecorded.NAME: (
        Measure("cost", _named("provider", "capability"), _of("cost")),
        Measure("units", _named("provider", "capability"), _of("units")),
    ),
    FallbackUsed.NAME: (Measure("fallback", _named("failed", "capability")),),
    ProviderHealthChanged.NAME: (
        Measure("health", lambda body: f"{body['provider']}|{'up' if body['healthy'] else 'down'}"),
    ),
    EntitlementsChanged.NAME: (),
    CreditsCaptured.NAME: (Measure("captured", amount=_of("credits")),),
    CreditsGranted.NAME: (Measure("granted", _named("category"), _of("credits")),),
    UsageLimitReached.NAME: (Measure("limit_reached", _named("plan", "meter")),),
    SubscriptionCreated.NAME: (_SUBSCRIBED,),
    SubscriptionUpdated.NAME: (_SUBSCRIBED,),
    SubscriptionCancelled.NAME: (_SUBSCRIBED,),
    SubscriptionExpired.NAME: (_SUBSCRIBED,),
    PaymentSucceeded.NAME: (Measure("paid", _named("currency", "plan"), _of("amount")),),
    PaymentFailed.NAME: (Measure("payment_failed", _named("currency", "plan"), _of("amount")),),
    PaymentRefunded.NAME: (Measure("refunded", _named("currency"), _of("amount")),),
    RenditionCompleted.NAME: (Measure("rendition", _named("platform"), _of("duration")),),
    KitCompleted.NAME: (Measure("kit"),),
}

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
            key = UUID(fact.body["subscription_id"])
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
    key, body = UUID(fact.body["run_id"]), fact.body
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
        UUID(body["payment_id"]), Payment(fact.person, fact.product_line, body["currency"])
    )
    if fact.type == PaymentSucceeded.NAME:
        payment.plan, payment.amount, payment.paid_at = body.get("plan"), body["amount"], fact.at
    else:
        payment.refunded += body["amount"]
