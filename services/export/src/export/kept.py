"""How long export keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from chassis.data.retention import Kept, KeptObjects, for_ever, in_words, swept, until
from export.settings import Settings

GRACE = timedelta(days=1)
"""Objects outlive the last link to them by so much."""


def orders_for(settings: Settings) -> timedelta:
    """How long an order is kept after it ended, with what was made for it."""
    return timedelta(days=settings.kit_days) + GRACE


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    history = timedelta(days=settings.keep_history_days)
    return (
        for_ever("platform_requirements", "the catalogue"),
        for_ever("export_templates", "the catalogue"),
        for_ever("capability_prices", "a copy, one row a capability"),
        until("template_feedback", "the user is forgotten", "`export.people`"),
        until("renditions", _while_kit(settings), "`export.keeping`"),
        until("kit_orders", _while_kit(settings), "`export.keeping`"),
        for_ever("export_kits", "one small row a run: an expired kit is answered 410, not 404"),
        swept("export_history", history, "created_at"),
        swept(
            "delivered_runs",
            orders_for(settings),
            "delivered_at",
            only="NOT EXISTS (SELECT FROM export_kits WHERE workflow_id = run_id AND expires_at > $1)",
            words="and its kit has expired",
        ),
        swept("projects", timedelta(days=30), "deleted_at", only="deleted_at IS NOT NULL"),
        # Longer than any order is under way.
        swept("cancelled_orders", timedelta(days=30), "cancelled_at"),
        swept("fingerprints", timedelta(days=settings.fingerprint_days), "made_at"),
        until("fingerprint_keys", "the fingerprint goes", "the database: they belong to it"),
        swept("youtube_states", timedelta(0), "expires_at"),
        until("youtube_connections", "the user disconnects or Google ends the grant", "`export.youtube.connections`"),
        swept(
            "youtube_uploads",
            history,
            "updated_at",
            only="upload_status IN ('complete', 'failed')",
            words="once it has ended",
        ),
    )


def objects(settings: Settings) -> tuple[KeptObjects, ...]:
    """Every prefix the service stores under."""
    return tuple(
        KeptObjects(prefix, what, f"until {_while_kit(settings)}", "`export.keeping`")
        for prefix, what in (("videos/", "renditions"), ("images/", "posters"), ("documents/", "captions, kits"))
    )


def _while_kit(settings: Settings) -> str:
    return f"{in_words(orders_for(settings))} after its end, and as long as the run's kit can be fetched"
