"""From a photo and a script to a folder of finished files: the whole client side of one run."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkingphoto.client import Client
from talkingphoto.length import seconds_of
from talkingphoto.screen import Screen

_SHORTEST_S, _LONGEST_S = 1, 60

FILES = {
    "enhanced_image": "enhanced.jpg",
    "video": "video.mp4",
    "srt": "captions.srt",
    "vtt": "captions.vtt",
    "kit": "kit.zip",
}
"""Names of results in the output folder; renditions are ``<platform>.mp4``."""

_RENDITION = "rendition_"


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
    title: str | None = None
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
            "title": self.title,
        }


async def make(client: Client, order: Order, out: Path, screen: Screen) -> dict[str, Any]:
    """Upload, run, follow, download; returns the summary that is also written to ``summary.json``.

    Raises :class:`RunFailed`, and what the client raises.
    """
    screen.stage(f"Uploading {order.photo.name}")
    uploaded = await client.upload(order.photo)
    accepted = await client.create_run(order.request() | {"input_file_id": uploaded["id"]}, idempotency_key=order.key)
    screen.stage("Making the video")
    async for update in client.follow(accepted["id"]):
        screen.update(update)
    run = await client.run(accepted["id"])
    if run["status"] != "completed":
        raise RunFailed(run)
    screen.stage("Downloading")
    files = await _download(client, run, out)
    summary = summarise(run, files)
    (out / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
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


async def _download(client: Client, run: dict[str, Any], out: Path) -> dict[str, dict[str, Any]]:
    files: dict[str, dict[str, Any]] = {}
    for name, result in run["results"].items():
        target = out / file_name(name, result["mime_type"])
        digest = await client.download(result["url"], target)
        if digest != result["sha256"]:
            raise OSError(f"{target} arrived damaged: SHA-256 {digest}, expected {result['sha256']}")
        files[target.name] = {"sha256": digest, "size": result["size"], "mime_type": result["mime_type"]}
    return dict(sorted(files.items()))


def file_name(result: str, mime_type: str) -> str:
    """What a result is called in the output folder."""
    if result in FILES:
        return FILES[result]
    ending = {"video/mp4": "mp4", "image/jpeg": "jpg", "audio/wav": "wav", "application/json": "json"}.get(
        mime_type, "bin"
    )
    return f"{result.removeprefix(_RENDITION)}.{ending}"
