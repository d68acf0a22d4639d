"""What a talking photo costs and counts as."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from contracts.enums import Capability, Platform
from workflow.engine.definition import Definition
from workflow.paces.models import Paces
from workflow.prices.models import Amount
from workflow.products.estimates import estimated
from workflow.products.product import Estimate
from workflow.settings import Settings

CREDITS = 1
"""A talking photo costs one credit and counts as one workflow of the month (BIL-46)."""
METER = "workflows"

WIDE = frozenset({Platform.YOUTUBE})
"""Platforms whose films lie; all others stand."""


def amounts(film_s: float, characters: int) -> Mapping[str, Amount]:
    """What a talking photo wants of ai-router, by step."""
    return {
        "enhance": Amount(Capability.IMAGE_ENHANCEMENT),
        "speak": Amount(Capability.AUDIO_GENERATION, film_s, characters),
        "generate": Amount(Capability.VIDEO_GENERATION, film_s, characters),
    }


def film_sides(photo: tuple[int, int] | None, platforms: Sequence[Platform]) -> tuple[int, int] | None:
    """Width and height of a film that keeps the sides of a photo that lies, where a platform shows them.

    None: as whoever makes it likes, which stands. Where others want a standing film of it too, it is higher, because
    theirs is cut out of it; never higher than the photo, or than makes sense.
    """
    if photo is None or photo[0] <= photo[1] or not WIDE.intersection(platforms):
        return None
    height = 720 if WIDE.issuperset(platforms) else min(1080, max(720, photo[1] // 2 * 2))
    return round(height * 16 / 18) * 2, height


def estimate(
    settings: Settings,
    definition: Definition,
    paces: Paces,
    film_s: float,
    platforms: int,
    run_budget: Decimal | None,
    made: Collection[str] | None = None,
) -> Estimate:
    """Of a film of ``film_s`` seconds for so many platforms, see :func:`workflow.products.estimates.estimated`."""
    return estimated(
        definition,
        paces,
        film_s,
        lambda step: platforms if step.fan_out is not None else 1,
        credits=CREDITS if made is None or "generate" in made else 0,
        run_budget=run_budget,
        made=made,
        unseen={"enhance": settings.estimated_image_cost, "generate": settings.estimated_video_cost_per_second},
    )
