"""Which report of a subscription counts. Pure.

Stripe promises no order and repeats what it sends (docs.stripe.com/webhooks, "Event ordering", "Handle duplicate
events"), and an event's time has whole seconds. So:

- ``deleted`` counts over everything, ``created`` under everything: a subscription begins once, and an ended one stays
  ended.
- Of two updates the later counts.
- Of two updates of one second nobody can say which came later. The state stays as it is, the row is marked doubtful,
  and the subscription is read from Stripe. The same holds for an update whose second the last reading touched, and for
  an invoice or a finished visit that speaks of a subscription not yet known.
- A reading counts if nothing else did since it began: whatever was known before it was asked for is in it. Otherwise
  the row stays doubtful and is read again.

A state that counts is therefore never older than the one it replaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.payments.port import Observed, Subscription

DELETED = 2


class Verdict(StrEnum):
    """What came of a report."""

    APPLIED = "applied"
    STALE = "stale"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What we hold of one subscription. Empty (``subscription`` None) when it was only heard of."""

    subscription: Subscription | None = None
    rank: int = -1
    """Of the event that counted last; 1 after a reading."""
    since: datetime | None = None
    """The state was so no earlier than this on Stripe's clock. For an event both are its second."""
    until: datetime | None = None
    event_id: str | None = None
    """Of the event that counted last; None after a reading."""
    doubtful: bool = False
    version: int = 0
    """Grows whenever something here changes or comes into doubt."""


def report(
    known: Known, subscription: Subscription, *, rank: int, created: datetime, event_id: str
) -> tuple[Known, Verdict]:
    """What we hold after an event of ``rank`` (0 created, 1 updated, 2 deleted) and second ``created``."""
    if _ended(known) or event_id == known.event_id or rank < known.rank:
        return known, Verdict.STALE
    later = rank > known.rank or known.until is None or created > known.until
    if not later:
        if known.since is not None and created < known.since:
            return known, Verdict.STALE
        if known.event_id is not None and subscription == known.subscription:
            return known, Verdict.STALE
        return doubted(known), Verdict.DOUBTFUL
    counted = replace(
        known,
        subscription=subscription,
        rank=rank,
        since=created,
        until=created,
        event_id=event_id,
        # Later than what was in doubt, it settles that; but whoever spoke of it before may have known more than it.
        doubtful=known.doubtful and known.subscription is None and rank != DELETED,
        version=known.version + 1,
    )
    return counted, Verdict.APPLIED


def mention(known: Known) -> Known:
    """What we hold after an event that speaks of the subscription without describing it."""
    return doubted(known) if known.subscription is None and not known.doubtful else known


def doubted(known: Known) -> Known:
    """The same, to be read from Stripe."""
    return replace(known, doubtful=True, version=known.version + 1)


def reading(known: Known, observed: Observed, *, asked_at_version: int) -> tuple[Known, Verdict]:
    """What we hold after Stripe was asked, which began when the row was at ``asked_at_version``."""
    if known.version != asked_at_version:
        return known, Verdict.STALE
    return (
        replace(
            known,
            subscription=observed.subscription,
            rank=DELETED if observed.subscription.status.is_final else 1,
            since=observed.since,
            until=observed.until,
            event_id=None,
            doubtful=False,
            version=known.version + 1,
        ),
        Verdict.APPLIED,
    )


def _ended(known: Known) -> bool:
    return known.subscription is not None and known.subscription.status.is_final
