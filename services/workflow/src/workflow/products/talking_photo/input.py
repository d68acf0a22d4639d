"""What a talking photo is made from."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.enums import Captions, Language, Platform, Priority, Quality, Voice, WhenTooLong
from contracts.objects import StoredObject
from workflow.products.talking_photo.rules import CREDITS


class Approving(BaseModel):
    """How the owner wants to be asked."""

    model_config = ConfigDict(frozen=True)

    within_s: float
    goes_on: bool


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
    seed: int | None = None
    """Another one, another take of the same."""
    approvals: dict[str, Approving] = {}
    """By step: where its owner wants to be asked."""
    credits: int = CREDITS
    """What is held for it."""
    least_cost: Decimal | None = None
    """What its AI work costs at least, as far as that was known."""


def as_order(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The order that ``kept`` came from; where its owner was asked, and what was agreed on, is of that order alone."""
    return {_NAMES.get(name, name): kept[name] for name in _ORDERED if kept.get(name) is not None}


_ORDERED = (
    "script",
    "language",
    "voice",
    "duration",
    "platforms",
    "when_too_long",
    "captions",
    "quality",
    "enhancement_type",
    "title",
    "seed",
)
_NAMES = {
    "language": "script_language",
    "duration": "target_duration",
    "platforms": "target_platforms",
    "quality": "quality_preference",
}
