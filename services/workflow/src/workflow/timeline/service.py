"""Telling where the time of a run went."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from workflow.engine.definition import Definition, Definitions
from workflow.engine.signals import load_signal
from workflow.engine.state import Brief
from workflow.runs import queries as runs
from workflow.runs.errors import RunNotFound
from workflow.runs.schemas import InterventionOut
from workflow.runs.views import loaded
from workflow.timeline import queries
from workflow.timeline.rules import Timeline, forgotten, told
from workflow.timeline.schemas import TimelineOut, spans_out, steps_out


async def timeline(tx: Transaction, definitions: Definitions, caller: Identity, run_id: UUID) -> TimelineOut:
    """Where the time of the caller's run went, or for an administrator of anybody's. Raises ``RunNotFound``."""
    row = await runs.one(tx, run_id, caller.user_id, any_owner=caller.is_admin)
    if row is None:
        raise RunNotFound("There is no such workflow.")
    definition, run = loaded(definitions, row)
    until = row.finished_at or tx.now
    history = await queries.history(tx, run_id)
    # A run of hours has a history of thousands; others are not to wait meanwhile.
    removed = run.state.number > len(history)
    found = (
        forgotten(row.brief, until)
        if removed
        else await asyncio.to_thread(_told, definition, row.brief, history, until)
    )
    return TimelineOut(
        id=run_id,
        trace_id=row.traceparent.split("-")[1] if row.traceparent else None,
        created_at=row.brief.created_at,
        finished_at=row.finished_at,
        seconds=(until - row.brief.created_at).total_seconds(),
        cost=run.state.cost,
        spans=spans_out(list(found.spans)),
        steps=steps_out(found),
        interventions=[InterventionOut(at=one.at, step=one.step, text=one.text) for one in run.state.interventions],
    )


def _told(definition: Definition, brief: Brief, history: Sequence[tuple[str, datetime]], until: datetime) -> Timeline:
    return told(definition, brief, [(load_signal(signal), at) for signal, at in history], until)
