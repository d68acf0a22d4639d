"""What a talking photo is made from."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.enums import Captions, Language, Platform, Priority, Quality, Voice, WhenTooLong
from contracts.objects import StoredObject


class TalkingPhotoInput(BaseModel):
    """Checked when the run was accepted; kept with the run, never changed. ``duration`` in seconds."""

    model_config = ConfigDict(frozen=True)

    image: StoredObject
    """The prepared photo (FIL-14)."""
    script: str
    language: Language
    voice: Voice
    duration: int
    platforms: tuple[Platform, ...]
    when_too_long: WhenTooLong = WhenTooLong.SPLIT
    captions: dict[Platform, Captions] = {}
    """Platforms not named here get files."""
    quality: Quality
    enhancement_type: str
    title: str
    priority: Priority = Priority.NORMAL
    estimated_cost: Decimal = Decimal(0)
    film_s: float | None = None
    """How long the script is expected to be spoken."""
    paces: dict[str, float] = {}
    """How many times its usual time each step was expected to take when it was ordered."""
    sides: tuple[int, int] | None = None
    """Width and height of the photo."""
    max_credits: int | None = None
    """The most that whoever ordered agreed to."""
    quote_id: UUID | None = None
    least_cost: Decimal | None = None
    """What its AI work costs at least, as far as that was known."""
