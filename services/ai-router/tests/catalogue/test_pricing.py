"""What the smallest order costs at least, told once a change by one of all processes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ai_router.catalogue.models import Catalogue
from ai_router.catalogue.pricing import PriceNews, prices
from ai_router.catalogue.starting import OFFERS
from chassis.messaging.consumer import wait_until
from contracts.ai_router import CapabilityPriced
from contracts.enums import Capability

CATALOGUE = Catalogue(OFFERS)
FILM = Capability.VIDEO_GENERATION


def test_who_costs_nothing_makes_it_nothing_and_who_is_only_named_does_not_count() -> None:
    everybody = {offer.provider for offer in OFFERS}
    assert prices(CATALOGUE, everybody)[FILM].least == 0
    paid = prices(CATALOGUE, everybody - {"local_stable_video"})[FILM]
    assert (paid.least, paid.unit, paid.per_unit, paid.model) == (Decimal("0.1500"), "second", Decimal("0.15"), "veo3")
    assert FILM not in prices(CATALOGUE, {"heygen_avatar"})
    off = Catalogue(tuple(replace(offer, is_active=offer.provider != "veo3") for offer in OFFERS))
    assert prices(off, {"veo3", "runway_act2"})[FILM].model == "runway_act2"


async def test_a_changed_price_is_told_once_with_a_higher_version(start_router: Any, painter: Any) -> None:
    """At each start everything, then only what has changed."""
    banana = painter("nano_banana")
    router = await start_router({"nano_banana": banana}, consume=False)
    routing = router.service.app.state.router
    # What is local costs nothing; here it is gone.
    routing.providers = {"nano_banana": banana}
    news = [PriceNews(router.database, routing) for _ in range(2)]
    for one in (*news, *news):
        await one.tell()

    def told() -> list[tuple[Decimal, int]]:
        return [(event.least_cost, event.version) for event in router.events(CapabilityPriced)]

    await wait_until(lambda: len(told()) == 6, timeout_s=10)
    assert set(told()) == {(Decimal("0.0390"), 1)}, "image enhancement, edit and generation, at two starts"
    await router.execute("UPDATE providers SET cost = 0.05 WHERE key = 'nano_banana' AND capability = 'image_edit'")
    for one in (*news, *news):
        await one.tell()
    await wait_until(lambda: len(told()) == 7, timeout_s=10)
    assert told()[-1] == (Decimal("0.0500"), 2)
