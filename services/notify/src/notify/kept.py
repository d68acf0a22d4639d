"""How long notify keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from chassis.data.retention import Kept, swept, until
from notify.settings import Settings


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        swept("client_events", timedelta(days=settings.keep_events_days), "created_at"),
        until("user_logs", "the account is erased", "`notify.people`"),
        swept("notifications", timedelta(days=settings.keep_messages_days), "created_at"),
        until("deliveries", "their message goes", "the database, with its message"),
        swept("mailbox", timedelta(days=settings.keep_mail_days), "created_at"),
        until("entitlements", "the account is erased", "`notify.people`"),
        until("webhook_endpoints", "its owner removes it", "`notify.webhooks`"),
        swept("webhook_deliveries", timedelta(days=settings.keep_webhook_days), "created_at"),
        swept(
            "alerts",
            timedelta(days=settings.keep_alerts_days),
            "last_at",
            only="resolved_at IS NOT NULL",
            words="once it is over",
        ),
        until("preferences", "the account is erased", "`notify.people`"),
        until("recipients", "the account is erased", "`notify.people`"),
    )
