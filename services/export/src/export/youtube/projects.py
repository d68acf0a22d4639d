"""Which video of a project is the finished one. Pure.

A project is what workflow says of it, with the newest video of each; or a run, of which export knows its renditions and
kits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.enums import Platform, WorkflowType
from contracts.objects import StoredObject

PENDING, COMPLETED = "pending", "completed"


@dataclass(frozen=True, slots=True)
class Order:
    """A rendition or a kit of the project, oldest first. ``platform`` is None for a kit."""

    platform: str | None
    status: str
    request: dict[str, Any]
    outputs: dict[str, Any]
    """Of a rendition that is completed, by role."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A video that can be uploaded, and what is known to say about it."""

    video: StoredObject
    title: str
    script: str
    language: str
    workflow_type: WorkflowType | None
    captions: StoredObject | None = None
    """SubRip, where they are not in the picture."""
    thumbnail: StoredObject | None = None


def finished(orders: Sequence[Order]) -> Finished | None:
    """The video in YouTube's shape; the original where that comes in parts, or where there is none such and everything
    ordered has ended.

    None while there is neither.
    """
    beside: Mapping[str, Any] = {}
    shaped = [each for each in orders if each.platform == Platform.YOUTUBE and each.status == COMPLETED]
    if shaped:
        whole = shaped[-1].outputs.get("video")
        video, beside = (whole, shaped[-1].outputs) if whole else (shaped[-1].request["video"], {})
    elif any(each.status == COMPLETED for each in orders) and all(each.status != PENDING for each in orders):
        video = orders[-1].request["video"]
    else:
        return None
    kits = [each.request for each in orders if each.platform is None]
    said = kits[-1] if kits else {}
    kind = said.get("workflow_type")
    return Finished(
        StoredObject.model_validate(video),
        said.get("title", ""),
        said.get("script", ""),
        said.get("language") or orders[-1].request.get("language", "en"),
        WorkflowType(kind) if kind else None,
        *(StoredObject.model_validate(beside[role]) if role in beside else None for role in ("srt", "poster")),
    )


def of_project(row: Mapping[str, Any]) -> Finished | None:
    """The newest video of a project; None while it has none."""
    if row["video"] is None:
        return None
    return Finished(StoredObject.model_validate(row["video"]), row["title"], row["script"], row["language"], None)
