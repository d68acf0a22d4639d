"""What the AI router needs beyond the common settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Vendor keys are not fields: the provider registry reads ``<VENDOR>_API_KEY`` for the rows it knows."""

    service_name: str = Field("ai_router", description="In log lines, metrics and traces.")
    job_concurrency: int = Field(32, ge=1, le=1000, description="Jobs under way at a time in one process.")
    job_lease_s: float = Field(30.0, gt=0, description="A job whose process died passes on after this long.")
    alone: bool = Field(False, description="This is the only worker on its database: take over open jobs at once.")
    render_deadline_s: float = Field(900.0, gt=0, description="Longest run of one local piece of work.")
    work_folder: Path | None = Field(None, description="Where attempts keep files while they run; else the system's.")
    catalogue_max_age_s: float = Field(5.0, ge=0, description="How old the catalogue and rules in memory may be.")
    health_every_s: float = Field(60.0, gt=0, description="How often each outside provider is asked for its health.")
    poll_stop_s: float = Field(600.0, gt=0, description="An asynchronous vendor that takes longer is given up.")
    cache_results: bool = Field(True, description="Answer repeated deterministic work from the result cache.")
    cache_for_s: float = Field(86_400.0, gt=0, description="How long a cached result is good for.")
