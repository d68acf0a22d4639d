"""A run's time, told from its history: replaying it says what was waited for at every moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from workflow.engine.advance import advance, first_state
from workflow.engine.approvals import rests
from workflow.engine.definition import Definition
from workflow.engine.signals import Answered, Signal
from workflow.engine.state import Brief, Phase, Run, RunState, Unit, UnitStatus
from workflow.engine.waiting import waiting_for


class Kind(StrEnum):
    """What the time of a span was spent with."""

    QUEUE = "queue"
    """Waiting for a place."""
    WORK = "work"
    PAUSE = "pause"
    """Waiting for the next try of something that failed."""
    DECISION = "decision"
    """Waiting for the owner's approval."""
    UNDO = "undo"
    """Stopping, and giving back."""
    ENDED = "ended"
    """Ended, before its owner had it tried again."""
    UNKNOWN = "unknown"
    """Its history has been removed."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to the next, and why."""

    kind: Kind
    cause: str
    begins_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class Attempt:
    """One try of a step, or of one of its parts; ``outcome`` is ``under_way`` until it has one."""

    step: str
    part: str
    round: int
    number: int
    began_at: datetime
    ended_at: datetime | None = None
    outcome: str = "under_way"
    provider: str | None = None
    model: str | None = None
    score: float | None = None
    cost: Decimal = Decimal(0)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it; the spans follow on one another from the order to the end."""

    spans: Sequence[Span]
    attempts: Sequence[Attempt]


@dataclass(slots=True)
class _Telling:
    definition: Definition
    spans: list[Span] = field(default_factory=list)
    attempts: dict[UUID, Attempt] = field(default_factory=dict)

    def span(self, run: Run, begins_at: datetime, ends_at: datetime) -> None:
        if ends_at <= begins_at:
            return
        kind, cause = _why(self.definition, run)
        last = self.spans[-1] if self.spans else None
        if last is not None and (last.kind, last.cause) == (kind, cause):
            self.spans[-1] = replace(last, ends_at=ends_at)
        else:
            self.spans.append(Span(kind, cause, begins_at, ends_at))

    def tries(self, state: RunState, signal: Signal, at: datetime) -> None:
        if isinstance(signal, Answered) and (known := self.attempts.get(signal.ref)) is not None:
            known.cost += signal.cost
            known.provider, known.model = signal.provider or known.provider, signal.model or known.model
            known.score = signal.score if signal.score is not None else known.score
            if signal.failure is not None and known.ended_at is None:
                known.error = signal.failure.message
        asked: set[UUID] = set()
        for step, key, unit in self._units(state):
            if unit.status in (UnitStatus.ASKED, UnitStatus.STOPPING):
                asked.add(unit.ref)
                if unit.ref not in self.attempts:
                    self.attempts[unit.ref] = Attempt(step, key, state.round, unit.attempt, at)
        for ref, attempt in self.attempts.items():
            if ref not in asked and attempt.ended_at is None:
                attempt.ended_at = at
                answered = isinstance(signal, Answered) and signal.ref == ref
                attempt.outcome = "failed" if attempt.error else "done" if answered else "stopped"

    def _units(self, state: RunState) -> Iterator[tuple[str, str, Unit]]:
        for step in self.definition.steps:
            # A capture answers to the name of the hold, which is its reserve's own.
            if step.approval is None and step.shares_ref is None and (found := state.steps.get(step.name)) is not None:
                for key, unit in found.units.items():
                    yield step.name, key, unit


def told(definition: Definition, brief: Brief, history: Sequence[tuple[Signal, datetime]], until: datetime) -> Timeline:
    """The time of a run from its order ``until`` its end, or now."""
    telling = _Telling(definition)
    state, since = first_state(brief, definition), brief.created_at
    for signal, at in history:
        telling.span(Run(brief, state), since, at)
        state, since = advance(definition, Run(brief, state), signal, at).state, max(since, at)
        telling.tries(state, signal, at)
    telling.span(Run(brief, state), since, until)
    return Timeline(telling.spans, list(telling.attempts.values()))


def forgotten(brief: Brief, until: datetime) -> Timeline:
    """What is left of a run whose history has been removed."""
    return Timeline([Span(Kind.UNKNOWN, "its history has been removed", brief.created_at, until)], [])


def _why(definition: Definition, run: Run) -> tuple[Kind, str]:
    state = run.state
    if state.phase.final:
        return Kind.ENDED, "it had ended, until it was tried again"
    cause = waiting_for(definition, run) or ""
    if state.phase is Phase.WAITING:
        return Kind.QUEUE, cause
    if state.phase is not Phase.RUNNING:
        return Kind.UNDO, cause
    if rests(definition, run):
        return Kind.DECISION, cause
    open_units = {
        unit.status
        for step in state.steps.values()
        for unit in step.units.values()
        if unit.status in (UnitStatus.ASKED, UnitStatus.PAUSED)
    }
    return (Kind.PAUSE if open_units == {UnitStatus.PAUSED} else Kind.WORK), cause
