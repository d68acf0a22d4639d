"""What the rows of users tell ``/metrics``: accounts, and who is here."""

from __future__ import annotations

from prometheus_client import Gauge

from chassis.observe.metrics import REGISTRY
from chassis.work.figures import Figure

ACCOUNTS = Gauge("users_accounts", "Accounts that are not erased.", ("active",), registry=REGISTRY)
SESSIONS = Gauge("users_sessions_used", "Sessions used in the last quarter of an hour.", registry=REGISTRY)
LOCKED = Gauge("users_locked", "Accounts that are locked after failed logins.", registry=REGISTRY)
ERASURES_OPEN = Gauge("users_erasures_open", "Erasures that some service has not answered yet.", registry=REGISTRY)
ERASURES_OLDEST_SECONDS = Gauge(
    "users_erasures_oldest_seconds", "For how long the oldest of them has been open.", registry=REGISTRY
)

FIGURES = (
    Figure((ACCOUNTS,), "SELECT is_active, count(*) FROM users GROUP BY 1", seldom=True),
    Figure(
        (SESSIONS,),
        "SELECT count(*) FROM user_sessions WHERE last_used_at > now() - interval '15 minutes' AND revoked_at IS NULL",
        seldom=True,
    ),
    Figure((LOCKED,), "SELECT count(*) FROM login_guards WHERE locked_until > now()"),
    Figure(
        (ERASURES_OPEN, ERASURES_OLDEST_SECONDS),
        "SELECT count(*), coalesce(extract(epoch FROM now() - min(requested_at)), 0) FROM erasures "
        "WHERE completed_at IS NULL",
    ),
)
