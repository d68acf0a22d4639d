"""How long ai-router keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from ai_router.jobs.housekeeping import COUNTED_FOR, UNUSED_FOR
from ai_router.settings import Settings
from chassis.data.retention import Kept, KeptObjects, for_ever, in_words, swept, until

_FILES = "`workflow.files.housekeeping`"
_COPY = ("the account is erased; a copy", "`ai_router.people`")
_HOUSEKEEPING = "`ai_router.jobs.housekeeping`"


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    jobs = timedelta(seconds=settings.keep_jobs_s)
    return (
        for_ever("providers", "the catalogue"),
        for_ever("routing_policies", "the catalogue"),
        for_ever("routing_rules", "the catalogue"),
        for_ever("ai_models", "the catalogue"),
        for_ever("catalogue_versions", "one row an edit of the catalogue, to which jobs refer"),
        for_ever("provider_health", "one row a provider"),
        swept("breakers", timedelta(days=40), "updated_at", words="or when a call goes well"),
        swept("daily_guard", timedelta(days=400), "day"),
        for_ever("capability_prices", "one row a capability"),
        until("ai_jobs", f"{in_words(jobs)} after they were ordered, and they have ended", _HOUSEKEEPING),
        until("provider_calls", f"{in_words(jobs)} after their job was ordered", _HOUSEKEEPING),
        until("paid_minutes", f"{in_words(COUNTED_FOR)} later", _HOUSEKEEPING),
        until("result_cache", "`expires_at`", _HOUSEKEEPING),
        until("entitlements", *_COPY),
        swept("idempotency_keys", timedelta(days=1), "created_at"),
        swept("key_spending", timedelta(days=2), "day"),
    )


def objects(settings: Settings) -> tuple[KeptObjects, ...]:
    """Every prefix the service stores under."""
    jobs = timedelta(seconds=settings.keep_jobs_s)
    unused = f"{in_words(UNUSED_FOR)} after the job's end"
    return tuple(
        kept
        for prefix in ("images/", "videos/", "audio/", "documents/")
        for kept in (
            KeptObjects(prefix, "what jobs hand out to runs", "with the run's results", "`workflow.cleaning`"),
            KeptObjects(prefix, "what single jobs hand out", f"{in_words(jobs)} after the order", _HOUSEKEEPING),
            KeptObjects(prefix, "what single jobs made for a project", "with the file it became", _FILES),
            KeptObjects(prefix, "what attempts made and no job hands out", unused, _HOUSEKEEPING),
        )
    )
