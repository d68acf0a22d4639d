"""What a capability costs at least. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.enums import Capability

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Price:
    """The copy of ai-router's ``CapabilityPriced``."""

    least_cost: Decimal
    unit: str
    per_unit: Decimal


@dataclass(frozen=True, slots=True)
class Amount:
    """What a run wants of a capability, in every unit that may be counted; ``times``: for so many orders."""

    capability: Capability
    seconds: float = 0.0
    characters: int = 0
    times: int = 1

    def of(self, unit: str) -> Decimal:
        """How many of ``unit``; one of what is not counted by length."""
        counted = {"second": self.seconds, "minute": self.seconds / 60, "character": self.characters}
        return Decimal(str(counted.get(unit.removesuffix("s"), 1)))


def least_cost(prices: Mapping[str, Price], wanted: Sequence[Amount]) -> Decimal | None:
    """What all of ``wanted`` costs at least; None while the price of one of them is not known (BIL-66)."""
    total = Decimal(0)
    for amount in wanted:
        price = prices.get(amount.capability)
        if price is None:
            return None
        total += amount.times * max(price.least_cost, price.per_unit * amount.of(price.unit))
    return total.quantize(_PLACES)
