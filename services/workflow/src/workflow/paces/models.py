"""What has been learned of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How a step fares with whom a plan has it done by: so many times its shape's time, and what it costs."""

    pace: float = 1.0
    cost: float = 0.0
    """For each second of film, or, of a step whose time does not depend on that, in all; of each of its parts."""


Paces = Mapping[str, Pace]
"""By step; those that were never seen are left out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A step that has ended."""

    definition: str
    step: str
    plan: str
    provider: str
    pace: float
    cost: float
