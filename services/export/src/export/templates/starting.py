"""The templates a new installation starts with: one for each workflow type and platform (EXP-13).

Each is composed of what the platform asks of a person and what the type of video needs; both are below, as data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.enums import TALKING_PHOTO_TYPES, Difficulty, Platform, WorkflowType


@dataclass(frozen=True, slots=True)
class Template:
    """One row of ``export_templates``. ``prompt_template`` has the fields ``{title}`` and ``{script}``."""

    workflow_type: str
    platform: str
    template_name: str
    steps: tuple[str, ...]
    prompt_template: str
    settings: Mapping[str, Any]
    assets_required: tuple[str, ...]
    difficulty_level: Difficulty
    estimated_time_minutes: int
    tools_required: tuple[str, ...]

    @property
    def instructions_html(self) -> str:
        """The steps as a list."""
        return "<ol>" + "".join(f"<li>{step}</li>" for step in self.steps) + "</ol>"


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    steps: tuple[str, ...]
    tool: str
    minutes: int


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    advice: str
    prompt: str
    hashtags: tuple[str, ...]
    difficulty: Difficulty = Difficulty.BEGINNER


_PLACES: dict[str, _Place] = {
    Platform.INSTAGRAM: _Place(
        "Instagram Reels",
        (
            "Open Instagram on your phone, tap the plus sign and choose Reel.",
            "Pick video.mp4 from this folder; it fills the screen as it is.",
            "Choose cover.jpg as the cover.",
            "Paste caption.txt as the caption.",
            "Switch on captions in the accessibility settings, or upload captions.srt where your account offers it.",
            "Share.",
        ),
        "Instagram app",
        5,
    ),
    Platform.TIKTOK: _Place(
        "TikTok",
        (
            "Open TikTok, tap the plus sign and then Upload.",
            "Pick video.mp4 from this folder; no trimming is needed.",
            "Select cover.jpg, or the moment you like best, as the cover.",
            "Paste caption.txt; its first line is what people read.",
            "Mark the video as made with artificial intelligence.",
            "Post.",
        ),
        "TikTok app",
        5,
    ),
    Platform.YOUTUBE: _Place(
        "YouTube",
        (
            "Open YouTube Studio, choose Create and then Upload videos.",
            "Drop video.mp4 from this folder.",
            "Use the first line of caption.txt as the title and the rest as the description.",
            "Upload cover.jpg as the thumbnail.",
            "Under Subtitles choose Upload file, With timing, and pick captions.srt.",
            "State that the video contains altered or synthetic content, choose who may see it, and publish.",
        ),
        "YouTube Studio",
        10,
    ),
}

_KINDS: dict[str, _Kind] = {
    WorkflowType.PRODUCT_DEMO: _Kind(
        "Product demo",
        "Name the product in the first two seconds and say where to get it in the last two.",
        "A presenter shows {title}. They say: {script}",
        ("product", "demo", "howitworks"),
    ),
    WorkflowType.AVATAR_PRESENTATION: _Kind(
        "Presentation",
        "Pin a comment with the main point, so that people who watch without sound follow too.",
        "A presenter speaks to the camera about {title}. They say: {script}",
        ("presentation", "talkingphoto", "avatar"),
    ),
    WorkflowType.LIFESTYLE_CONTENT: _Kind(
        "Lifestyle",
        "Post when your followers are online and answer the first comments within the hour.",
        "A relaxed, friendly person talks about {title}. They say: {script}",
        ("lifestyle", "daily", "inspiration"),
    ),
    WorkflowType.EDUCATIONAL: _Kind(
        "Lesson",
        "Put the question that the video answers into the first line of the caption.",
        "A teacher explains {title}. They say: {script}",
        ("learn", "education", "explained"),
        Difficulty.INTERMEDIATE,
    ),
}

HASHTAGS: Mapping[str, tuple[str, ...]] = {kind: words.hashtags for kind, words in _KINDS.items()}
"""Words every video of a type may be found by."""


def _template(kind: WorkflowType, platform: str) -> Template:
    words, place = _KINDS[kind], _PLACES[platform]
    return Template(
        workflow_type=kind,
        platform=platform,
        template_name=f"{words.name} for {place.name}",
        steps=(*place.steps, words.advice),
        prompt_template=words.prompt,
        settings={"disclose_synthetic_media": True},
        assets_required=("video.mp4", "cover.jpg", "captions.srt", "caption.txt"),
        difficulty_level=words.difficulty,
        estimated_time_minutes=place.minutes,
        tools_required=(place.tool,),
    )


TEMPLATES: tuple[Template, ...] = tuple(
    _template(kind, platform) for kind in sorted(TALKING_PHOTO_TYPES) for platform in _PLACES
)
