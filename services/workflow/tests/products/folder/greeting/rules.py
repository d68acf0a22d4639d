"""What a greeting costs and counts as."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from contracts.enums import Capability
from workflow.engine.definition import Definition
from workflow.paces.models import Paces
from workflow.prices.models import Amount
from workflow.products.product import Estimate
from workflow.settings import Settings

METER = "workflows"


def amounts(film_s: float, characters: int) -> Mapping[str, Amount]:
    """What a greeting wants of ai-router, by step."""
    return {"enhance": Amount(Capability.IMAGE_ENHANCEMENT)}


def estimate(
    settings: Settings,
    definition: Definition,
    paces: Paces,
    film_s: float,
    platforms: int,
    run_budget: Decimal | None,
    made: Collection[str] | None = None,
) -> Estimate:
    """Expected cost and time of one picture."""
    return Estimate(settings.estimated_image_cost, 2, 3.0)
