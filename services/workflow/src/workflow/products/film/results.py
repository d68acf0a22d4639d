"""What a film delivers."""

from __future__ import annotations

from contracts.objects import StoredObject
from workflow.engine.state import Run

_ROLES = ("video", "srt", "vtt", "poster")


def delivered(run: Run) -> dict[str, StoredObject]:
    """The film with its subtitles, and its music."""
    found: dict[str, StoredObject] = {}
    for result in run.results("join").values():
        found |= {role: result.outputs[role] for role in _ROLES if role in result.outputs}
    for result in run.results("music").values():
        found["music"] = result.outputs["audio"]
    return found
