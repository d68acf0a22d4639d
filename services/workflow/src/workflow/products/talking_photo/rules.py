"""What a talking photo costs and counts as."""

from __future__ import annotations

from decimal import Decimal

from workflow.products.product import Estimate
from workflow.settings import Settings

CREDITS = 1
"""A talking photo costs one credit and counts as one workflow of the month (BIL-46)."""
METER = "workflows"


def estimate(settings: Settings, duration: int, run_budget: Decimal | None, ahead: int) -> Estimate:
    """Expected cost and time of ``duration`` seconds of video with ``ahead`` runs before it (WFL-08, WFL-42).

    The router never spends more than the plan's budget, because it falls back to providers that cost nothing; so
    neither does the estimate exceed it (BIL-66).
    """
    cost = settings.estimated_image_cost + settings.estimated_video_cost_per_second * duration
    if run_budget is not None:
        cost = min(cost, run_budget)
    seconds = settings.estimated_seconds + settings.estimated_seconds_per_second * duration
    rounds_before = ahead // settings.max_processing
    return Estimate(cost.quantize(Decimal("0.0001")), CREDITS, round(seconds * (1 + rounds_before), 1))
