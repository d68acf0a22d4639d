"""What is known of a run. Plain values that go to JSON and back without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from contracts.enums import Status
from contracts.objects import StoredObject

ONLY = ""
"""Key of the unit of a step that does not fan out."""


class Phase(StrEnum):
    """Where a run is. The last three are final."""

    WAITING = "waiting"
    """Accepted, but the platform is full."""
    RUNNING = "running"
    CANCELLING = "cancelling"
    FAILING = "failing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """No step will be asked for any more, unless a person asks for another round."""
        return self in (Phase.COMPLETED, Phase.FAILED, Phase.CANCELLED)

    @property
    def status(self) -> Status:
        """The phase in the words of the API (PLT-42)."""
        return _STATUS[self]


_STATUS = {
    Phase.WAITING: Status.PENDING,
    Phase.RUNNING: Status.PROCESSING,
    Phase.CANCELLING: Status.PROCESSING,
    Phase.FAILING: Status.PROCESSING,
    Phase.COMPLETED: Status.COMPLETED,
    Phase.FAILED: Status.FAILED,
    Phase.CANCELLED: Status.CANCELLED,
}


class StepStatus(StrEnum):
    """Of one step. ``SKIPPED``: it failed, and the run goes on with a warning."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def passed(self) -> bool:
        """What waits for this step may begin."""
        return self in (StepStatus.DONE, StepStatus.SKIPPED)


class UnitStatus(StrEnum):
    """Of one thing asked for: ``PAUSED`` waits for its next try, ``STOPPING`` for the answer to a stop."""

    ASKED = "asked"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class UndoStatus(StrEnum):
    """Of taking a step's effect back; ``FAILED`` can be retried by an operator."""

    NONE = "none"
    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"


class Brief(NamedTuple):
    """What a run is about; never changes."""

    id: UUID
    user_id: UUID
    product_line: str
    workflow_type: str
    definition: str
    version: int
    created_at: datetime
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not work; ``message`` is written for the user."""

    code: str
    message: str
    retryable: bool = False
    tried: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt brought."""

    outputs: dict[str, StoredObject] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    provider: str | None = None
    model: str | None = None
    score: float | None = None
    cost: Decimal = Decimal(0)
    seconds: float = 0.0
    repeatable: bool = True
    """False when the same provider would only make the same result again."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A result of an earlier run. ``digest``: it may be used where exactly that is wanted; empty: in any case."""

    digest: str
    result: Result


@dataclass(frozen=True, slots=True)
class Intervention:
    """What was done, without anybody having asked for it, so that a run does not stand still; ``text`` is for its
    owner."""

    at: datetime
    step: str
    text: str


@dataclass(slots=True)
class Unit:
    """One thing asked for. ``ref`` is the id in the command and in its answers; it stays until there is an answer."""

    ref: UUID
    status: UnitStatus = UnitStatus.ASKED
    attempt: int = 1
    failures: int = 0
    silences: int = 0
    answered: bool = False
    due: datetime | None = None
    """When the answer is overdue, or the next try begins."""
    fraction: float = 0.0
    provider: str | None = None
    results: list[Result] = field(default_factory=list)
    chosen: int | None = None
    error: Failure | None = None
    avoid: tuple[str, ...] = ()
    """Providers to leave out in the first attempt of another round."""
    budget: Decimal = Decimal(0)
    """What the present attempt was handed, and holds until it is answered."""
    reused: bool = False
    """Its result is that of an earlier run."""

    @property
    def result(self) -> Result | None:
        """What is used of this unit's results."""
        return self.results[self.chosen] if self.chosen is not None else None


@dataclass(slots=True)
class StepState:
    """How far one step is."""

    status: StepStatus = StepStatus.PENDING
    started_at: datetime | None = None
    finished_at: datetime | None = None
    units: dict[str, Unit] = field(default_factory=dict)
    undo: UndoStatus = UndoStatus.NONE
    undo_tries: int = 0
    undo_due: datetime | None = None
    avoid: tuple[str, ...] = ()


@dataclass(slots=True)
class RunState:
    """How far a run is. ``number`` counts what happened to it, ``sequence`` the events it published."""

    ends_by: datetime
    phase: Phase = Phase.WAITING
    round: int = 1
    number: int = 0
    sequence: int = 0
    progress: int = 0
    told_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    steps: dict[str, StepState] = field(default_factory=dict)
    cost: Decimal = Decimal(0)
    owed: dict[UUID, Decimal] = field(default_factory=dict)
    """Attempts of earlier rounds that were never answered, and what each may have cost."""
    warnings: list[str] = field(default_factory=list)
    failed_step: str = ""
    failure: Failure | None = None
    undo_by: datetime | None = None
    """On the way back: when what has not been undone by then is left to a person."""
    offered: dict[str, dict[str, Offer]] = field(default_factory=dict)
    """By step and part: results of an earlier run that may be used again."""
    interventions: list[Intervention] = field(default_factory=list)

    def clone(self) -> RunState:
        """A copy that can be changed without changing this one; results are shared, they never change."""
        state = RunState(*_RUN_VALUES(self))
        state.warnings, state.owed = list(self.warnings), dict(self.owed)
        state.offered, state.interventions = dict(self.offered), list(self.interventions)
        state.steps = {name: _clone_step(step) for name, step in self.steps.items()}
        return state


# With every message each step is copied: a third of the time of ``dataclasses.replace``.
_RUN_VALUES = attrgetter(*(one.name for one in fields(RunState)))
_STEP_VALUES = attrgetter(*(one.name for one in fields(StepState)))
_UNIT_VALUES = attrgetter(*(one.name for one in fields(Unit)))


def _clone_step(original: StepState) -> StepState:
    step = StepState(*_STEP_VALUES(original))
    step.units = {}
    for key, unit in original.units.items():
        copied = step.units[key] = Unit(*_UNIT_VALUES(unit))
        copied.results = list(unit.results)
    return step


@dataclass(slots=True)
class Run:
    """A run as commands are built from it."""

    brief: Brief
    state: RunState

    @property
    def id(self) -> UUID:
        """The run's id."""
        return self.brief.id

    def unit(self, step: str, key: str = ONLY) -> Unit:
        """The unit of a step; raises ``KeyError`` when the step has not begun."""
        return self.state.steps[step].units[key]

    def result(self, step: str, key: str = ONLY) -> Result:
        """The result in use; raises ``LookupError`` when there is none."""
        found = self.unit(step, key).result
        if found is None:
            raise LookupError(f"step {step} {key} has no result")
        return found

    def results(self, step: str) -> dict[str, Result]:
        """Results in use of every unit that has one, by key; empty when the step has not begun."""
        state = self.state.steps.get(step)
        units = state.units if state is not None else {}
        return {key: unit.result for key, unit in units.items() if unit.result is not None}

    @property
    def held(self) -> Decimal:
        """What attempts that have not been answered may still cost."""
        waiting = (unit for step in self.state.steps.values() for unit in step.units.values() if not unit.answered)
        return sum((unit.budget for unit in waiting), sum(self.state.owed.values(), Decimal(0)))

    @property
    def credits_returned(self) -> bool:
        """Nothing is held for this run (any more)."""
        return all(step.undo in (UndoStatus.NONE, UndoStatus.DONE) for step in self.state.steps.values())


_ADAPTER: TypeAdapter[RunState] = TypeAdapter(RunState)


def dump_state(state: RunState) -> str:
    """The state as JSON, without what has its default value."""
    return _ADAPTER.dump_json(state, exclude_defaults=True).decode()


def load_state(text: str | bytes) -> RunState:
    """The inverse of :func:`dump_state`; raises ``pydantic.ValidationError``."""
    return _ADAPTER.validate_json(text)
