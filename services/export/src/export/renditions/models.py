"""An order of a rendition, and what became of it."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.enums import Captions, WhenTooLong
from contracts.export import Conformity
from contracts.objects import StoredObject


class RenditionOrder(BaseModel):
    """What ``CreateRendition`` asks, for any row of the catalogue: ``platform`` is its name, ``instagram:story``.

    ``told``: workflow has ordered it and hears how it ends. Others were ordered by the owner of a finished run.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    rendition_id: UUID
    run_id: UUID
    user_id: UUID
    platform: str
    video: StoredObject
    timings: StoredObject | None = None
    language: str = "en"
    when_too_long: WhenTooLong = WhenTooLong.SPLIT
    captions: Captions = Captions.FILES
    highlight_words: bool = False
    draft: bool = False
    told: bool = True


class RenditionMade(BaseModel):
    """What ``RenditionCompleted`` says, of any row of the catalogue."""

    model_config = ConfigDict(frozen=True)

    rendition_id: UUID
    run_id: UUID
    platform: str
    outputs: dict[str, StoredObject]
    width: int
    height: int
    duration: float
    seconds: float
    whole: bool = True
    captions: Captions = Captions.FILES
    warnings: tuple[str, ...] = ()
    conformance: dict[str, tuple[Conformity, ...]] = {}
    claimed_by: str | None = None


class RenditionRefused(BaseModel):
    """What ``RenditionFailed`` says, likewise."""

    model_config = ConfigDict(frozen=True)

    rendition_id: UUID
    run_id: UUID
    platform: str
    code: str
    message: str
    retryable: bool
