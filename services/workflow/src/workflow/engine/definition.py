"""A workflow type as data: steps, what they wait for, what they ask, what answers mean, and how they are undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any
from uuid import UUID

from contracts.enums import Priority
from contracts.message import Command, Event
from contracts.objects import StoredObject
from workflow.engine.gates import Gate
from workflow.engine.state import ONLY, Run
from workflow.engine.timing import Shape


@dataclass(frozen=True, slots=True)
class Asking:
    """One attempt that is about to be made. ``deadline``: it has begun by then, or is asked for again; ``run_for_s``:
    what it may then take. ``budget``: what it may cost, and nobody else beside it."""

    ref: UUID
    key: str
    attempt: int
    deadline: datetime
    run_for_s: float = 300.0
    budget: Decimal = Decimal(0)
    minimum_score: float = 0.0
    prefer: str | None = None
    exclude: tuple[str, ...] = ()


_SHORT = Shape()


class Role(StrEnum):
    """What a message means to a step."""

    DONE = "done"
    NO = "no"
    STOPPED = "stopped"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Retry:
    """Waits before each further try after a failure that may pass, in seconds (CON-07)."""

    delays_s: tuple[float, ...] = (60.0, 120.0, 240.0)


@dataclass(frozen=True, slots=True)
class Undo:
    """How a step's effect is taken back; asked ``tries`` times, ``within_s`` each, before it counts as failed."""

    ask: Callable[[Run, UUID, str], Command]
    done: type[Event]
    within_s: float = 60.0
    tries: int = 5


@dataclass(frozen=True, slots=True)
class Approval:
    """How a person is asked: decided ``within_s``, or else the run goes on, or is cancelled."""

    within_s: float
    goes_on: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Without ``ask`` it is done as soon as what it needs is done.

    ``within_s``: an answer (or a sign of progress) is expected by then; the command is repeated ``patience`` times,
    with the same id, before silence counts as a failure. ``optional``: the run goes on without it. ``commits``: from
    here on the run can only be completed; the command is repeated until it is answered. ``shares_ref``: the id in the
    command is that of another step's unit. ``fan_out`` names the units that run side by side. ``progress``: percent of
    the run at the step's start and end; ``peak``: what it reaches at most before its result has been judged.
    ``waits_for`` is told to people while the step runs. ``share``: how much of what is left of the run's budget one
    attempt is handed, of its parts each as much as the others; those of steps that run side by side add up to one at
    most. ``all_of``: without one of its parts the others are of no use, so it fails, once all of them have ended.
    ``shape``: what its time depends on. ``approval``: it asks its owner, nobody else; None of a run whose owner does
    not want to be asked. ``another_take``: the field of the order that gets another number when it is to be made anew
    although nothing has changed.
    """

    name: str
    waits_for: str
    progress: tuple[int, int]
    needs: tuple[str, ...] = ()
    ask: Callable[[Run, Asking], Command] | None = None
    done: type[Event] | None = None
    no: type[Event] | None = None
    stop: Callable[[Run, UUID, str], Command] | None = None
    stopped: type[Event] | None = None
    undo: Undo | None = None
    fan_out: Callable[[Run], Sequence[str]] | None = None
    gate: Gate | None = None
    retry: Retry = Retry()
    within_s: float = 300.0
    patience: int = 2
    stop_within_s: float = 30.0
    optional: bool = False
    optional_warning: str = ""
    commits: bool = False
    all_of: bool = False
    shares_ref: str | None = None
    peak: int | None = None
    share: Decimal = Decimal(0)
    shape: Shape = _SHORT
    approval: Callable[[Run], Approval | None] | None = None
    another_take: str = ""
    learns: tuple[str, ...] = ()
    """Fields of the answer that are kept as the result's data."""

    def keys(self, run: Run) -> Sequence[str]:
        """The units of this step for ``run``."""
        return (ONLY,) if self.fan_out is None else self.fan_out(run)

    @property
    def run_for_s(self) -> float:
        """How long its work may take from its start, so that it has ended before silence counts as a failure."""
        return max(self.within_s, self.within_s * (1 + self.patience) - self.stop_within_s)


def _normal(_: Run) -> Priority:
    return Priority.NORMAL


def _no_budget(_: Run) -> Decimal:
    return Decimal(0)


def _nothing(_: Run) -> dict[str, StoredObject]:
    return {}


def _no_plan(_: Run) -> str:
    return ""


def _no_film(_: Run) -> float:
    return 0.0


def _no_paces(_: Run) -> None:
    return None


def _no_findings(_: Run) -> Mapping[str, Any]:
    return {}


def _no_score(_: Run) -> float | None:
    return None


def _no_credits(_: Run) -> int:
    return 0


@dataclass(frozen=True)
class Definition:
    """A workflow type. A run keeps the version it began with.

    ``deadline_s``: from its start (or another round's) a run is final by then; work stops earlier by what undoing may
    take. ``results``: what came out, by name; ``credits``: what it cost the user; ``budget``: what its providers may
    cost in all; ``score``: how good it is in all, 0 to 10, None while that is not known, and ``score_at_least`` what it
    should be; ``findings``: what was found out beside what was made, as the details
    show it; ``closing``: warnings that can only be told at the end. ``plan``: whose providers are chosen; ``film_s``:
    how long its film is, or is expected to be; ``paces``: how many times its shape's time each step was expected to
    take when the run was ordered, by its name; None where nothing was expected.
    """

    name: str
    version: int
    steps: tuple[Step, ...]
    deadline_s: float = 7200.0
    lane: Callable[[Run], Priority] = _normal
    results: Callable[[Run], dict[str, StoredObject]] = _nothing
    credits: Callable[[Run], int] = _no_credits
    budget: Callable[[Run], Decimal] = _no_budget
    score: Callable[[Run], float | None] = _no_score
    score_at_least: float = 0.0
    plan: Callable[[Run], str] = _no_plan
    film_s: Callable[[Run], float] = _no_film
    paces: Callable[[Run], Mapping[str, float] | None] = _no_paces
    findings: Callable[[Run], Mapping[str, Any]] = _no_findings
    closing: Callable[[Run], Sequence[str]] = field(default=lambda _: ())

    def __post_init__(self) -> None:
        known: set[str] = set()
        for step in self.steps:
            if step.name in known or not known.issuperset(step.needs):
                raise ValueError(f"{self.name}: {step.name} is named twice or needs a step that does not come before")
            if step.undo is not None and step.fan_out is not None:
                raise ValueError(f"{self.name}: {step.name} cannot both fan out and be undone")
            known.add(step.name)
        if self.deadline_s <= self.undo_allowance_s:
            raise ValueError(f"{self.name}: the deadline leaves no time to undo")

    @cached_property
    def by_name(self) -> Mapping[str, Step]:
        """Steps by their name."""
        return {step.name: step for step in self.steps}

    @cached_property
    def all_needs(self) -> Mapping[str, frozenset[str]]:
        """For each step every step that must have passed before it, also by way of others."""
        needs: dict[str, frozenset[str]] = {}
        for step in self.steps:
            needs[step.name] = frozenset(step.needs).union(*(needs[name] for name in step.needs))
        return needs

    @cached_property
    def listeners(self) -> Mapping[str, Sequence[tuple[Step, Role]]]:
        """For each message type the steps it may be meant for, and as what."""
        found: dict[str, list[tuple[Step, Role]]] = {}
        for step in self.steps:
            for kind, role in (
                (step.done, Role.DONE),
                (step.no, Role.NO),
                (step.stopped, Role.STOPPED),
                (step.undo.done if step.undo else None, Role.UNDONE),
            ):
                if kind is not None:
                    found.setdefault(kind.NAME, []).append((step, role))
        return found

    def lasts_s(self, run: Run) -> float:
        """How long a run may take from its start: its owner's time to decide is not the platform's."""
        wishes = [step.approval(run) for step in self.steps if step.approval is not None]
        return self.deadline_s + sum(wish.within_s for wish in wishes if wish is not None)

    @cached_property
    def undo_allowance_s(self) -> float:
        """The longest that stopping and undoing can take."""
        undo = max((step.undo.within_s * step.undo.tries for step in self.steps if step.undo), default=0.0)
        stop = max((step.stop_within_s for step in self.steps if step.stopped), default=0.0)
        return max(undo, stop)


class UnknownDefinition(LookupError):
    """A run was begun by a definition that this process does not have."""


class Definitions:
    """What can be made: ``current`` by workflow type, and ``former`` versions that runs may still be on."""

    def __init__(self, current: Mapping[str, Definition], former: Sequence[Definition] = ()) -> None:
        self.current = dict(current)
        self._all = {(d.name, d.version): d for d in (*former, *current.values())}

    def of(self, name: str, version: int) -> Definition:
        """The definition a run began with; raises :class:`UnknownDefinition`."""
        try:
            return self._all[name, version]
        except KeyError:
            raise UnknownDefinition(f"{name} version {version}") from None
