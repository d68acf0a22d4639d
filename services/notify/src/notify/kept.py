"""How long notify keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from chassis.data.retention import Kept, swept, until
from notify.settings import Settings


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        swept("client_events", timedelta(days=settings.keep_events_days), "created_at"),
        swept("notifications", timedelta(days=settings.keep_messages_days), "created_at"),
        until("recipients", "the account is erased", "`notify.people`"),
    )
