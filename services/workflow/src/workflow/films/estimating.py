"""What making what is to be made of a film is expected to take: said of its plan, agreed on in its order. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from workflow.engine.definition import Definition
from workflow.films.standing import Standing
from workflow.products.film.rules import estimate
from workflow.products.product import Estimate
from workflow.runs.repository import Known
from workflow.settings import Settings

_ALWAYS = frozenset({"check", "reserve", "capture"})


def estimated(settings: Settings, definition: Definition, known: Known, standing: Standing) -> Estimate:
    """Cost, credits and seconds, behind those ahead of it; nothing where nothing is to be made."""
    made = standing.reckoning.made()
    if not made:
        return Estimate(Decimal(0), 0, 0.0)
    entitlement = known.entitlement
    alone = estimate(
        settings,
        definition,
        known.paces_of(definition.name),
        standing.saved.plan.minutes * 60.0,
        len(standing.to_make()),
        entitlement.run_budget if entitlement is not None else None,
        made | _ALWAYS,
        len(standing.to_draw()),
    )
    behind = alone.behind(known.ahead, settings.max_processing, settings.media_processes)
    return replace(
        behind, credits=standing.credits(entitlement.credits_per_minute if entitlement is not None else None)
    )
