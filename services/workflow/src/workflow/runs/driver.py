"""Drives runs: reads them, asks the engine what follows, writes it all, sends it all. A poisoned run parks alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog

from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.observe import context
from contracts.message import Event
from contracts.workflow import RunFailed
from workflow.engine.advance import OUR_FAULT, Decision, Entry, advance
from workflow.engine.approvals import rests
from workflow.engine.definition import Definition, Definitions
from workflow.engine.signals import Faulted, Signal
from workflow.engine.state import Run, load_state
from workflow.paces import repository as paces
from workflow.paces.service import seen
from workflow.runs import metrics, repository
from workflow.runs.models import Row
from workflow.runs.repository import Change, NewRun

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Happening:
    """A signal for a run, and the message that brought it."""

    signal: Signal
    cause: Received[Any] | None = None


class Driver:
    """``ended`` is called after a commit that made room while others waited for it."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.ended: Callable[[], None] = lambda: None

    async def drive(self, tx: Transaction, rows: Sequence[Row], signals: Mapping[UUID, Sequence[Happening]]) -> None:
        """Apply ``signals`` (by run id, in order) to locked rows: one write for all of them."""
        changes: list[Change] = []
        outbox: list[tuple[Row, Decision, Happening]] = []
        for row in rows:
            if row.parked_reason is not None:
                log.warning("run.parked_ignores", run_id=str(row.brief.id))
                continue
            try:
                change = self._fold(row, signals[row.brief.id], tx.now, outbox)
            except Exception as error:
                log.exception("run.parked", run_id=str(row.brief.id))
                await self._park(tx, row, error)
                continue
            if change is not None:
                changes.append(change)
        if changes:
            repository.write(tx, changes)
        paces.learn(
            tx,
            [
                one
                for row, decision, _ in outbox
                for one in seen(self._definition(row), Run(row.brief, decision.state), decision.events)
            ],
        )
        for row, decision, happening in outbox:
            send(tx, row, decision, happening.cause)
        ends = [(row, event) for row, decision, _ in outbox if decision.state.phase.final for event in decision.events]
        others_wait = any(row.others_wait for row in rows)
        if ends or (others_wait and any(change.rests for change in changes)):
            tx.after_commit(lambda: self._after_ends(ends, others_wait=others_wait))

    def _after_ends(self, ends: Sequence[tuple[Row, Event]], *, others_wait: bool) -> None:
        for row, event in ends:
            # A batch is in the trace of its first message, which need not be this run's.
            with _context(row), context.bind(traceparent=row.traceparent or context.current().traceparent):
                metrics.count(event)
        if others_wait:
            # Who begins to wait just now is found by the timer's next look.
            self.ended()

    def _fold(
        self,
        row: Row,
        happenings: Sequence[Happening],
        now: datetime,
        outbox: list[tuple[Row, Decision, Happening]],
    ) -> Change | None:
        """The row after all that happened to it; ``outbox`` gets what is to be sent, only if nothing was raised."""
        definition = self._definition(row)
        state = load_state(row.state)
        started_at, wake_at = state.started_at, row.wake_at
        entries: list[Entry] = []
        decisions: list[tuple[Row, Decision, Happening]] = []
        for happening in happenings:
            run = Run(row.brief, state)
            try:
                decision = advance(definition, run, happening.signal, now)
            except Exception as error:
                log.exception("run.poisoned", run_id=str(row.brief.id), signal=happening.signal.kind)
                decision = advance(definition, run, Faulted(f"{type(error).__name__}: {error}"), now)
                if decision.entry is None:
                    raise
            state, wake_at = decision.state, decision.wake_at
            if decision.entry is not None:
                entries.append(decision.entry)
                decisions.append((row, decision, happening))
        kept = lazily(row.wake_at, wake_at, now)
        if not entries and kept == row.wake_at:
            return None
        outbox.extend(decisions)
        begins = state.started_at not in (None, started_at)
        return Change(row, begins, state, entries, kept, rests(definition, Run(row.brief, state)))

    def _definition(self, row: Row) -> Definition:
        return self.definitions.of(row.brief.definition, row.brief.version)

    async def _park(self, tx: Transaction, row: Row, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}".replace("\x00", "")
        await repository.park(tx, row.brief.id, reason)
        stored = orjson.loads(row.state)
        failed = RunFailed(
            run_id=row.brief.id,
            user_id=row.brief.user_id,
            product_line=row.brief.product_line,
            sequence=int(stored.get("sequence", 0)) + 1 if isinstance(stored, dict) else 1,
            step="",
            code="parked",
            message=OUR_FAULT,
            retryable=False,
            credits_returned=False,
        )
        # A batch is in the trace of its first message, which need not be this run's.
        with _context(row), context.bind(traceparent=row.traceparent or context.current().traceparent):
            tx.emit(failed)
        tx.after_commit(metrics.RUNS_PARKED.inc)


def lazily(stored: datetime | None, due: datetime | None, now: datetime) -> datetime | None:
    """When to look at a run again. A stored time that is still ahead and early enough stays: the timer corrects it
    when it comes, and the row's index entry need not change with every message.
    """
    if due is None or stored is None:
        return due
    return stored if now < stored <= due else due


def send(tx: Transaction, run: Row | NewRun, decision: Decision, cause: Received[Any] | None) -> None:
    """Send what was decided, as a consequence of ``cause``, or of the request in hand, or, where time was the cause, of
    the run's creation."""
    with _context(run) if cause is None else contextlib.nullcontext():
        for command, priority in decision.commands:
            tx.send(command, priority=priority, cause=cause)
        for event in decision.events:
            tx.emit(event, cause=cause)


def _context(run: Row | NewRun) -> contextlib.AbstractContextManager[Any]:
    now = context.current()
    return context.bind(
        correlation_id=run.correlation_id or now.correlation_id,
        user_id=run.brief.user_id,
        run_id=str(run.brief.id),
        product_line=run.brief.product_line,
        traceparent=now.traceparent or run.traceparent,
    )
