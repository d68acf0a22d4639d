"""The result cache's rules (AIR-50): which jobs it answers, and by which key. Per user: no result crosses accounts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from ai_router.catalogue.models import Catalogue
from contracts.ai_router import JobCompleted, SubmitJob

VERSION = 1
"""Raise it when local work changes what it makes of the same inputs."""


def key_of(command: SubmitJob, setup: Mapping[str, str]) -> str:
    """The same for the same user, capability, input bytes and parameters, and the same setup of the local providers."""
    document = {
        "version": VERSION,
        "user": str(command.user_id),
        "capability": command.capability.value,
        "inputs": {role: stored.sha256 for role, stored in command.inputs.items()},
        "parameters": command.parameters,
        "setup": dict(setup),
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def may_be_cached(command: SubmitJob, catalogue: Catalogue) -> bool:
    """Whether it has a seed, or some provider does this capability deterministically."""
    if seeded(command):
        return True
    return any(offer.deterministic for offer in catalogue.by_capability.get(command.capability, ()))


def seeded(command: SubmitJob) -> bool:
    """Whether the same order is meant to give the same result, whoever makes it."""
    return command.parameters.get("seed") is not None


def repeats(command: SubmitJob, ignored: Collection[str], *, deterministic: bool) -> bool:
    """Whether what was made may answer the same question again: it would come out the same."""
    return deterministic or (seeded(command) and "seed" not in ignored)


def answers(command: SubmitJob, provider: str, result: dict[str, Any]) -> bool:
    """Whether a kept result is what ``command`` wants: not by an excluded provider, and good enough."""
    if provider in command.exclude:
        return False
    score = result.get("score")
    return score is None or score >= command.minimum_score


def as_hit(command: SubmitJob, result: dict[str, Any]) -> JobCompleted:
    """The kept result as the answer to ``command``; it costs nothing."""
    return JobCompleted.model_validate(
        {
            **result,
            "job_id": command.job_id,
            "run_id": command.run_id,
            "user_id": command.user_id,
            "capability": command.capability,
            "attempts": 1,
            "tried": (),
            "cost": 0,
            "seconds": 0,
            "cache_hit": True,
        }
    )
