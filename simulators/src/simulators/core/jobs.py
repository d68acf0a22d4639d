"""Jobs that a simulated vendor works on: they move forward each time somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulators.core.faults import Fault


class Stage(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Job:
    """One accepted job. Asking moves it: queued, running, done; a frozen one stays at 97 percent."""

    id: str
    operation: str
    body: Mapping[str, Any]
    fault: Fault | None
    key: str | None = None
    asked: int = 0
    cancelled: bool = False
    links: int = 0
    """How many links to the result were handed out; an expired first link is replaced by a good second one."""
    notes: dict[str, Any] = field(default_factory=dict)

    def look(self) -> Stage:
        """Ask once more and say where the job is now."""
        self.asked += 1
        return self.stage

    @property
    def stage(self) -> Stage:
        """Where the job is, without asking it forward."""
        if self.cancelled:
            return Stage.CANCELLED
        if self.asked <= 1:
            return Stage.QUEUED
        if self.asked == 2 or self.fault is Fault.FROZEN:
            return Stage.RUNNING
        if self.fault is Fault.REFUSED_OUTPUT:
            return Stage.REFUSED
        return Stage.FAILED if self.fault is Fault.JOB_FAILED else Stage.DONE

    @property
    def progress(self) -> float:
        """0.0 to 1.0; a frozen job shows 0.97 for ever."""
        if self.stage is Stage.RUNNING:
            return 0.97 if self.fault is Fault.FROZEN else 0.5
        return 0.0 if self.stage is Stage.QUEUED else 1.0
