"""How long analytics keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from analytics.settings import Settings
from chassis.data.retention import Kept, for_ever, swept, until

_COUNTED = "figures of people whom nothing leads to once they are forgotten (`analytics.facts`)"


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        until("facts", f"their month is more than {settings.keep_facts_months} months old", "`analytics.facts.months`"),
        until(
            "user_analytics",
            f"their month is more than {settings.keep_facts_months} months old",
            "`analytics.facts.months`",
        ),
        until(
            "system_health",
            f"their month is more than {settings.keep_facts_months} months old",
            "`analytics.facts.months`",
        ),
        until("consents", "the account is erased: whether analytics is agreed to", "`analytics.facts`"),
        for_ever("folded", "one row: from where on there are facts, and under which key their words are"),
        # As long as the inbox: no message comes again so late.
        swept("forgotten", timedelta(days=30), "forgotten_at"),
        for_ever("days", "figures of days"),
        for_ever("people", _COUNTED),
        until("tiers", "the account is erased", "`analytics.facts`"),
        for_ever("active_days", _COUNTED),
        for_ever("runs", _COUNTED),
        for_ever("payments", _COUNTED),
        for_ever("subscriptions", _COUNTED),
    )
