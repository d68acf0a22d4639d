"""Workflow's own settings."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, field_validator

from chassis.settings import ServiceSettings
from workflow.periods import Periods


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
    max_processing_per_user: int = Field(
        10, ge=1, description="Of these, runs of one user; more wait while those of others go on."
    )

    estimated_image_cost: Decimal = Field(
        Decimal(0), ge=0, description="What improving a photo costs, until it is known."
    )
    estimated_video_cost_per_second: Decimal = Field(
        Decimal(0), ge=0, description="What a second of video costs, until it is known."
    )

    link_s: int = Field(86_400, ge=60, le=604_800, description="How long a signed link holds (FIL-20).")
    file_link_s: int = Field(
        300, ge=60, le=604_800, description="How long a link to an upload holds; it outlives the file's deletion."
    )
    keep_days: dict[str, int] = Field(
        default_factory=dict,
        description="Days that something is kept, as JSON, where it is not as usual: by kind (`deleted`, `temporary`, "
        '`quarantined`, `results`, `history`) or by product line and kind: {"results": 60, '
        '"reely.results": 14} (FIL-22).',
    )

    clamd_address: str | None = Field(
        None,
        pattern=r"^(/.+|[^/\s]+:[0-9]{1,5})$",
        description="Where clamd listens, as `host:port` or the path of a socket; without it only the test pattern of "
        "scanners is known (FIL-13). Its StreamMaxLength bounds what can be uploaded.",
    )

    housekeeping_poll_s: float = Field(60.0, gt=0, description="How often files to remove are looked for.")

    @field_validator("keep_days", mode="after")
    @classmethod
    def _known_kinds(cls, value: dict[str, int]) -> dict[str, int]:
        Periods(value)
        return value
