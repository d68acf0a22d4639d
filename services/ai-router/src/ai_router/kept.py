"""How long ai-router keeps what it stores."""

from __future__ import annotations

from ai_router.settings import Settings
from chassis.data.retention import Kept, KeptObjects, for_ever, until

_MISSING = "missing: a sweeper"


def tables(_: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        for_ever("providers", "the catalogue"),
        for_ever("routing_policies", "the catalogue"),
        for_ever("routing_rules", "the catalogue"),
        for_ever("ai_models", "the catalogue"),
        for_ever("catalogue_versions", "one row an edit of the catalogue, to which jobs refer"),
        for_ever("provider_health", "one row a provider"),
        for_ever("ai_jobs", _MISSING),
        for_ever("provider_calls", _MISSING),
        until("result_cache", "`expires_at`", "`ai_router.jobs.housekeeping`"),
    )


def objects(_: Settings) -> tuple[KeptObjects, ...]:
    """Every prefix the service stores under."""
    kept_as_results = "with the run's results", "`workflow.cleaning`; missing: those of attempts that were not used"
    return tuple(
        KeptObjects(prefix, "what providers made", *kept_as_results)
        for prefix in ("images/", "videos/", "audio/", "documents/")
    )
