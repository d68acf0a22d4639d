"""How long notify keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from chassis.data.retention import Kept, for_ever, swept, until
from notify.settings import Settings


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        swept("client_events", timedelta(days=settings.keep_events_days), "created_at"),
        for_ever("user_logs", "one row a user: the newest number; missing: nothing tells of an account's erasure"),
        swept("notifications", timedelta(days=settings.keep_messages_days), "created_at"),
        until("deliveries", "their message goes", "the database, with its message"),
        swept("mailbox", timedelta(days=settings.keep_mail_days), "created_at"),
        for_ever("entitlements", "one row a user; missing: nothing tells of an account's erasure"),
        until("webhook_endpoints", "its owner removes it", "`notify.webhooks`"),
        swept("webhook_deliveries", timedelta(days=settings.keep_webhook_days), "created_at"),
        swept(
            "alerts",
            timedelta(days=settings.keep_alerts_days),
            "last_at",
            only="resolved_at IS NOT NULL",
            words="once it is over",
        ),
        for_ever("preferences", "one row a user; missing: nothing tells of an account's erasure"),
        until("recipients", "the account is erased", "`notify.people`"),
    )
