"""How long workflow keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from chassis.data.retention import Kept, KeptObjects, for_ever, swept, until
from chassis.http.repeats import KEY_LIFE
from workflow.periods import Periods
from workflow.settings import Settings

_COPY = ("the account is erased; a copy", "`workflow.people`")
_HOUSEKEEPING = "`workflow.files.housekeeping`"
_CLEANING = "`workflow.cleaning`"


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    periods = Periods(settings.keep_days)
    return (
        until("users", *_COPY),
        until("entitlements", *_COPY),
        until("files", _deleted(periods), _HOUSEKEEPING),
        until("uploads", "a day after it was announced, finished or not", "`workflow.resumable`"),
        until("projects", "it is deleted, or the account is erased", "`workflow.projects`, `workflow.people`"),
        until("project_versions", "its project goes, or a hundred newer ones are there", "`workflow.projects`"),
        swept("project_shares", timedelta(days=30), "expires_at"),
        until("project_assets", "its project or file goes", "`workflow.assets`"),
        until("film_plans", "its project goes", "`workflow.projects`"),
        until("film_takes", "its project or run goes, or twenty newer ones are there", "`workflow.films`"),
        swept("project_logs", timedelta(days=365), "timestamp", words="or its project goes"),
        until("project_runs", "its project goes", "`workflow.projects`"),
        until("lineage", "the account is erased: it is told also of what is gone", "`workflow.people`"),
        for_ever("runs", f"its user's list; results go before, see the objects ({_CLEANING})"),
        swept(
            "run_history",
            periods.of("history"),
            "at",
            only="EXISTS (SELECT FROM runs WHERE runs.id = run_id AND runs.finished_at < $1)",
            words="and after the run's end",
        ),
        until("batches", "the account is erased", "`workflow.people`"),
        until("batch_rows", "its batch goes", "`workflow.people`"),
        swept("idempotency_keys", KEY_LIFE, "created_at"),
        swept("key_spending", timedelta(days=2), "day"),
        for_ever("paces", "a few rows: how long each step of a product takes"),
        for_ever("platform_limits", "a copy, one row a platform"),
        for_ever("capability_prices", "a copy, one row a capability"),
    )


def objects(settings: Settings) -> tuple[KeptObjects, ...]:
    """Every prefix the service stores under, and the upkeep of all."""
    periods = Periods(settings.keep_days)
    results = f"{periods.words('results')} after the run's end"
    return (
        KeptObjects("images/", "uploads", f"until {_deleted(periods)}", _HOUSEKEEPING),
        *(
            KeptObjects(prefix, "results of runs", results, _CLEANING)
            for prefix in ("images/", "videos/", "audio/", "documents/")
        ),
        KeptObjects(
            "temp/",
            "temporary uploads, and parts of unfinished ones",
            periods.words("temporary"),
            "`workflow.files.upkeep`",
        ),
        KeptObjects(
            "quarantine/",
            "infected uploads",
            f"{periods.words('quarantined')}, and then as deleted ones",
            _HOUSEKEEPING,
        ),
    )


def _deleted(periods: Periods) -> str:
    return f"{periods.words('deleted')} after deletion or expiry, and no run can need it any more"
