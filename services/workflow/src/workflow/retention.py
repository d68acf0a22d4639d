"""How long workflow keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from chassis.data.retention import Kept, KeptObjects, for_ever, in_words, swept, until
from workflow.files.service import QUARANTINE_DAYS, TEMPORARY_DAYS
from workflow.runs.repository import KEY_LIFE
from workflow.settings import Settings

_COPY = "a copy, one row an account; missing: nothing tells of an account's erasure"
_HOUSEKEEPING = "`workflow.files.housekeeping`"
_CLEANING = "`workflow.cleaning`"


def kept(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        for_ever("users", _COPY),
        for_ever("entitlements", _COPY),
        until("files", _deleted(settings), _HOUSEKEEPING),
        for_ever("runs", f"its user's list; results go before, see the objects ({_CLEANING})"),
        swept(
            "run_history",
            timedelta(days=settings.keep_history_days),
            "at",
            only="EXISTS (SELECT FROM runs WHERE runs.id = run_id AND runs.finished_at < $1)",
            words="and after the run's end",
        ),
        swept("idempotency_keys", KEY_LIFE, "created_at"),
    )


def objects(settings: Settings) -> tuple[KeptObjects, ...]:
    """Every prefix the service stores under, and the upkeep of all."""
    results = f"{settings.keep_results_days} days after the run's end"
    return (
        KeptObjects("images/", "uploads", f"until {_deleted(settings)}", _HOUSEKEEPING),
        *(
            KeptObjects(prefix, "results of runs", results, _CLEANING)
            for prefix in ("images/", "videos/", "audio/", "documents/")
        ),
        KeptObjects("temp/", "temporary uploads", f"{TEMPORARY_DAYS} days", "`workflow.files.upkeep`"),
        KeptObjects(
            "quarantine/", "infected uploads", f"{QUARANTINE_DAYS} days and what deleted ones have", _HOUSEKEEPING
        ),
    )


def _deleted(settings: Settings) -> str:
    period = in_words(timedelta(seconds=settings.keep_deleted_s))
    return f"{period} after deletion or expiry, and no run can need it any more"
