"""The catalogue as values. A snapshot never changes; editing the tables makes the next snapshot different."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from functools import cache, cached_property
from typing import Literal

import orjson
from pydantic import TypeAdapter

from contracts.enums import Capability, Priority

CostUnit = Literal["image", "second", "job", "character", "token"]

Listing = Literal["chain", "quality", "named"]
"""``chain``: in the written fallback order. ``quality``: only where routing by price or quality selects it.
``named``: only where a request names it (CFL-26)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One provider for one capability (AIR-18)."""

    provider: str
    capability: Capability
    cost: Decimal
    """Per ``cost_unit``, in rupees."""
    cost_unit: CostUnit
    quality: float
    speed_s: float
    priority: int
    """Place in the fallback chain, lowest first."""
    max_clip_s: float | None = None
    requests_per_hour: int | None = None
    calls_at_once: int | None = None
    """How many calls may be under way at a time, of all processes together."""
    base_url: str | None = None
    listing: Listing = "chain"
    zero_cost: bool = False
    deterministic: bool = False
    """The same inputs and parameters give the same result, so it may be answered from the cache."""
    allowed_tiers: frozenset[str] = frozenset()
    """Plans that may use it; empty: all."""
    is_active: bool = True

    def estimate(self, units: Mapping[str, Decimal]) -> Decimal:
        """Estimated cost of a request of so many ``units`` (by unit; one where the unit is not in it), in four places
        and never too low."""
        if self.zero_cost:
            return Decimal(0)
        return (self.cost * units.get(self.cost_unit, Decimal(1))).quantize(Decimal("0.0001"), ROUND_UP)


@dataclass(frozen=True, slots=True)
class Policy:
    """How one capability is routed."""

    capability: Capability
    primary: str | None = None
    premium: str | None = None
    minimum_quality: float = 0.0
    """Catalogue quality below which a paid provider is not considered."""
    fallback_score: float = 0.0
    """A result that scores less is not accepted while another provider is left."""
    chain: tuple[str, ...] | None = None
    """Outside providers in their order, where it is not that of their priorities (CFL-49)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules over all capabilities (AIR-39, 45, 47)."""

    premium_tiers: frozenset[str] = frozenset()
    priorities: Mapping[str, Priority] = field(default_factory=dict)
    """The lane in which jobs of a plan wait; a plan that is not listed waits in the normal one (CON-10)."""
    fallback: bool = True
    emergency: bool = False
    daily_warning: Decimal = Decimal(4000)
    daily_limit: Decimal = Decimal(5000)
    jobs_at_once: Mapping[str, int] = field(default_factory=dict)
    """How many jobs that a user ordered by themselves may be under way, by plan; ``*`` is every other plan."""

    patience_s: Mapping[Priority, float] = field(default_factory=dict)
    """How long a job waits for a cheaper provider that is only busy, by its lane."""

    def lane(self, plan: str) -> Priority:
        """Where jobs of a plan wait."""
        return self.priorities.get(plan, Priority.NORMAL)

    def most_open(self, plan: str) -> int:
        """How many of a user's own jobs may be under way on a plan."""
        return self.jobs_at_once.get(plan, self.jobs_at_once.get("*", 5))


@dataclass(frozen=True, slots=True)
class Usage:
    """What paid providers have been used for."""

    cost_today: Decimal = Decimal(0)
    calls_last_hour: Mapping[str, int] = field(default_factory=dict)
    under_way: Mapping[str, int] = field(default_factory=dict)

    def and_also(self, provider: str, calls: int, cost: Decimal) -> Usage:
        """With so many more calls, of so much together."""
        made = self.calls_last_hour.get(provider, 0)
        going = self.under_way.get(provider, 0)
        return Usage(
            self.cost_today + cost,
            {**self.calls_last_hour, provider: made + calls},
            {**self.under_way, provider: going + calls},
        )

    def room_for(self, offer: Offer, cost: Decimal, rules: Rules, calls: int = 1) -> bool:
        """Whether ``calls`` more, of so much together, stay within what everybody may spend today and this hour."""
        made = self.calls_last_hour.get(offer.provider, 0)
        if offer.requests_per_hour is not None and made + calls > offer.requests_per_hour:
            return False
        going = self.under_way.get(offer.provider, 0)
        if offer.calls_at_once is not None and going + calls > offer.calls_at_once:
            return False
        return cost <= max(Decimal(0), rules.daily_limit - self.cost_today)


@dataclass(frozen=True)
class Catalogue:
    """One snapshot of everything that routing depends on and that people edit."""

    offers: tuple[Offer, ...]
    policies: Mapping[Capability, Policy] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    lines: Mapping[str, Mapping[Capability, Policy]] = field(default_factory=dict)
    """Policies of product lines that have their own, by line."""

    @cached_property
    def by_capability(self) -> Mapping[Capability, tuple[Offer, ...]]:
        """The offers of each capability that has any, in the order of :attr:`offers`."""
        grouped: dict[Capability, list[Offer]] = {}
        for offer in self.offers:
            grouped.setdefault(offer.capability, []).append(offer)
        return {capability: tuple(offers) for capability, offers in grouped.items()}

    @cached_property
    def digest(self) -> str:
        """Names this snapshot's content."""
        return hashlib.sha256(self.document()).hexdigest()[:32]

    def document(self) -> bytes:
        """The snapshot as JSON."""
        fields = _adapter().dump_python(self)
        return orjson.dumps(fields, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)

    @classmethod
    def of(cls, document: bytes | str) -> Catalogue:
        """The inverse of :meth:`document`."""
        return _adapter().validate_json(document)

    def policy(self, capability: Capability, line: str = "") -> Policy:
        """The capability's policy in a product line; without a row, no primary and no thresholds."""
        return self.lines.get(line, {}).get(capability) or self.policies.get(capability) or Policy(capability)

    def offer(self, provider: str, capability: Capability) -> Offer:
        """The row of ``provider``; ``KeyError`` where there is none."""
        for offer in self.by_capability.get(capability, ()):
            if offer.provider == provider:
                return offer
        raise KeyError(f"{provider} does not offer {capability}")


@cache
def _adapter() -> TypeAdapter[Catalogue]:
    return TypeAdapter(Catalogue)


def _plain(value: object) -> object:
    """Sets in order, so that equal catalogues are equal bytes; money as text, so that it stays exact."""
    return sorted(value) if isinstance(value, frozenset) else str(value)
