"""What export needs beyond the common settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Export's own settings."""

    service_name: str = Field("export", description="In log lines, metrics and traces.")
    export_concurrency: int = Field(4, ge=1, le=100, description="Orders under way at a time in one process.")
    export_lease_s: float = Field(30.0, gt=0, description="An order whose process died passes on after this long.")
    alone: bool = Field(False, description="This is the only worker on its database: take over open orders at once.")
    render_threads: int = Field(2, ge=1, le=64, description="Threads of one encoding job.")
    render_deadline_s: float = Field(900.0, gt=0, description="Longest run of one encoding job.")
    work_folder: Path | None = Field(None, description="Where orders keep files while they run; else the system's.")
    kit_days: int = Field(30, ge=1, description="How long a kit can be fetched.")
