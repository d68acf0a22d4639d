"""What goes into a kit (EXP-15). Pure: files are given, texts are made."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contracts.enums import Captions
from contracts.export import Conformity, CreateKit
from export.kits.archive import Entry
from export.kits.pages import instructions_page, licences, provenance
from export.kits.suggestions import caption, hashtags
from export.kits.timeline import captions_in, timeline
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
_ENDINGS: Mapping[str, str] = {"video": "mp4", "poster": "jpg", "srt": "srt", "vtt": "vtt"}


def file_name(role: str) -> str:
    """The name of an output inside its platform's folder: ``video.mp4``; of a film in parts ``part-1.mp4``."""
    kind, _, number = role.partition("-")
    return f"part-{number}.{_ENDINGS[kind]}" if number else FILE_NAMES[role]


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
    """Everything for one platform. ``files`` by role; ``guide`` is None where no template fits. ``notes`` say what is
    otherwise than one would expect, ``claimed_by`` who signed the C2PA claims in the files, if anybody."""

    platform: str
    requirements: Requirements
    files: Mapping[str, Path]
    guide: Guide | None
    notes: tuple[str, ...] = ()
    captions: Captions = Captions.FILES
    conformance: Mapping[str, tuple[Conformity, ...]] = field(default_factory=dict)
    claimed_by: str | None = None

    @property
    def count(self) -> int:
        """How many parts the film comes in; 1 where it is whole."""
        return max(1, sum(role.startswith("video-") for role in self.files))


def entries(
    order: CreateKit,
    parts: Sequence[PlatformPart],
    image: Path,
    video: Path,
    *,
    seconds: float | None = None,
    srt: Path | None = None,
) -> list[Entry]:
    """Every file of the archive but the manifest. ``seconds`` and ``srt`` are the whole film's, where known."""
    found = [Entry(image_name(order), image), Entry("original.mp4", video), Entry("script.txt", order.script + "\n")]
    if seconds is not None:
        spoken = captions_in(srt.read_text("utf-8")) if srt is not None else ()
        found.append(Entry("timeline.otio", timeline(order.title, "original.mp4", seconds, spoken)))
    found.append(Entry("LICENCES.md", licences(burned=any(part.captions is Captions.BURNED for part in parts))))
    found.append(Entry("PROVENANCE.md", provenance({part.platform: part.claimed_by for part in parts})))
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
    files = [Entry(f"{part.platform}/{file_name(role)}", path) for role, path in part.files.items()]
    files += [
        Entry(f"{part.platform}/caption.txt", f"{text}\n\n{line}\n"),
        Entry(f"{part.platform}/hashtags.txt", "\n".join(tags) + "\n"),
        Entry(f"{part.platform}/settings.json", json.dumps(wants.model_dump(mode="json"), indent=2) + "\n"),
    ]
    if part.conformance:
        files.append(Entry(f"{part.platform}/conformance.json", _conformance(part)))
    if part.guide is not None:
        prompt = part.guide.prompt_template.replace("{title}", order.title).replace("{script}", order.script)
        files += [
            Entry(f"{part.platform}/instructions.md", _instructions(part, part.guide)),
            Entry(f"{part.platform}/instructions.html", _page(part, part.guide, f"{text}\n\n{line}")),
            Entry(f"{part.platform}/prompt.txt", prompt + "\n"),
        ]
    files.append(Entry(f"{part.platform}/checklist.md", _checklist(part, [entry.name for entry in files])))
    return files


def _instructions(part: PlatformPart, guide: Guide) -> str:
    lines = [f"# {guide.name}", "", _lead(part, guide)]
    for note in _notes(part):
        lines += ["", note]
    numbered = (f"{number}. {step}" for number, step in enumerate(steps_of(guide.instructions_html), 1))
    return "\n".join([*lines, "", *numbered]) + "\n"


def _page(part: PlatformPart, guide: Guide, text: str) -> str:
    steps = steps_of(guide.instructions_html)
    return instructions_page(guide.name, _lead(part, guide), _notes(part), steps, text, part.requirements.declarations)


def _lead(part: PlatformPart, guide: Guide) -> str:
    minutes = guide.estimated_time_minutes * part.count
    return f"About {minutes} minutes. You need: {', '.join(guide.tools_required)}."


def _conformance(part: PlatformPart) -> str:
    """Each rule of the platform's row and what was measured, by file."""
    files = {
        file_name(role): [rule.model_dump(mode="json") for rule in rules] for role, rules in part.conformance.items()
    }
    wants = part.requirements
    head = {"specification": wants.name, "source": wants.source, "checked": wants.checked and wants.checked.isoformat()}
    holds = all(rule.holds for rules in part.conformance.values() for rule in rules)
    return json.dumps({**head, "conforms": holds, "files": files}, indent=2) + "\n"


def steps_of(instructions_html: str) -> list[str]:
    """The items of the lists in a template's instructions, as text."""
    return [html.unescape(_TAG.sub("", step)).strip() for step in _ITEM.findall(instructions_html)]


def _notes(part: PlatformPart) -> list[str]:
    """What the template's steps, which are about one video with captions beside it, do not say."""
    notes = list(part.notes)
    if part.count > 1:
        notes.append(
            "Do the steps once for each part, part-1 first: where they say video.mp4, cover.jpg and captions.srt, take "
            f"part-1.mp4, part-1.jpg and part-1.srt, and so on to part-{part.count}. "
            f"Begin the caption with 1/{part.count}, 2/{part.count} and so on, so that people find the next part."
        )
    if part.captions is Captions.BURNED:
        notes.append("The captions are in the picture. Leave out the step that uploads or switches on captions.")
    return notes


def _assets(part: PlatformPart) -> list[str]:
    """What has to be there, as it is called here."""
    roles = {name: role for role, name in FILE_NAMES.items()}
    numbers = [f"-{number}" for number in range(1, part.count + 1)] if part.count > 1 else [""]
    needed: list[str] = []
    for asset in part.guide.assets_required if part.guide is not None else ("video.mp4",):
        role = roles.get(asset)
        if role is None:
            needed.append(asset)
        elif part.captions is Captions.FILES or role in ("video", "poster"):
            needed += [file_name(f"{role}{number}") for number in numbers]
    return needed


def _checklist(part: PlatformPart, names: Sequence[str]) -> str:
    wants = part.requirements
    lines = [f"# Before you publish on {wants.name}", ""]
    for asset in _assets(part):
        mark = "x" if f"{part.platform}/{asset}" in names else " "
        lines.append(f"- [{mark}] {asset}")
    lines += [
        f"- [x] {wants.width} x {wants.height}, {wants.aspect_ratio}, {wants.format.upper()}",
        *([f"- [x] at most {wants.max_duration_s:.0f} s"] if wants.max_duration_s is not None else []),
        *([f"- [ ] publish all {part.count} parts, in their order"] if part.count > 1 else []),
        f"- [x] caption of at most {wants.caption_length} characters",
        "- [ ] read the caption aloud once",
        *(f"- [ ] {line}" for line in wants.declarations or ("say that the video was made with AI",)),
    ]
    return "\n".join(lines) + "\n"
