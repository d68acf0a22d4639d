"""What export is asked and what it publishes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.enums import Captions, Platform, Priority, WhenTooLong, WorkflowType
from contracts.message import Command, Event
from contracts.objects import StoredObject


class CreateRendition(Command):
    """Bring one video into the shape one platform wants, with captions."""

    NAME: ClassVar[str] = "export.create_rendition.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    rendition_id: UUID
    run_id: UUID
    user_id: UUID
    product_line: str
    platform: Platform
    video: StoredObject
    timings: StoredObject | None = None
    """Speech timings as JSON (``words``: list of text, start, end), for captions."""
    language: str = "en"
    when_too_long: WhenTooLong = WhenTooLong.SPLIT
    captions: Captions = Captions.FILES
    priority: Priority = Priority.NORMAL
    """The lane in which it waits for its turn (CON-10)."""


class CreateKit(Command):
    """Pack everything a user needs to publish into one archive."""

    NAME: ClassVar[str] = "export.create_kit.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    kit_id: UUID
    run_id: UUID
    user_id: UUID
    product_line: str
    workflow_type: WorkflowType
    title: str
    script: str
    language: str
    platforms: tuple[Platform, ...]
    image: StoredObject
    video: StoredObject
    renditions: dict[str, StoredObject]
    """By platform; the first part of what comes in parts."""
    captions: dict[str, StoredObject] = {}
    """By role: ``srt``, ``vtt``."""
    priority: Priority = Priority.NORMAL


class CancelExport(Command):
    """Stop the renditions and the kit of a run that are not finished. Repeatable.

    ``order_id``: the rendition or kit that is no longer wanted, which may come after this.
    """

    NAME: ClassVar[str] = "export.cancel_export.v1"
    READERS: ClassVar[tuple[str, ...]] = ("export",)
    SENDERS: ClassVar[tuple[str, ...]] = ("workflow",)

    run_id: UUID
    reason: str
    order_id: UUID | None = None


class Conformity(BaseModel):
    """One rule of a platform's specification, and what was measured on the finished file."""

    model_config = ConfigDict(frozen=True)

    rule: str
    wanted: str
    found: str
    holds: bool


class RenditionCompleted(Event):
    """One platform's video is ready. ``outputs`` by role: ``video``, ``srt``, ``vtt``, ``poster``.

    Of a film that comes in several parts each role has the part's number: ``video-1``, ``video-2``.
    """

    NAME: ClassVar[str] = "export.rendition_completed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "analytics")

    rendition_id: UUID
    run_id: UUID
    platform: Platform
    outputs: dict[str, StoredObject]
    width: int
    height: int
    duration: float
    """Of all parts together."""
    seconds: float
    whole: bool = True
    """False where the film comes in parts, or its end is left out."""
    captions: Captions = Captions.FILES
    """Where they came to be: what no installed font can draw is delivered in files."""
    warnings: tuple[str, ...] = ()
    """What was delivered otherwise than one would expect, for the user."""
    conformance: dict[str, tuple[Conformity, ...]] = {}
    """By role of ``outputs``: the rules of the platform's specification, as measured on the file."""
    claimed_by: str | None = None
    """Who has signed the C2PA claim in its videos and posters; None: there is no claim in them."""


class RenditionFailed(Event):
    """A platform's video could not be made."""

    NAME: ClassVar[str] = "export.rendition_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    rendition_id: UUID
    run_id: UUID
    platform: Platform
    code: str
    message: str
    retryable: bool


class KitCompleted(Event):
    """The archive is ready."""

    NAME: ClassVar[str] = "export.kit_completed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "analytics")

    kit_id: UUID
    run_id: UUID
    kit: StoredObject
    files: tuple[str, ...]
    seconds: float


class KitFailed(Event):
    """The archive could not be made; the video itself is usable."""

    NAME: ClassVar[str] = "export.kit_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    kit_id: UUID
    run_id: UUID
    code: str
    message: str
    retryable: bool


class PlatformLimitChanged(Event):
    """How long a video a platform takes, as export's row says since ``as_of``."""

    NAME: ClassVar[str] = "export.platform_limit_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow",)

    platform: Platform
    display_name: str
    longest_s: float | None
    """None: as long as one likes."""
    as_of: datetime


class ExportUserDataErased(Event):
    """A person's kits, uploads and connected channel are gone.

    ``ask``: of the ``users.user_deletion_requested.v1`` that this answers.
    """

    NAME: ClassVar[str] = "export.user_data_erased.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    user_id: UUID
    ask: int


class ExportDataExportPartReady(Event):
    """What export knows of a person is in the store, as JSON; users makes one archive of all parts."""

    NAME: ClassVar[str] = "export.data_export_part_ready.v1"
    READERS: ClassVar[tuple[str, ...]] = ("users",)

    export_id: UUID
    part: StoredObject
