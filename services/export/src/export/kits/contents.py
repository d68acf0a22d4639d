"""What goes into a kit (EXP-15). Pure: files are given, texts are made."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.export import CreateKit
from export.kits.archive import Entry
from export.kits.suggestions import caption, hashtags
from export.platforms.models import Requirements
from export.templates.starting import HASHTAGS

_TAG = re.compile(r"<[^>]+>")
_ITEM = re.compile(r"<li>(.*?)</li>", re.DOTALL)

_IMAGES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}

FILE_NAMES: Mapping[str, str] = {
    "video": "video.mp4",
    "poster": "cover.jpg",
    "srt": "captions.srt",
    "vtt": "captions.vtt",
}
"""Names inside a platform's folder, by role."""


@dataclass(frozen=True, slots=True)
class Guide:
    """What a template says about publishing this."""

    name: str
    instructions_html: str
    prompt_template: str
    assets_required: tuple[str, ...]
    tools_required: tuple[str, ...]
    estimated_time_minutes: int


@dataclass(frozen=True, slots=True)
class PlatformPart:
    """Everything for one platform. ``files`` by role; ``guide`` is None where no template fits."""

    platform: str
    requirements: Requirements
    files: Mapping[str, Path]
    guide: Guide | None


def entries(order: CreateKit, parts: Sequence[PlatformPart], image: Path, video: Path) -> list[Entry]:
    """Every file of the archive but the manifest."""
    found = [Entry(image_name(order), image), Entry("original.mp4", video), Entry("script.txt", order.script + "\n")]
    for part in parts:
        found += _platform_entries(order, part)
    return found


def image_name(order: CreateKit) -> str:
    """The name of the enhanced photo, by what it is: vendors also make PNG and WebP."""
    return f"enhanced.{_IMAGES.get(order.image.mime_type, 'jpg')}"


def about(order: CreateKit, parts: Sequence[PlatformPart]) -> dict[str, object]:
    """The head of the manifest."""
    return {
        "kit_id": str(order.kit_id),
        "run_id": str(order.run_id),
        "title": order.title,
        "language": order.language,
        "workflow_type": order.workflow_type.value,
        "platforms": {part.platform: part.requirements.model_dump(mode="json") for part in parts},
    }


def _platform_entries(order: CreateKit, part: PlatformPart) -> list[Entry]:
    wants = part.requirements
    tags = hashtags(order.title, order.script, HASHTAGS.get(order.workflow_type, ()), most=wants.hashtags)
    line = " ".join(tags)
    text = caption(order.title, order.script, limit=wants.caption_length - len(line) - 2)
    files = [Entry(f"{part.platform}/{FILE_NAMES[role]}", path) for role, path in part.files.items()]
    files += [
        Entry(f"{part.platform}/caption.txt", f"{text}\n\n{line}\n"),
        Entry(f"{part.platform}/hashtags.txt", "\n".join(tags) + "\n"),
        Entry(f"{part.platform}/settings.json", json.dumps(wants.model_dump(mode="json"), indent=2) + "\n"),
    ]
    if part.guide is not None:
        prompt = part.guide.prompt_template.replace("{title}", order.title).replace("{script}", order.script)
        files += [
            Entry(f"{part.platform}/instructions.md", _instructions(part.guide)),
            Entry(f"{part.platform}/prompt.txt", prompt + "\n"),
        ]
    files.append(Entry(f"{part.platform}/checklist.md", _checklist(part, [entry.name for entry in files])))
    return files


def _instructions(guide: Guide) -> str:
    steps = [html.unescape(_TAG.sub("", step)).strip() for step in _ITEM.findall(guide.instructions_html)]
    lines = [f"# {guide.name}", "", f"About {guide.estimated_time_minutes} minutes. You need: "]
    lines[-1] += ", ".join(guide.tools_required) + "."
    return "\n".join([*lines, "", *(f"{number}. {step}" for number, step in enumerate(steps, 1))]) + "\n"


def _checklist(part: PlatformPart, names: Sequence[str]) -> str:
    wants = part.requirements
    needed = part.guide.assets_required if part.guide is not None else ("video.mp4",)
    lines = [f"# Before you publish on {wants.name}", ""]
    for asset in needed:
        mark = "x" if f"{part.platform}/{asset}" in names else " "
        lines.append(f"- [{mark}] {asset}")
    lines += [
        f"- [x] {wants.width} x {wants.height}, {wants.aspect_ratio}, {wants.format.upper()}",
        f"- [x] caption of at most {wants.caption_length} characters",
        "- [ ] read the caption aloud once",
        "- [ ] say that the video was made with artificial intelligence",
    ]
    return "\n".join(lines) + "\n"
