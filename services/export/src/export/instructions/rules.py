"""Instructions from a platform's row and, where there is one, a template. Pure."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from export.kits.contents import steps_of
from export.kits.suggestions import caption, hashtags
from export.platforms.models import Requirements
from export.templates.starting import HASHTAGS

_MINUTES = 5
"""What publishing one video by hand takes where no template says otherwise."""


def minutes_of(template: Mapping[str, Any] | None) -> int:
    """How long publishing by hand takes a person."""
    return _MINUTES if template is None else int(template["estimated_time_minutes"])


def filled(prompt: str, title: str | None, script: str | None) -> str:
    """A template's prompt with title and script; what is not known stays to be filled in, in brackets."""
    return prompt.replace("{title}", title or "[title]").replace("{script}", script or "[script]")


def for_platform(
    platform: str,
    wants: Requirements,
    template: Mapping[str, Any] | None,
    *,
    workflow_type: str,
    title: str | None,
    script: str | None,
) -> dict[str, Any]:
    """Everything that is said about publishing on one platform; what the row demands is behind the template's steps."""
    steps = steps_of(template["instructions_html"]) if template is not None else _steps(wants)
    steps += [line for line in wants.declarations if line not in steps]
    tags = hashtags(title or "", script or "", HASHTAGS.get(workflow_type, ()), most=wants.hashtags)
    # Two characters stand between text and hashtags.
    room = wants.caption_length - len(" ".join(tags)) - 2
    return {
        "platform": platform,
        "name": wants.name,
        "template_id": None if template is None else template["id"],
        "template_name": wants.name if template is None else template["template_name"],
        "difficulty_level": "beginner" if template is None else template["difficulty_level"],
        "steps": steps,
        "instructions_html": "<ol>" + "".join(f"<li>{html.escape(step, quote=False)}</li>" for step in steps) + "</ol>",
        "prompt": filled(_PROMPT if template is None else template["prompt_template"], title, script),
        "settings": {
            **({} if template is None else template["settings_json"]),
            "width": wants.width,
            "height": wants.height,
            "frame_rate": wants.frame_rate,
            "format": wants.format,
            "video_codec": wants.video_codec,
            "audio_codec": wants.audio_codec,
            "loudness_lufs": wants.loudness_lufs,
            "max_duration_s": wants.max_duration_s,
            "max_size_mb": wants.max_size_mb,
        },
        "assets_required": list(_assets(wants) if template is None else template["assets_required"]),
        "tools_required": [wants.name] if template is None else list(template["tools_required"]),
        "estimated_time_minutes": minutes_of(template),
        "caption": caption(title or "[title]", script or "", limit=room),
        "hashtags": list(tags),
    }


_PROMPT = "A person talks to the camera about {title}. They say: {script}"


def _assets(wants: Requirements) -> tuple[str, ...]:
    return ("video.mp4", "cover.jpg", *(f"captions.{kind}" for kind in wants.caption_files[:1]), "caption.txt")


def _steps(wants: Requirements) -> list[str]:
    upload = [f"Upload captions.{wants.caption_files[0]} as the captions."] if wants.caption_files else []
    return [
        f"Open {wants.name} and begin a new video.",
        "Choose video.mp4; it has the size and length that are taken.",
        "Choose cover.jpg as the cover, where one can be chosen.",
        *upload,
        "Paste caption.txt as the text.",
        "Publish.",
    ]
