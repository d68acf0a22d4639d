"""What billing's rows tell ``/metrics``: what is held, who subscribes to what."""

from __future__ import annotations

from prometheus_client import Gauge

from chassis.observe.metrics import REGISTRY
from chassis.work.figures import Figure

HOLDS_OPEN = Gauge("billing_holds_open", "Reservations that are neither spent nor given back.", registry=REGISTRY)
CREDITS_HELD = Gauge("billing_credits_held", "Credits that they set aside.", registry=REGISTRY)
HOLDS_OLDEST_SECONDS = Gauge("billing_holds_oldest_seconds", "Age of the oldest of them.", registry=REGISTRY)
HOLDS_OVERDUE = Gauge("billing_holds_overdue", "Those of them whose time is over.", registry=REGISTRY)
ACCOUNTS = Gauge("billing_accounts", "Credit accounts, by plan.", ("product_line", "plan"), registry=REGISTRY)
CREDITS = Gauge("billing_credits", "Credits on accounts.", ("product_line", "plan"), registry=REGISTRY)
SUBSCRIPTIONS = Gauge(
    "billing_subscriptions", "Subscriptions that have not ended.", ("product_line", "status"), registry=REGISTRY
)

FIGURES = (
    Figure(
        (HOLDS_OPEN, CREDITS_HELD, HOLDS_OLDEST_SECONDS, HOLDS_OVERDUE),
        "SELECT count(*), coalesce(sum(credits), 0), coalesce(extract(epoch FROM now() - min(created_at)), 0), "
        "count(*) FILTER (WHERE expires_at < now()) FROM holds WHERE state = 'held'",
    ),
    Figure(
        (ACCOUNTS, CREDITS),
        "SELECT product_line, plan_type, count(*), sum(settled) FROM credit_accounts GROUP BY 1, 2",
        seldom=True,
    ),
    Figure(
        (SUBSCRIPTIONS,),
        "SELECT product_line, status, count(*) FROM payment_subscriptions "
        "WHERE ended_at IS NULL AND product_line IS NOT NULL AND status IS NOT NULL GROUP BY 1, 2",
        seldom=True,
    ),
)
