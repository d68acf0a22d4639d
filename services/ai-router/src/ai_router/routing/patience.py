"""Whether a job should wait for a cheaper provider that is only busy, before a dearer one does it. Pure (AIR-46)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ai_router.catalogue.models import Catalogue
from ai_router.routing.choose import Budget, Choice, Health, RoutingRequest, choose
from contracts.enums import Priority

PAUSE_S = 5.0
"""So long a job waits before it looks again; jobs of a higher lane look first."""

USUAL_S: Mapping[Priority, float] = {Priority.HIGH: 0.0, Priority.NORMAL: 30.0, Priority.LOW: 120.0}
"""How long a job of each lane waits at most, where no rule says otherwise."""


def waits_for(
    request: RoutingRequest, catalogue: Catalogue, health: Health, budget: Budget, choice: Choice
) -> str | None:
    """The provider that would be asked first if its own limits had room, where it is cheaper than who is now first."""
    if not choice.ranked:
        return None
    roomy = {key: replace(state, remaining_calls=None, free_calls=None) for key, state in health.items()}
    first = choose(request, catalogue, roomy, budget).ranked[0]
    if first.provider == choice.ranked[0].provider or first.estimated_cost >= choice.ranked[0].estimated_cost:
        return None
    return first.provider
