"""The order that made something, as a draft of a new one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from contracts.enums import Capability
from workflow.assets.schemas import DraftOut, LineageNode
from workflow.projects.errors import NotRecalled


@dataclass(frozen=True, slots=True)
class Ordered:
    """Where a capability is ordered, and what its parameters and inputs are called there."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=lambda: {"image": "file_id"})
    jobs: Mapping[str, str] = field(default_factory=lambda: {"image": "job_id"})


_LIP_SYNC = {"video": "video_file_id", "audio": "audio_file_id"}
_ORDERED: Mapping[str, Ordered] = {
    Capability.IMAGE_GENERATION: Ordered("/api/v1/ai/image/generate"),
    Capability.IMAGE_EDIT: Ordered(
        "/api/v1/ai/image/edit",
        files={
            "image": "file_id",
            "mask": "mask_file_id",
            "logo": "logo_file_id",
            "background": "background_file_id",
        },
    ),
    Capability.IMAGE_UPSCALE: Ordered("/api/v1/ai/image/upscale"),
    Capability.IMAGE_ENHANCEMENT: Ordered("/api/v1/ai/image/enhance"),
    Capability.VIDEO_GENERATION: Ordered("/api/v1/ai/video/generate"),
    Capability.AUDIO_GENERATION: Ordered("/api/v1/ai/audio/generate", {"script": "text"}, {}, {}),
    Capability.MUSIC_GENERATION: Ordered("/api/v1/ai/music/generate", {}, {}, {}),
    Capability.LIP_SYNC: Ordered(
        "/api/v1/ai/lip-sync", {}, _LIP_SYNC, {"video": "video_job_id", "audio": "audio_job_id"}
    ),
}
_VARIATIONS = "/api/v1/ai/image/variations"
_SPOKEN_FOR_IT = frozenset({"audio", "timings"})
"""Of a film: made on the way, and made again."""


def drafted(node: LineageNode, parents: Mapping[UUID, LineageNode], files: Mapping[UUID, UUID]) -> DraftOut:
    """The order that made ``node``. ``files``: which inputs' nodes are files that are there; others are named by the
    job that made them. Raises ``NotRecalled`` for what no single job made."""
    ordered = _ORDERED.get(node.operation)
    if ordered is None or node.job_id is None:
        again = f" Order the workflow anew: POST /api/v1/workflows/{node.run_id}/rerun." if node.run_id else ""
        raise NotRecalled(f"This was made by no order of its own.{again}")
    path = ordered.path
    if node.operation == Capability.IMAGE_GENERATION and "image" in node.inputs:
        path = _VARIATIONS
    body = {ordered.fields.get(name, name): value for name, value in node.parameters.items()}
    if "width" in body and "height" in body:
        body["size"] = f"{body.pop('width')}x{body.pop('height')}"
    missing = []
    for role, parent in node.inputs.items():
        if node.operation == Capability.VIDEO_GENERATION and role in _SPOKEN_FOR_IT:
            continue
        made_by = parents[parent].job_id if parent in parents else None
        if parent in files:
            body[ordered.files[role]] = str(files[parent])
        elif made_by is not None and role in ordered.jobs:
            body[ordered.jobs[role]] = str(made_by)
        else:
            missing.append(ordered.files[role])
    return DraftOut(made_from=node.id, capability=node.operation, method="POST", path=path, body=body, missing=missing)
