"""Ranking the providers for one request (AIR-35 to AIR-42).

Outside providers come first, in this order: the one the request prefers, the one its quality preference selects, then
the rest of the written chain. Local zero-cost providers end every ranking, so they are reached only when no other is
left. What was dropped is kept with its reason, so that a choice can be explained and computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ai_router.catalogue.models import Catalogue, Offer
from contracts.enums import Capability, Quality


@dataclass(frozen=True, slots=True)
class RoutingRequest:
    """What is asked for. ``units`` are estimated: images, seconds, characters, jobs."""

    capability: Capability
    plan: str
    quality: Quality = Quality.BALANCED
    units: Mapping[str, Decimal] = field(default_factory=dict)
    exclude: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    """Providers that have failed for this job already."""
    prefer: str | None = None
    line: str = ""
    """The product line it is for."""
    ordered: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    """Seconds of each clip that would be ordered of a provider which makes clips of certain lengths only, or parts of a
    speech that is longer than its longest."""

    def units_of(self, provider: str) -> Mapping[str, Decimal]:
        """The units that ``provider`` would be paid for."""
        clips = self.ordered.get(provider)
        return self.units if clips is None else {**self.units, "second": sum(clips, Decimal(0))}

    def clips_of(self, provider: str) -> int:
        """How many clips, each a call of its own, ``provider`` would be asked for."""
        return max(1, len(self.ordered.get(provider, ())))


@dataclass(frozen=True, slots=True)
class ProviderState:
    """What is known about a provider at this moment; a provider without a state is not configured."""

    healthy: bool = True
    breaker_open: bool = False
    remaining_calls: int | None = None
    """Calls left of its hourly allowance; None: not limited."""
    free_calls: int | None = None
    """Calls that may begin beside those under way; None: not limited."""


Health = Mapping[str, ProviderState]


@dataclass(frozen=True, slots=True)
class Budget:
    """What may still be spent: on this request, and by everybody today."""

    left: Decimal
    left_today: Decimal = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider that can do it, why it stands where it stands, and what it should cost."""

    provider: str
    reason: str
    estimated_cost: Decimal
    zero_cost: bool
    clips: int = 1


@dataclass(frozen=True, slots=True)
class Dropped:
    """A provider that cannot do it now, and why."""

    provider: str
    reason: str
    over_budget: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Candidates, best first, and everybody else. ``ranked`` may be empty."""

    ranked: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...]

    def document(self) -> dict[str, Any]:
        """The choice as JSON, to be kept with the job."""
        return {
            "ranked": [
                {
                    "provider": one.provider,
                    "reason": one.reason,
                    "estimated_cost": str(one.estimated_cost),
                    **({"clips": one.clips} if one.clips > 1 else {}),
                }
                for one in self.ranked
            ],
            "dropped": [{"provider": one.provider, "reason": one.reason} for one in self.dropped],
        }


def choose(request: RoutingRequest, catalogue: Catalogue, health: Health, budget: Budget) -> Choice:
    """Rank the providers of ``request.capability``. The same arguments give the same choice."""
    dropped: list[Dropped] = []
    outside: list[Offer] = []
    local: list[Offer] = []
    for offer in catalogue.by_capability.get(request.capability, ()):
        reason = _why_not(offer, request, catalogue, health)
        if reason is not None:
            dropped.append(Dropped(offer.provider, reason))
        elif (too_dear := _too_dear(offer, request, budget)) is not None:
            dropped.append(Dropped(offer.provider, too_dear, over_budget=True))
        else:
            (local if offer.zero_cost else outside).append(offer)
    ranked = _rank_outside(outside, request, catalogue)
    dropped += [
        Dropped(offer.provider, "used only when named" if offer.listing == "named" else "not in the fallback chain")
        for offer in outside
        if all(offer.provider != taken.provider for taken, _ in ranked)
    ]
    why_local = "no outside provider is left" if not ranked else "ends the chain"
    ranked += [(offer, why_local) for offer in _in_chain_order(local)]
    ranked = _preferred_first(ranked, request.prefer)
    if not catalogue.rules.fallback:
        # Whoever is asked first stays the only one, also once it has failed.
        first = 0 if request.failed else 1
        dropped += [Dropped(offer.provider, "fallback is switched off") for offer, _ in ranked[first:]]
        ranked = ranked[:first]
    return Choice(tuple(_candidate(offer, reason, request) for offer, reason in ranked), tuple(dropped))


def _why_not(offer: Offer, request: RoutingRequest, catalogue: Catalogue, health: Health) -> str | None:
    """The first reason that rules an offer out, None when nothing does."""
    state = health.get(offer.provider)
    if not offer.is_active:
        return "switched off"
    if state is None:
        return "not configured"
    if offer.provider in request.exclude:
        return "excluded by the request"
    if offer.provider in request.failed:
        return "failed for this job"
    if offer.allowed_tiers and request.plan not in offer.allowed_tiers:
        return f"not for plan {request.plan}"
    seconds = request.units.get("second")
    longest = offer.max_clip_s if request.clips_of(offer.provider) == 1 else None
    if longest is not None and seconds is not None and seconds > longest:
        return f"{seconds:g} s asked, at most {longest:g} s in one clip"
    return None if offer.zero_cost else _why_not_outside(offer, state, request, catalogue)


def _why_not_outside(offer: Offer, state: ProviderState, request: RoutingRequest, catalogue: Catalogue) -> str | None:
    if catalogue.rules.emergency:
        return "emergency mode"
    if not state.healthy:
        return "unhealthy"
    if state.breaker_open:
        return "breaker open"
    if state.remaining_calls is not None and state.remaining_calls < request.clips_of(offer.provider):
        return "hourly allowance used up"
    if state.free_calls is not None and state.free_calls < request.clips_of(offer.provider):
        return "as many calls as it may have are under way"
    threshold = catalogue.policy(request.capability, request.line).minimum_quality
    if offer.quality < threshold:
        return f"quality {offer.quality:g} below {threshold:g}"
    return None


def _too_dear(offer: Offer, request: RoutingRequest, budget: Budget) -> str | None:
    cost = offer.estimate(request.units_of(offer.provider))
    if cost > budget.left:
        return f"{cost:f} over the budget of {budget.left:f}"
    if cost > budget.left_today:
        return "daily cost limit reached"
    return None


def _rank_outside(offers: list[Offer], request: RoutingRequest, catalogue: Catalogue) -> list[tuple[Offer, str]]:
    offers = _as_the_line_has_it(offers, catalogue.policy(request.capability, request.line).chain)
    head = _head([offer for offer in offers if offer.listing != "named"], request, catalogue)
    ranked = [] if head is None else [head]
    for offer in _in_chain_order(offers):
        if head is not None and offer is head[0]:
            continue
        if offer.listing == "chain":
            ranked.append((offer, "next in the chain"))
        elif offer.provider == request.prefer:
            ranked.append((offer, "named by the request"))
    return ranked


def _as_the_line_has_it(offers: list[Offer], chain: tuple[str, ...] | None) -> list[Offer]:
    """The offers by a chain of the product line's own: those in it in its order, the others only where named."""
    if chain is None:
        return offers
    return [
        replace(offer, priority=chain.index(offer.provider), listing="chain")
        if offer.provider in chain
        else replace(offer, listing="named")
        for offer in offers
    ]


def _head(offers: list[Offer], request: RoutingRequest, catalogue: Catalogue) -> tuple[Offer, str] | None:
    """Who the quality preference selects (AIR-36); ties go to the faster one."""
    if not offers:
        return None
    policy = catalogue.policy(request.capability, request.line)
    chain = [offer for offer in offers if offer.listing == "chain"]
    by_name = {offer.provider: offer for offer in offers}
    if request.quality is Quality.ECONOMY:
        cheapest = min(offers, key=lambda offer: (offer.estimate(request.units_of(offer.provider)), offer.speed_s))
        return cheapest, "lowest cost"
    if request.quality is Quality.PREMIUM:
        if policy.premium is None:
            return min(offers, key=lambda offer: (-offer.quality, offer.speed_s)), "highest quality"
        if policy.premium in by_name and request.plan in catalogue.rules.premium_tiers:
            return by_name[policy.premium], "premium provider"
    if policy.primary in by_name:
        return by_name[policy.primary], "primary provider"
    if chain:
        return _in_chain_order(chain)[0], "first of the chain"
    return None


def _in_chain_order(offers: Iterable[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda offer: (offer.priority, offer.speed_s, offer.provider))


def _preferred_first(ranked: list[tuple[Offer, str]], prefer: str | None) -> list[tuple[Offer, str]]:
    first = [(offer, "preferred by the request") for offer, _ in ranked if offer.provider == prefer]
    return first + [(offer, reason) for offer, reason in ranked if offer.provider != prefer]


def _candidate(offer: Offer, reason: str, request: RoutingRequest) -> Candidate:
    cost = offer.estimate(request.units_of(offer.provider))
    return Candidate(offer.provider, reason, cost, offer.zero_cost, request.clips_of(offer.provider))
