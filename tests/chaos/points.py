"""Every crash point the embedded journey passes, found in the sources; a test fails when one is missing here.

What orders of the other products pass is written down while one is made.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random

REPOSITORY = Path(__file__).parents[2]
_CALL = re.compile(r"""point\(\s*"(?P<name>[a-z_]+\.(?:before|after)_[a-z_]+)"(?P<scope>,)?""")

SERVICES = ("users", "billing", "workflow", "ai_router", "export", "notify")
COMMITTING = (*SERVICES, "analytics")
"""Analytics tells nobody anything: nothing of it is in an outbox."""
SWEPT = tuple(service for service in SERVICES if service != "export")
"""Not export: the transaction that hears of the paid run takes along what the kit's left, and orders leave its sweep
nothing. The sweep is the same for all, and the outbox' own tests crash in it as well."""
QUEUES = (
    "users.entitlements",
    "billing.commands",
    "billing.accounts",
    "workflow.runs",
    "workflow.entitlements",
    "workflow.users",
    "workflow.assets",
    "ai_router.commands",
    "ai_router.orders",
    "ai_router.entitlements",
    "export.commands",
    "export.deliveries",
    "notify.runs",
    "notify.users",
    "notify.billing",
    "analytics.facts",
)
"""Not ``workflow.platforms``: what it takes in comes when an operator edits a row, which no order does. Workflow's own
tests deliver it twice. ``workflow.prices`` and ``export.prices`` likewise, which hear of a changed catalogue. Nor
``notify.jobs``: no step of a run is ordered by itself. Nor the queues of erasure: nobody is forgotten in a journey, and
``tests/test_seams.py`` delivers all that they take twice. Nor ``export.projects``: the journey's order is for no
project; export's own tests deliver what it takes twice."""
SCOPES = {
    "transaction.before_commit": COMMITTING,
    "transaction.after_commit": COMMITTING,
    "outbox.before_publish": SERVICES,
    "outbox.after_publish": SERVICES,
    "outbox.before_delete": SWEPT,
    "outbox.after_delete": SWEPT,
    "consumer.before_ack": QUEUES,
}
"""Points that many pass are crashed once for each who does."""

ELSEWHERE = {
    "rabbitmq.before_publish": "the distributed matrix",
    "rabbitmq.after_publish": "the distributed matrix",
    "rabbitmq.before_ack": "the distributed matrix",
    "rabbitmq.after_ack": "the distributed matrix",
    "storage.before_upload": "the S3 store's own tests",
    "storage.after_upload": "the S3 store's own tests",
    "provider.before_submit": "paid vendors only: ai-router's tests",
    "provider.after_submit": "paid vendors only: ai-router's tests",
    "provider.before_poll": "paid vendors only: ai-router's tests",
    "provider.after_poll": "paid vendors only: ai-router's tests",
    "provider.before_fetch": "paid vendors only: ai-router's tests",
    "provider.after_fetch": "paid vendors only: ai-router's tests",
    "provider.before_cancel": "paid vendors only: ai-router's tests",
    "provider.after_cancel": "paid vendors only: ai-router's tests",
    "provider.before_lookup": "paid vendors only: ai-router's tests",
    "provider.after_lookup": "paid vendors only: ai-router's tests",
    "payment.before_call": "the payment processor only: billing's tests",
    "payment.after_call": "the payment processor only: billing's tests",
    "youtube.before_begin": "export's own tests",
    "youtube.after_begin": "export's own tests",
    "youtube.before_send": "export's own tests",
    "youtube.after_send": "export's own tests",
    "youtube.before_list": "export's own tests",
    "youtube.after_list": "export's own tests",
    "youtube.before_captions": "export's own tests",
    "youtube.after_captions": "export's own tests",
    "dead_letter.before_commit": "poisoned messages only: the chassis' tests",
    "dead_letter.after_commit": "poisoned messages only: the chassis' tests",
    "uploads.before_part_is_known": "workflow's own tests",
    "uploads.after_part_is_known": "workflow's own tests",
    "uploads.before_finished": "workflow's own tests",
    "uploads.after_finished": "workflow's own tests",
    "files.before_put_away": "workflow's own tests",
    "files.after_put_away": "workflow's own tests",
    "files.before_size_is_known": "workflow's own tests",
    "files.after_size_is_known": "workflow's own tests",
    "signing_key.before_rename": "once per installation: users' tests",
    "signing_key.after_rename": "once per installation: users' tests",
}
"""Points the embedded journey does not pass, and who crashes there instead."""


def declared() -> set[str]:
    """Names of all points in the sources."""
    sources = [*REPOSITORY.glob("libs/*/src/**/*.py"), *REPOSITORY.glob("services/*/src/**/*.py")]
    return {found["name"] for source in sources for found in _CALL.finditer(source.read_text(encoding="utf-8"))}


def matrix() -> list[str]:
    """Every point of the embedded journey, with its scope where it has several."""
    points: list[str] = []
    for name in sorted(declared() - ELSEWHERE.keys()):
        points += [f"{scope}.{name}" for scope in SCOPES[name]] if name in SCOPES else [name]
    return points


NOT_OF_AN_ORDER = re.compile(r"^users\.|\.outbox\.(?:before|after)_delete$")
"""A new user's registration, and sweeping away what was sent: the matrix above crashes there."""


def share_of(passages: Counter[str], seed: int, shares: int) -> list[tuple[str, int]]:
    """Points of an order to crash at, each with the passage at which: any of those that there were. Each seed has a
    share of its own; as many seeds as shares have all."""
    mine = sorted(name for name in passages if not NOT_OF_AN_ORDER.search(name))[(seed - 1) % shares :: shares]
    return [(name, Random(f"{seed} {name}").randint(1, passages[name])) for name in mine]
