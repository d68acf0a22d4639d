"""Each event of the processor takes effect once and in order (BIL-29, BIL-54)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog
from prometheus_client import Counter

from billing.payments import repository, rules
from billing.payments.dialect import STRIPE, Dialect
from billing.payments.events import (
    CheckoutReported,
    Event,
    Fact,
    InvoiceReported,
    SubscriptionReported,
)
from billing.payments.objects import Unreadable
from chassis.data.database import Transaction
from chassis.observe.metrics import REGISTRY

log = structlog.get_logger(__name__)

WEBHOOKS = Counter("payment_webhooks", "Reports of the payment processor.", ("result",), registry=REGISTRY)


class Result(StrEnum):
    """What came of an event; kept with it, but for ``REPEATED``."""

    APPLIED = "applied"
    STALE = "stale"
    DOUBTFUL = "doubtful"
    NOTED = "noted"
    """A fact that changes no subscription."""
    IGNORED = "ignored"
    """Of a type that is none of ours."""
    OTHER_MODE = "other_mode"
    """Of test mode while we are live, or the other way round."""
    UNREADABLE = "unreadable"
    """Signed, but not as documented. It is kept, so that it can be taken in once it can be read."""
    REPEATED = "repeated"


for _result in ("refused", *Result):
    # At zero from the start: what has not happened yet is a figure too.
    WEBHOOKS.labels(_result)


Follow = Callable[[Fact, Transaction], Awaitable[None]]


async def _follow_nothing(_: Fact, __: Transaction) -> None:
    """Where only the subscriptions themselves are kept."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where events arrive. ``live`` says which mode counts; None takes both."""

    secrets: Sequence[str] = field(repr=False)
    clock_now: Callable[[], datetime]
    live: bool | None = None
    follow: Follow = field(default=_follow_nothing, repr=False)
    """Lets what is known after an event take effect, in the event's transaction."""
    dialect: Dialect = STRIPE
    """Whose events these are."""

    def open(self, body: bytes, signature: str | None) -> Event:
        """Check who sent ``body`` and read its envelope. Raises ``BadSignature`` or ``Unreadable``."""
        self.dialect.verify(body, signature, self.secrets, now=self.clock_now().timestamp())
        return self.dialect.envelope(body)

    async def take(self, event: Event, body: bytes, tx: Transaction) -> tuple[Result, Fact | None]:
        """Let a checked event take effect, once; a repeated one changes nothing and has no fact."""
        if not await repository.record_event(tx, event, body, self.dialect.name):
            return Result.REPEATED, None
        return await self.take_effect(event, tx)

    async def take_effect(self, event: Event, tx: Transaction) -> tuple[Result, Fact | None]:
        """Let an event that is kept take effect, however often: what has had its effect changes nothing."""
        result, fact = await self._effect(event, tx)
        if fact is not None:
            await self.follow(fact, tx)
        await repository.finish_event(tx, event.id, result)
        return result, fact

    async def _effect(self, event: Event, tx: Transaction) -> tuple[Result, Fact | None]:
        if self.live is not None and event.livemode is not self.live:
            return Result.OTHER_MODE, None
        try:
            fact = self.dialect.fact_of(event)
        except Unreadable as wrong:
            log.error("payment_event.unreadable", event_id=event.id, type=event.type, reason=str(wrong))
            return Result.UNREADABLE, None
        match fact:
            case None:
                return Result.IGNORED, None
            case SubscriptionReported(subscription, rank):
                known = await repository.lock(tx, subscription.id, self.dialect.name)
                held, verdict = rules.report(known, subscription, rank=rank, created=event.created, event_id=event.id)
                if held != known:
                    await repository.save(tx, subscription.id, held)
                return Result(verdict.value), fact
            case CheckoutReported(checkout) if checkout.subscription_id is not None:
                await self._mentioned(tx, checkout.subscription_id)
            case InvoiceReported(subscription_id=str() as subscription_id):
                await self._mentioned(tx, subscription_id)
        return Result.NOTED, fact

    async def _mentioned(self, tx: Transaction, subscription_id: str) -> None:
        known = await repository.lock(tx, subscription_id, self.dialect.name)
        held = rules.mention(known)
        if held != known:
            await repository.save(tx, subscription_id, held)
