"""What was ordered, and how what is held for it moves. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from ai_router.jobs.models import Ending
from contracts.billing import CaptureCredits, ReleaseCredits
from contracts.enums import Capability, Quality, Status
from contracts.objects import StoredObject

ALWAYS_SOFT = frozenset({"seed"})
"""Wishes that rule nobody out: where they are not granted the result says so."""


_NOT_EVERYBODYS: Mapping[Capability, frozenset[str]] = {
    Capability.IMAGE_GENERATION: frozenset({"image"}),
    Capability.IMAGE_EDIT: frozenset({"mask", "logo", "background"}),
}
"""Roles of inputs that a provider says it honours, as it says so of parameters."""

MINIMUM_SCORE: Mapping[Capability, float] = {Capability.VIDEO_GENERATION: 7.0, Capability.LIP_SYNC: 7.0}
"""A result that scores less is handed out only where nobody does better, and costs its owner nothing. Pictures go by
what their routing policy says."""


class Hold(StrEnum):
    """What is held for a job: asked for, held, being spent, spent; or given back, or refused."""

    ASKED = "asked"
    HELD = "held"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    RELEASED = "released"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Order:
    """One piece of AI work as somebody wants it. ``count``: so many, each a job of its own."""

    capability: Capability
    parameters: Mapping[str, Any]
    inputs: Mapping[str, StoredObject] = field(default_factory=dict)
    quality: Quality = Quality.BALANCED
    model: str | None = None
    provider: str | None = None
    project_id: UUID | None = None
    count: int = 1

    @property
    def wishes(self) -> frozenset[str]:
        """Names of the parameters that whoever does it has to act on, and roles of inputs that not everybody takes.
        Music in a style may leave its prompt aside."""
        soft = ALWAYS_SOFT
        if self.capability is Capability.MUSIC_GENERATION and "style" in self.parameters:
            soft = soft | {"prompt"}
        roles = frozenset(self.inputs) & _NOT_EVERYBODYS.get(self.capability, frozenset())
        return (frozenset(self.parameters) - soft) | roles

    @property
    def is_spoken(self) -> bool:
        """Whether a film is to be made for a script that nobody has spoken yet."""
        return (
            self.capability is Capability.VIDEO_GENERATION
            and "script" in self.parameters
            and "audio" not in self.inputs
        )

    def numbered(self, number: int) -> Mapping[str, Any]:
        """The parameters of the job of that number: with a seed of its own, so that no two are the same."""
        seed = self.parameters.get("seed")
        return self.parameters if seed is None else {**self.parameters, "seed": (seed + number) % 2**32}


def settlement(ending: Ending) -> CaptureCredits | ReleaseCredits:
    """What becomes of what is held for a job that ends so: spent for a result that its judge passed and that was made
    for it, given back for anything else."""
    job_id = ending.job.id
    if ending.is_paid_for:
        return CaptureCredits(
            reservation_id=job_id, run_id=job_id, credits=ending.job.credits or 0, actual_cost=ending.cost
        )
    reason = "made before" if ending.cache_hit else "nothing was made"
    if ending.status is Status.COMPLETED and not ending.cache_hit:
        reason = "low_quality"
    return ReleaseCredits(reservation_id=job_id, run_id=job_id, reason=reason)
