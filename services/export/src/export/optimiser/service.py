"""Looking at a way of working with all that is known here."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from export.costs import service as costs
from export.costs.schemas import CostsIn, CostsOut
from export.history import queries
from export.history import repository as history
from export.optimiser.rules import Goal, Situation, Suggestion, suggestions
from export.templates.cache import TemplateCache


async def optimise(
    tx: Transaction, cache: TemplateCache, user_id: UUID, body: CostsIn, goal: Goal
) -> tuple[CostsOut, list[Suggestion]]:
    """What it costs now, and what could be better. Raises ``PlatformUnknown``."""
    known = await costs.known(tx, cache, body)
    templates = await cache.active(tx, workflow_type=body.workflow_type)
    situation = Situation(known, templates, await queries.ordered(tx, user_id))
    return costs.answer(known.costs(), body), suggestions(situation, goal)


async def remember(tx: Transaction, user_id: UUID, body: CostsIn) -> UUID:
    """Note in the history what was asked; returns the entry's id."""
    return await history.add(tx, user_id, "optimization", body.model_dump(mode="json"))


async def keep(tx: Transaction, entry: UUID, result: str) -> None:
    """Keep the answer with its entry."""
    await history.keep_result(tx, entry, result)
