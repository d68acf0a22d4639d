"""How long billing keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from billing.settings import Settings
from chassis.data.retention import Kept, for_ever, swept

_LAW = "books are kept as long as the law asks"


def tables(_: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        for_ever("plans", "the catalogue"),
        for_ever("credit_accounts", "one row an account and product line"),
        for_ever("holds", _LAW),
        # No order to hold comes so long after its release: outboxes and queues are hours behind at the worst.
        swept("hold_tombstones", timedelta(days=30), "created_at"),
        for_ever("ledger_entries", _LAW),
        for_ever("cost_records", _LAW),
        for_ever("payment_events", _LAW),
        for_ever("payment_subscriptions", _LAW),
        for_ever("payment_customers", "who the processor knows"),
        for_ever("payment_facts", _LAW),
        for_ever("payment_decisions", _LAW),
        for_ever("usage_counters", "a few rows an account and month"),
        for_ever("sandbox_objects", "nobody's money, and few"),
        for_ever("plan_versions", "what was sold when"),
        for_ever("plan_prices", "subscribers keep the price they bought"),
        for_ever("purchases", _LAW),
        for_ever("payments", _LAW),
        for_ever("invoices", _LAW),
        swept("quotes", timedelta(days=90), "created_at"),
        swept("idempotency_keys", timedelta(days=1), "created_at"),
    )
