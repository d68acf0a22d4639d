"""Workflow's own settings."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pydantic import Field, FilePath, SecretStr

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What workflow needs beyond the common settings. Times in seconds."""

    service_name: str = Field("workflow", description="In log lines, metrics and traces.")

    retry_delays_s: tuple[float, ...] = Field(
        (60.0, 120.0, 240.0), description="Waits before each further try of a failed step (CON-07)."
    )
    step_within_s: float = Field(300.0, gt=0, description="A step that is silent for so long is asked again.")
    step_patience: int = Field(2, ge=0, le=10, description="How often it is asked again before it has failed.")
    undo_within_s: float = Field(60.0, gt=0, description="Giving credits back is asked for again after so long.")
    undo_tries: int = Field(
        10, ge=1, le=1000, description="How often giving back is asked for before a person is needed."
    )
    stop_within_s: float = Field(30.0, gt=0, description="A cancelled run waits so long for its work to stop.")
    run_deadline_s: float = Field(7200.0, gt=0, description="Every run has ended by then, whatever happens.")
    timer_poll_s: float = Field(0.5, gt=0, description="How often due runs are looked for.")
    max_processing: int = Field(50, ge=1, description="Runs made at once; more wait in their lane (WFL-35).")

    estimated_image_cost: Decimal = Field(
        Decimal(0), ge=0, description="What improving a photo costs, until it is known."
    )
    estimated_video_cost_per_second: Decimal = Field(
        Decimal(0), ge=0, description="What a second of video costs, until it is known."
    )

    face_landmarker: FilePath | None = Field(
        None,
        description="A face_landmarker.task file, the one that ai-router has; with it faces are found by landmarks.",
    )
    fallback_folder: Path | None = Field(
        None, description="Where uploads are kept while the object store is away (FIL-24); without it they are refused."
    )
    fallback_signing_key: SecretStr | None = Field(None, description="Signs links into the fallback folder.")
    link_s: int = Field(86_400, ge=60, le=604_800, description="How long a signed link holds (FIL-20).")
    keep_deleted_s: float = Field(3600.0, ge=0, description="Objects of deleted files are removed after so long.")
    housekeeping_poll_s: float = Field(60.0, gt=0, description="How often files to remove or move are looked for.")
