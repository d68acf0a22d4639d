"""What workflow publishes. Notify turns these into live updates and messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.billing import Money
from contracts.enums import ScanStatus, SharePermission, WorkflowType
from contracts.message import Event
from contracts.objects import StoredObject

Percent = Annotated[int, Field(ge=0, le=100)]


class FileUploaded(Event):
    """A file was accepted: judged by content, clean, stored."""

    NAME: ClassVar[str] = "workflow.file_uploaded.v1"
    READERS: ClassVar[tuple[str, ...]] = ("analytics",)

    file_id: UUID
    user_id: UUID
    product_line: str
    mime_type: str
    size: int
    sha256: str


class FileScanned(Event):
    """A file that was taken while no scanner answered has been looked at: ``clean``, or ``infected`` and put away."""

    NAME: ClassVar[str] = "workflow.file_scanned.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    file_id: UUID
    user_id: UUID
    product_line: str
    scan_status: ScanStatus


class FileDeleted(Event):
    """A file was deleted by its owner; its objects go when no run can need them any more."""

    NAME: ClassVar[str] = "workflow.file_deleted.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    file_id: UUID
    user_id: UUID
    product_line: str


class FileExpired(Event):
    """A file came to the end of its time and is deleted."""

    NAME: ClassVar[str] = "workflow.file_expired.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    file_id: UUID
    user_id: UUID
    product_line: str


class ProjectEvent(Event):
    """Base of what happens to projects; ``user_id`` is the owner, whoever did it."""

    project_id: UUID
    user_id: UUID
    product_line: str


class ProjectCreated(ProjectEvent):
    """A project was made."""

    NAME: ClassVar[str] = "workflow.project_created.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export", "analytics")

    title: str


class ProjectUpdated(ProjectEvent):
    """A project was changed; ``version`` is what it is now, ``changed`` names the fields."""

    NAME: ClassVar[str] = "workflow.project_updated.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    version: int
    changed: tuple[str, ...]


class ProjectDeleted(ProjectEvent):
    """A project is gone, with its versions, shares and links to assets; the files stay."""

    NAME: ClassVar[str] = "workflow.project_deleted.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export",)


class ProjectShared(ProjectEvent):
    """A project was shared: with ``shared_with``, or, where that is absent, with whoever has an address or a link."""

    NAME: ClassVar[str] = "workflow.project_shared.v1"
    READERS: ClassVar[tuple[str, ...]] = ()

    permission: SharePermission
    shared_with: UUID | None = None
    expires_at: datetime | None = None


class ProjectVideoReady(ProjectEvent):
    """A video was made for a project and is among its assets."""

    NAME: ClassVar[str] = "workflow.project_video_ready.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export",)

    run_id: UUID
    file_id: UUID
    video: StoredObject | None = None
    """The video itself; None from releases that did not say, like what follows."""
    title: str = ""
    script: str = ""
    language: str = "en"


class Standing(BaseModel):
    """How far a run is, told with a fact about it. ``step`` is what runs now, ``waiting_for`` is for a person."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    progress: Percent
    step: str
    message: str
    waiting_for: str | None = None
    provider: str | None = None
    cost: Money | None = None
    seconds_left: float | None = None
    note: str | None = None
    """What was done by itself so that the run does not stand still, for a person."""


class RunEvent(Event):
    """Base of a run's events; ``sequence`` counts them per run, so that readers can order them."""

    run_id: UUID
    user_id: UUID
    product_line: str
    sequence: Annotated[int, Field(ge=1)]


class RunCreated(RunEvent):
    """A run was accepted and will reach an end. ``standing`` is absent while it waits for a place."""

    NAME: ClassVar[str] = "workflow.run_created.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify", "analytics")

    workflow_type: WorkflowType
    title: str | None = None
    standing: Standing | None = None


class RunProgressed(RunEvent):
    """A run got further. ``waiting_for`` is the reason for the present wait, for a person."""

    NAME: ClassVar[str] = "workflow.run_progressed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    progress: Percent
    step: str
    message: str
    waiting_for: str | None = None
    provider: str | None = None
    cost: Money | None = None
    seconds_left: float | None = None
    note: str | None = None
    """What was done by itself so that the run does not stand still, for a person."""


class RunCompleted(RunEvent):
    """Everything asked for exists and was paid for."""

    NAME: ClassVar[str] = "workflow.run_completed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export", "notify", "workflow", "analytics")

    workflow_type: WorkflowType
    results: dict[str, StoredObject]
    """By name: ``enhanced_image``, ``video``, ``rendition_<platform>``, ``srt``, ``vtt``, ``kit``."""
    cost: Money
    credits: int
    seconds: float
    """From the order to the result, by the platform's clock; waiting for a place is part of it."""
    warnings: tuple[str, ...] = ()


class RunFailed(RunEvent):
    """A run ended without its result; whatever was held has been given back."""

    NAME: ClassVar[str] = "workflow.run_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "notify", "analytics")

    step: str
    code: str
    message: str
    retryable: bool
    credits_returned: bool
    details: dict[str, Any] = {}


class RunCancelled(RunEvent):
    """A run was stopped on request; whatever was held has been given back."""

    NAME: ClassVar[str] = "workflow.run_cancelled.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "notify", "analytics")

    step: str
    credits_returned: bool


class StepCompleted(RunEvent):
    """One step has its result. ``standing`` says how the run goes on; absent where another event follows that does."""

    NAME: ClassVar[str] = "workflow.step_completed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify", "analytics")

    step: str
    attempts: int
    """How many the part of the step took that took most."""
    provider: str | None = None
    score: float | None = None
    cost: Money
    seconds: float
    standing: Standing | None = None


class WorkflowUserDataErased(Event):
    """A person's files and results are gone, and runs say nothing of them.

    ``ask``: of the ``users.user_deletion_requested.v1`` that this answers.
    """

    NAME: ClassVar[str] = "workflow.user_data_erased.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    user_id: UUID
    ask: int


class WorkflowDataExportPartReady(Event):
    """What workflow knows of a person is in the store, as JSON; users makes one archive of all parts."""

    NAME: ClassVar[str] = "workflow.data_export_part_ready.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    export_id: UUID
    part: StoredObject
