"""What a talking photo delivers, and how good it is."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.objects import StoredObject
from workflow.engine.state import Result, Run

OVERALL_AT_LEAST = 8.0
"""WFL-25; below it the run completes with a warning."""
_CAPTIONS = ("srt", "vtt")
_NAMES = {"video": "rendition"}
LOW_OVERALL = "The overall quality is below what we aim for."


def overall_score(run: Run) -> float | None:
    """The mean of the image's and the video's score, 0 to 10; None until both are known."""
    scores = [r.score for step in ("enhance", "generate") for r in run.results(step).values() if r.score is not None]
    return round(sum(scores) / 2, 2) if len(scores) == 2 else None


def captions(run: Run) -> dict[str, StoredObject]:
    """The whole film's captions are the same for every platform; the first one's count."""
    for result in run.results("renditions").values():
        if result.data.get("whole", True) and "srt" in result.outputs:
            return {role: result.outputs[role] for role in _CAPTIONS if role in result.outputs}
    return {}


def first_video(rendition: Result) -> StoredObject:
    """A platform's video, or the first part it comes in."""
    return rendition.outputs.get("video") or rendition.outputs["video-1"]


def delivered(run: Run) -> dict[str, StoredObject]:
    """Everything there is to download, by the name in the details; also of a run that is not finished.

    Of a film in parts ``rendition_instagram_1`` and so on. A video that is not the whole film has captions of its own.
    """
    found: dict[str, StoredObject] = {}
    for name, step, role in (
        ("enhanced_image", "enhance", "image"),
        ("audio", "speak", "audio"),
        ("video", "generate", "video"),
        ("kit", "kit", "kit"),
    ):
        for result in run.results(step).values():
            if role in result.outputs:
                found[name] = result.outputs[role]
    for platform, result in run.results("renditions").items():
        whole = result.data.get("whole", True)
        for role, stored in result.outputs.items():
            kind, _, number = role.partition("-")
            if kind not in _CAPTIONS or not whole:
                name = "_".join(filter(None, (_NAMES.get(kind, kind), platform, number)))
                found[name] = stored
    return {**found, **captions(run)}


def closing(run: Run) -> Sequence[str]:
    """The warnings that a completed run ends with."""
    overall = overall_score(run)
    return (LOW_OVERALL,) if overall is not None and overall < OVERALL_AT_LEAST else ()
