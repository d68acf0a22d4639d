"""What is kept of an event: what it counts by and what is counted, never who, never words (CON-13, SEC-33). Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.bus.messages import Received
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

_SUBSCRIPTION = ("subscription_id", "plan", "interval", "status", "period_end")

KEPT: Mapping[type[Event], tuple[str, ...]] = {
    UserRegistered: (),
    EmailVerified: (),
    UserLoggedIn: (),
    LoginFailed: ("reason",),
    FileUploaded: ("mime_type", "size"),
    ProjectCreated: (),
    RunCreated: ("run_id", "sequence", "workflow_type"),
    RunCompleted: ("run_id", "sequence", "workflow_type", "cost", "credits", "seconds"),
    RunFailed: ("run_id", "sequence", "step", "code"),
    RunCancelled: ("run_id", "sequence", "step"),
    StepCompleted: ("run_id", "step", "provider", "score"),
    JobCompleted: ("capability", "provider", "model", "score", "seconds", "attempts", "cache_hit"),
    JobFailed: ("capability", "failure"),
    CostRecorded: ("provider", "capability", "units", "cost"),
    FallbackUsed: ("capability", "failed", "failure", "next_provider"),
    ProviderHealthChanged: ("provider", "healthy"),
    EntitlementsChanged: ("plan", "version"),
    CreditsCaptured: ("credits",),
    CreditsGranted: ("credits", "category"),
    UsageLimitReached: ("plan", "meter"),
    SubscriptionCreated: _SUBSCRIPTION,
    SubscriptionUpdated: (*_SUBSCRIPTION, "what"),
    SubscriptionCancelled: (*_SUBSCRIPTION, "previous_plan"),
    SubscriptionExpired: (*_SUBSCRIPTION, "previous_plan"),
    PaymentSucceeded: ("payment_id", "plan", "amount", "currency", "credits"),
    PaymentFailed: ("payment_id", "plan", "amount", "currency"),
    PaymentRefunded: ("payment_id", "amount", "currency"),
    RenditionCompleted: ("platform", "duration"),
    KitCompleted: (),
}
"""The fields of an event that its fact has. A field that is not named here is not kept, whatever it comes to hold."""


class Fact(NamedTuple):
    """One thing that happened. ``person`` stands for whoever did it, and leads back to nobody."""

    id: UUID
    type: str
    at: datetime
    person: str | None
    product_line: str | None
    body: dict[str, Any]


class Pseudonyms:
    """Words for people: the first 16 hexadecimal characters of a keyed SHA-256 (SEC-33)."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of(self, user_id: UUID) -> str:
        """Always the same for one person; without the key nobody finds out for whom."""
        return hmac.new(self._key, user_id.bytes, hashlib.sha256).hexdigest()[:16]


def fact_of(received: Received[Any], pseudonyms: Pseudonyms) -> Fact:
    """What is kept of an event that is one of ``KEPT``."""
    message, envelope = received.message, received.envelope
    user_id = getattr(message, "user_id", None) or envelope.user_id
    line = getattr(message, "product_line", None) or getattr(message, "home_product_line", None)
    return Fact(
        id=envelope.id,
        type=envelope.type,
        at=envelope.time,
        person=None if user_id is None else pseudonyms.of(user_id),
        product_line=line or envelope.product_line,
        body=message.model_dump(mode="json", include=set(KEPT[type(message)]), exclude_none=True),
    )
