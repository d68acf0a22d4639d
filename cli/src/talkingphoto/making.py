"""From a photo and a script to a folder of finished files: the whole client side of one run."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkingphoto.client import Client
from talkingphoto.folder import Unwritable, deliver, reason, staged
from talkingphoto.ordering import placing
from talkingphoto.ordering.length import seconds_of
from talkingphoto.screen import Screen

_SHORTEST_S, _LONGEST_S = 1, 60

FILES = {
    "enhanced_image": "enhanced.jpg",
    "video": "video.mp4",
    "srt": "captions.srt",
    "vtt": "captions.vtt",
    "kit": "kit.zip",
}
"""Names of results in the output folder; a rendition and its captions are called as its platform."""

_KINDS = ("rendition_", "srt_", "vtt_")
_ENDINGS = {
    "video/mp4": "mp4",
    "image/jpeg": "jpg",
    "audio/wav": "wav",
    "application/json": "json",
    "application/x-subrip": "srt",
    "text/vtt": "vtt",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
}
_OF_CLIP = re.compile(r"(clip_[0-9]+)_(?:srt|vtt|image)")
UNFIT = re.compile(r"[^\w-]")
"""What no file of ours is called."""


class RunFailed(Exception):
    """The run ended without a video; ``run`` says why and that nothing was charged."""

    def __init__(self, run: dict[str, Any]) -> None:
        self.run = run
        error = run.get("error") or {}
        self.code: str = error.get("code", run["status"])
        super().__init__(error.get("message") or f"The run was {run['status']}.")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made."""

    photo: Path
    script: str
    language: str = "en"
    voice: str = "neutral"
    platforms: Sequence[str] = ("instagram", "tiktok", "youtube")
    workflow_type: str = "avatar_presentation"
    quality: str = "balanced"
    when_too_long: str = "split"
    captions: str = "files"
    title: str | None = None
    approvals: Sequence[str] = ()
    """Steps at which its owner wants to be asked."""
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    def request(self) -> dict[str, Any]:
        """The order in the words of the API, without the photo."""
        seconds = math.ceil(seconds_of(self.script, self.language))
        return {
            "workflow_type": self.workflow_type,
            "script": self.script,
            "script_language": self.language,
            "voice": self.voice,
            "target_duration": min(max(seconds, _SHORTEST_S), _LONGEST_S),
            "target_platforms": list(self.platforms),
            "quality_preference": self.quality,
            "when_too_long": self.when_too_long,
            "captions": self.captions,
            "title": self.title,
        } | ({"approvals": {step: {} for step in self.approvals}} if self.approvals else {})


async def make(client: Client, order: Order, out: Path, screen: Screen) -> dict[str, Any]:
    """Upload, run, follow, download; returns the summary that is also written to ``summary.json``.

    Raises :class:`RunFailed`, :class:`~talkingphoto.folder.Unwritable`, and what the client raises.
    """
    return await fetched(client, await followed(client, await placed(client, order, screen), screen), out, screen)


async def placed(client: Client, order: Order, screen: Screen) -> str:
    """Upload and order, see :func:`talkingphoto.ordering.placing.placed`; returns the run's id."""
    screen.stage("Uploading", order.photo.name)
    uploaded = await client.upload(order.photo)
    request = order.request() | {"input_file_id": uploaded["id"]}
    accepted = await placing.placed(client.create_run(request, idempotency_key=order.key))
    for warning in accepted.get("warnings", ()):
        screen.warn(warning)
    return str(accepted["id"])


async def followed(client: Client, run_id: str, screen: Screen) -> dict[str, Any]:
    """Watch a run until it ends; returns all about it. Raises :class:`RunFailed`."""
    screen.stage("Making the video")
    async for update in client.follow(run_id):
        screen.update(update)
    run = await client.run(run_id)
    if run["status"] != "completed":
        raise RunFailed(run)
    return run


async def fetched(client: Client, run: dict[str, Any], out: Path, screen: Screen) -> dict[str, Any]:
    """Put all files of a run into ``out``, or none; returns the summary that is written beside them.

    Raises :class:`~talkingphoto.folder.Unwritable`, and what the client raises.
    """
    screen.stage("Downloading")
    files: dict[str, dict[str, Any]] = {}
    with staged(out, run["id"]) as beside:
        for name, result in run["results"].items():
            target = file_name(name, result["mime_type"])
            try:
                digest = await client.download(result["url"], beside / target)
            except OSError as error:
                raise Unwritable(f"{out / target} cannot be written: {reason(error)}.") from error
            if digest != result["sha256"]:
                raise Unwritable(f"{out / target} arrived damaged: SHA-256 {digest}, expected {result['sha256']}.")
            files[target] = {"sha256": digest, "size": result["size"], "mime_type": result["mime_type"]}
        summary = summarise(run, dict(sorted(files.items())))
        deliver(beside, out, summary)
    return summary


def summarise(run: dict[str, Any], files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What happened, in the words of ``summary.json``. Times in seconds, money as text with four places."""
    return {
        "run_id": run["id"],
        "status": run["status"],
        "seconds": run["processing_seconds"],
        "cost": run["actual_cost"],
        # What has been captured is not held any more; the summary says what was set aside for the run.
        "credits": run["credits"] | {"held": max(run["credits"]["held"], run["credits"]["captured"])},
        "scores": {
            "image": run["image_quality_score"],
            "video": run["video_quality_score"],
            "overall": run["overall_quality_score"],
        },
        "warnings": run["warnings"],
        "steps": [
            {
                "name": step["name"] if step["part"] is None else f"{step['name']}:{step['part']}",
                "status": step["status"],
                "provider": step["provider"],
                "attempts": step["attempts"],
                "seconds": step["seconds"],
                "cost": step["cost"],
                "score": step["score"],
                "passes_at": step["passes_at"],
            }
            for step in run["steps"]
        ],
        "files": files,
    }


def file_name(result: str, mime_type: str) -> str:
    """What a result is called in the output folder."""
    if result in FILES:
        return FILES[result]
    for kind in _KINDS:
        result = result.removeprefix(kind)
    if (of_clip := _OF_CLIP.fullmatch(result)) is not None:
        # A clip's captions and picture are called as it is.
        result = of_clip[1]
    # A name of the platform's, and a file of ours: it stays in its folder.
    return f"{UNFIT.sub('_', result)}.{_ENDINGS.get(mime_type, 'bin')}"
