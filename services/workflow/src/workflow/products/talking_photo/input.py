"""What a talking photo is made from."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from contracts.enums import Language, Platform, Priority, Quality, Voice
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
    quality: Quality
    enhancement_type: str
    title: str
    priority: Priority = Priority.NORMAL
    estimated_cost: Decimal = Decimal(0)
