"""A decision in the making: a copy of the run that may be changed, and what is to be sent because of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.enums import Priority
from contracts.message import Command, Event
from contracts.workflow import RunProgressed, Standing, StepCompleted
from workflow.engine.definition import Definition, Step
from workflow.engine.state import Intervention, Phase, Run, StepState, StepStatus, UndoStatus, UnitStatus
from workflow.engine.waiting import seconds_left, waiting_for

TOLD_AT_MOST_EVERY_S = 2.0
"""Progress within a step is published no more often than this."""


@dataclass(slots=True)
class Draft:
    """See the module. ``changed`` becomes true with the first thing that follows from the signal."""

    definition: Definition
    run: Run
    now: datetime
    commands: list[tuple[Command, Priority]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    changed: bool = False
    turned: bool = False
    """A step began or ended, so that people are told."""
    standing: Standing | None = None
    """How far the run is, where that was to be told."""
    notes: list[str] = field(default_factory=list)
    """What was done by itself, to be told with it."""

    def step_state(self, step: Step) -> StepState:
        """The state of a step, made when it is first asked for."""
        return self.run.state.steps.setdefault(step.name, StepState())

    def send(self, command: Command) -> None:
        """Send a command in the run's lane."""
        self.commands.append((command, self.definition.lane(self.run)))
        self.changed = True

    def warn(self, warning: str) -> None:
        """Tell the owner once."""
        if warning and warning not in self.run.state.warnings:
            self.run.state.warnings.append(warning)

    def intervene(self, step: Step, text: str) -> None:
        """Note what was done by itself, and have the owner told."""
        self.run.state.interventions.append(Intervention(self.now, step.name, text))
        self.notes.append(text)
        self.changed = self.turned = True

    def after(self, seconds: float) -> datetime:
        """That many seconds from now."""
        return self.now + timedelta(seconds=seconds)

    def next_sequence(self) -> int:
        """The number of the next event of this run."""
        self.run.state.sequence += 1
        return self.run.state.sequence

    @property
    def committed(self) -> bool:
        """The point of no return is behind: the run can only be completed."""
        return any(step.commits and step.name in self.run.state.steps for step in self.definition.steps)

    @property
    def stop_by(self) -> datetime:
        """When forward work has to end, so that undoing can end by the deadline."""
        ends_by = self.run.state.ends_by
        return ends_by if self.committed else ends_by - timedelta(seconds=self.definition.undo_allowance_s)

    def raise_progress(self) -> bool:
        """Bring progress up to what the steps say, never down; true when it rose."""
        state = self.run.state
        reached = max((_reached(step, state.steps.get(step.name)) for step in self.definition.steps), default=0)
        rose = reached > state.progress
        state.progress = max(state.progress, reached)
        return rose

    def tell_progress(self, step: Step, provider: str | None = None, *, created: bool = False) -> None:
        """Publish how far the run is: with the step that has just been completed, or by an event of its own.

        ``created``: the event of the run's creation is still to come and carries it.
        """
        state, brief = self.run.state, self.run.brief
        state.told_at = self.now
        self.standing = Standing(
            progress=state.progress,
            step=step.name,
            message=step.waits_for,
            waiting_for=waiting_for(self.definition, self.run),
            provider=provider,
            cost=state.cost,
            seconds_left=seconds_left(self.definition, self.run, self.now),
            note=" ".join(self.notes) or None,
        )
        if created:
            return
        if self.events and isinstance(last := self.events[-1], StepCompleted):
            self.events[-1] = last.model_copy(update={"standing": self.standing})
            return
        self.events.append(
            RunProgressed(
                run_id=brief.id,
                user_id=brief.user_id,
                product_line=brief.product_line,
                sequence=self.next_sequence(),
                **dict(self.standing),
            )
        )

    def current_step(self) -> Step:
        """The step to name when one is asked for: the latest that runs, else the latest that has begun."""
        states = self.run.state.steps
        running = [s for s in self.definition.steps if s.name in states and states[s.name].status is StepStatus.RUNNING]
        begun = running or [s for s in self.definition.steps if s.name in states]
        return begun[-1] if begun else self.definition.steps[0]

    def wake_at(self) -> datetime | None:
        """When time alone will change something; None when nothing is awaited."""
        state = self.run.state
        dues = [self.stop_by] if state.phase is Phase.RUNNING else []
        if state.phase is Phase.WAITING:
            dues.append(state.ends_by)
        if state.phase in (Phase.FAILING, Phase.CANCELLING) and state.undo_by is not None:
            dues.append(state.undo_by)
        for step in state.steps.values():
            dues += [unit.due for unit in step.units.values() if unit.due is not None and unit.status in _AWAITED]
            if step.undo is UndoStatus.ASKED and step.undo_due is not None:
                dues.append(step.undo_due)
        return min(dues, default=None)


_AWAITED = (UnitStatus.ASKED, UnitStatus.PAUSED, UnitStatus.STOPPING)


def _reached(step: Step, state: StepState | None) -> int:
    if state is None or state.status is StepStatus.PENDING:
        return 0
    start, end = step.progress
    if state.status.passed:
        return end
    if not state.units:
        return start
    fractions = [1.0 if unit.status is UnitStatus.DONE else unit.fraction for unit in state.units.values()]
    reached = start + int((end - start) * sum(fractions) / len(fractions))
    return reached if step.peak is None else min(reached, step.peak)
