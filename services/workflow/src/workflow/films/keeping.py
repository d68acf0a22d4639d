"""Keeping what runs have made for films, so that it is used again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from contracts.enums import WorkflowType
from contracts.workflow import RunCompleted, RunEvent
from media.film.plan import FilmPlan, Shot
from workflow.assets import queries as assets
from workflow.engine import reuse
from workflow.engine.definition import Definition, Definitions
from workflow.engine.state import Run, load_state
from workflow.films import queries, repository
from workflow.films.models import Mark, SavedPlan, kept_of
from workflow.products.film.definition import settled
from workflow.products.film.input import FilmInput
from workflow.projects import logbook
from workflow.runs import queries as runs


async def keep(tx: Transaction, definitions: Definitions, event: RunEvent) -> None:
    """Keep what a run has made for a project's film, also where the run failed; and write its end into the log.

    Doing it again changes nothing but the log's second line, whose id is told from the event.
    """
    found = await assets.projects_of_run(tx, event.run_id, event.user_id)
    row = await runs.one(tx, event.run_id, event.user_id, any_owner=False) if found else None
    if row is None or row.parked_reason is not None or row.cleaned_at is not None:
        return
    await logbook.ended(tx, found, event)
    if row.brief.workflow_type != WorkflowType.FILM_VIDEO:
        return
    run = Run(row.brief, load_state(row.state))
    definition = definitions.of(row.brief.definition, row.brief.version)
    order = FilmInput.model_validate(row.brief.input)
    plan = settled(run)
    made = await asyncio.to_thread(_made, definition, run, order, {shot.id: shot for shot in plan.shots})
    for project_id in found:
        if made:
            await repository.keep(tx, project_id, event.run_id, made, paid=isinstance(event, RunCompleted))
        if order.plan_version is not None and run.results("speak"):
            await _settle(tx, project_id, order.plan_version, plan)


async def _settle(tx: Transaction, project_id: UUID, version: int, plan: FilmPlan) -> None:
    stored = await queries.plan_of(tx, project_id)
    if stored is not None and stored["version"] == version:
        saved = SavedPlan.model_validate(stored["plan"])
        await repository.settle(tx, project_id, version, saved.told(plan))


def _made(
    definition: Definition, run: Run, order: FilmInput, shots: Mapping[str, Shot]
) -> list[tuple[str, str, str, Any, dict[str, Any] | None]]:
    found = []
    for step in definition.steps:
        if not reuse.reusable(step):
            continue
        for part, result in run.results(step.name).items():
            shot = shots.get(part) if step.name == "shots" else None
            kept = (
                kept_of(shot, Mark(take=order.takes.get(part, 0), prompt=order.prompts.get(part, "")))
                if shot is not None
                else None
            )
            found.append((step.name, part, reuse.digest(step, run, part), result, kept))
    return found
