"""What is kept of which events, and what each adds to the figures of its day: the one list of it (ANL-05). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

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
from contracts.message import Event
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

Body = Mapping[str, Any]


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


class Counted(NamedTuple):
    """The fields of an event that its fact has, and what is measured. A field that is not named is not kept."""

    fields: tuple[str, ...]
    measures: tuple[Measure, ...] = ()


_RUN = ("run_id", "sequence")
_SUBSCRIPTION = ("subscription_id", "plan", "interval", "status", "period_end")
_SUBSCRIBED = (Measure("subscription", lambda body: f"{body.get('what') or body['status']}|{body['plan']}"),)

COUNTED: Mapping[type[Event], Counted] = {
    UserRegistered: Counted((), (Measure("registered"),)),
    EmailVerified: Counted((), (Measure("verified"),)),
    UserLoggedIn: Counted((), (Measure("logged_in"),)),
    LoginFailed: Counted(("reason",), (Measure("login_failed", _named("reason")),)),
    FileUploaded: Counted(("mime_type", "size"), (Measure("uploaded", _named("mime_type"), _of("size")),)),
    ProjectCreated: Counted((), (Measure("project"),)),
    RunCreated: Counted((*_RUN, "workflow_type"), (Measure("ordered", _named("workflow_type")),)),
    RunCompleted: Counted(
        (*_RUN, "workflow_type", "cost", "credits", "seconds"),
        (
            Measure("completed", _named("workflow_type"), _of("cost")),
            Measure("seconds", _named("workflow_type"), _of("seconds")),
            Measure("credits", _named("workflow_type"), _of("credits")),
        ),
    ),
    RunFailed: Counted((*_RUN, "step", "code"), (Measure("failed", _named("step", "code")),)),
    RunCancelled: Counted((*_RUN, "step"), (Measure("cancelled", _named("step")),)),
    StepCompleted: Counted(
        ("run_id", "step", "provider", "score"),
        (
            Measure("score", _named("step"), _of("score"), only="score"),
            Measure("score_bucket", lambda body: f"{body['step']}|{int(body['score'])}", only="score"),
        ),
    ),
    JobCompleted: Counted(
        ("capability", "provider", "model", "score", "seconds", "attempts", "cache_hit"),
        (
            Measure("job", _named("provider", "capability"), _of("seconds")),
            Measure("job_score", _named("provider", "capability"), _of("score"), only="score"),
        ),
    ),
    JobFailed: Counted(("capability", "failure"), (Measure("job_failed", _named("capability", "failure")),)),
    CostRecorded: Counted(
        ("provider", "capability", "units", "cost"),
        (
            Measure("cost", _named("provider", "capability"), _of("cost")),
            Measure("units", _named("provider", "capability"), _of("units")),
        ),
    ),
    FallbackUsed: Counted(
        ("capability", "failed", "failure", "next_provider"), (Measure("fallback", _named("failed", "capability")),)
    ),
    ProviderHealthChanged: Counted(
        ("provider", "healthy"),
        (Measure("health", lambda body: f"{body['provider']}|{'up' if body['healthy'] else 'down'}"),),
    ),
    EntitlementsChanged: Counted(("plan", "version")),
    CreditsCaptured: Counted(("credits",), (Measure("captured", amount=_of("credits")),)),
    CreditsGranted: Counted(("credits", "category"), (Measure("granted", _named("category"), _of("credits")),)),
    UsageLimitReached: Counted(("plan", "meter"), (Measure("limit_reached", _named("plan", "meter")),)),
    SubscriptionCreated: Counted(_SUBSCRIPTION, _SUBSCRIBED),
    SubscriptionUpdated: Counted((*_SUBSCRIPTION, "what"), _SUBSCRIBED),
    SubscriptionCancelled: Counted((*_SUBSCRIPTION, "previous_plan"), _SUBSCRIBED),
    SubscriptionExpired: Counted((*_SUBSCRIPTION, "previous_plan"), _SUBSCRIBED),
    PaymentSucceeded: Counted(
        ("payment_id", "plan", "amount", "currency", "credits"),
        (Measure("paid", _named("currency", "plan"), _of("amount")),),
    ),
    PaymentFailed: Counted(
        ("payment_id", "plan", "amount", "currency"),
        (Measure("payment_failed", _named("currency", "plan"), _of("amount")),),
    ),
    PaymentRefunded: Counted(
        ("payment_id", "amount", "currency"), (Measure("refunded", _named("currency"), _of("amount")),)
    ),
    RenditionCompleted: Counted(("platform", "duration"), (Measure("rendition", _named("platform"), _of("duration")),)),
    KitCompleted: Counted((), (Measure("kit"),)),
}

MEASURES: Mapping[str, tuple[Measure, ...]] = {kind.NAME: counted.measures for kind, counted in COUNTED.items()}
"""The same by the name that a fact has of its event."""
