"""What the smallest order of each capability costs, told whenever that changes. Pure but for who tells it (BIL-66)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from decimal import Decimal

from ai_router.catalogue.models import Catalogue, CostUnit, Offer
from ai_router.operating import repository
from ai_router.routing.router import Router
from chassis.data.database import Database
from chassis.work.periodic import Periodic
from contracts.ai_router import CapabilityPriced
from contracts.enums import Capability

_SMALLEST: dict[CostUnit, Decimal] = {
    "image": Decimal(1),
    "second": Decimal(1),
    "character": Decimal(1),
    "token": Decimal(2000),
    "job": Decimal(1),
}
"""Units of the smallest order: one picture, one second, one sign; a language model answers at some length."""


@dataclass(frozen=True, slots=True)
class Price:
    """What the smallest order costs with whoever is cheapest."""

    least: Decimal
    unit: str
    per_unit: Decimal
    model: str


def prices(catalogue: Catalogue, there: Container[str]) -> dict[Capability, Price]:
    """The least price of each capability that somebody who is set up here does; only who is in a chain, or chosen by
    price or quality, counts."""
    found: dict[Capability, Price] = {}
    for capability, offers in catalogue.by_capability.items():
        able = [one for one in offers if one.is_active and one.provider in there and one.listing != "named"]
        if able:
            cheapest = min(able, key=lambda one: (_least(one), one.priority, one.provider))
            found[capability] = Price(_least(cheapest), cheapest.cost_unit, cheapest.cost, cheapest.provider)
    return found


def _least(offer: Offer) -> Decimal:
    return offer.estimate({offer.cost_unit: _SMALLEST[offer.cost_unit]})


class PriceNews(Periodic):
    """A background part: tells least prices at the start, and whenever the catalogue has changed them. Of several
    processes one tells each change."""

    def __init__(self, database: Database, router: Router, *, every_s: float = 30.0) -> None:
        super().__init__("least prices", every_s)
        self._database = database
        self._router = router
        self._told: dict[Capability, Price] = {}
        self._since_start = False

    async def round(self) -> None:
        """Tell what is new."""
        await self.tell()

    async def tell(self) -> None:
        """Tell what is new; at the start, everything again: whoever keeps a copy may have come since."""
        catalogue, _ = await self._router.snapshot()
        now = prices(catalogue, self._router.providers)
        if now == self._told and self._since_start:
            return
        async with self._database.transaction() as tx:
            known = await repository.known_prices(tx)
            for capability, price in now.items():
                before = known.get(capability.value)
                same = before is not None and price == Price(
                    before["least_cost"], before["unit"], before["per_unit"], before["cheapest_model"]
                )
                if same and before is not None:
                    version = int(before["version"])
                else:
                    version = await repository.keep_price(
                        tx, capability.value, price.least, price.unit, price.per_unit, price.model
                    )
                if not same or not self._since_start:
                    tx.emit(
                        CapabilityPriced(
                            capability=capability,
                            least_cost=price.least,
                            unit=price.unit,
                            per_unit=price.per_unit,
                            cheapest_model=price.model,
                            version=version,
                        )
                    )
        self._told, self._since_start = now, True
