"""A platform's technical requirements (EXP-03, EXP-17)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

STANDARD = "standard"


class Reserved(BaseModel):
    """What a platform draws its own buttons and texts over: shares of width and height from each side."""

    model_config = ConfigDict(frozen=True)

    left: float = Field(0.05, ge=0, lt=0.5, description="From the left.")
    top: float = Field(0.05, ge=0, lt=0.5, description="From above.")
    right: float = Field(0.05, ge=0, lt=0.5, description="From the right.")
    bottom: float = Field(0.05, ge=0, lt=0.5, description="From below.")

    def shares(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom


class Requirements(BaseModel):
    """What a video must be to be published there, and what may stand beside it."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="For people.", examples=["Instagram Reels"])
    format: str = Field("mp4", description="Container.")
    video_codec: Literal["h264", "vp9", "av1"] = Field("h264", description="Of the picture.")
    audio_codec: str = Field("aac", description="Of the sound.")
    aspect_ratio: str = Field(description="Width to height.", examples=["9:16"])
    width: int = Field(description="Pixels.", examples=[1080])
    height: int = Field(description="Pixels.", examples=[1920])
    frame_rate: float = Field(30.0, description="Pictures a second.")
    frame_rate_min: float | None = Field(None, description="Fewest pictures a second that are taken.")
    frame_rate_max: float | None = Field(None, description="Most pictures a second that are taken.")
    crf: int = Field(23, description="Constant rate factor of the encoder: lower is better and larger.")
    video_bit_rate: int | None = Field(None, description="Bits per second; null: as the rate factor needs.")
    max_bit_rate: int | None = Field(None, description="Most bits per second that are taken, of all together.")
    audio_bit_rate: int = Field(128_000, description="Bits per second.")
    sample_rate: int = Field(48_000, description="Samples a second.")
    loudness_lufs: float = Field(-14.0, description="Integrated loudness, BS.1770-4.")
    true_peak_db: float = Field(-1.0, description="Highest true peak after encoding, dBTP.")
    min_duration_s: float | None = Field(None, gt=0, description="Shortest video that is taken.")
    max_duration_s: float | None = Field(
        None, gt=0, description="Longest video; a longer film comes in parts or ends at a sentence, as ordered."
    )
    max_duration_source: str | None = Field(None, description="Where that is stated.")
    max_duration_checked: date | None = Field(None, description="When it was looked up there.")
    max_size_mb: int = Field(description="Largest file.", examples=[4096])
    caption_length: int = Field(description="Characters of the text beside the video.")
    title_length: int | None = Field(None, description="Characters of a title, where there is one.")
    hashtags: int = Field(description="How many are sensible.")
    fit: Literal["crop", "pad", "auto"] = Field(
        "auto",
        description="How another aspect ratio is reached: `auto` crops around the face unless that would cut into it, "
        "and shows the whole picture on a blurred ground otherwise.",
    )
    reserved: Reserved = Field(Reserved(), description="Kept free of captions, because the platform draws over it.")
    reserved_source: str | None = Field(None, description="Where that is stated.")
    caption_files: tuple[Literal["srt", "vtt"], ...] = Field(
        (), description="Files with captions that can be uploaded; none: order captions burned in."
    )
    declarations: tuple[str, ...] = Field(
        (), description="What has to be declared.", examples=[["Made with AI: switch on the AI label."]]
    )
    source: str | None = Field(None, description="Where sizes, rates and limits are stated.")
    checked: date | None = Field(None, description="When they were looked up there.")


class PlatformSpecification(BaseModel):
    """One row: a platform, a variant of it, and what it wants."""

    model_config = ConfigDict(frozen=True)

    platform: str = Field(description="Where.", examples=["instagram"])
    variant: str = Field(STANDARD, description="Which shape of it.")
    version: int = Field(1, description="Rises when the platform changes its mind.")
    values: Requirements = Field(description="What it wants.")

    @property
    def name(self) -> str:
        """As it is ordered: ``instagram``, or ``instagram:story``."""
        return self.platform if self.variant == STANDARD else f"{self.platform}:{self.variant}"
