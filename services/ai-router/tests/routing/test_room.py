"""What is chosen with fresh figures has room by the same figures, so that choosing again comes to an end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ai_router.catalogue.models import Catalogue, Offer, Rules, Usage
from ai_router.routing.choose import Budget, ProviderState, RoutingRequest, choose
from ai_router.routing.patience import waits_for
from contracts.enums import Capability

IMAGE = Capability.IMAGE_ENHANCEMENT
OFFER = Offer("outside", IMAGE, Decimal(1), "second", quality=9.0, speed_s=1.0, priority=1)

money = st.decimals(0, 10, places=4)


@given(money, money, money, st.decimals(0, 20, places=6), st.none() | st.integers(0, 3), st.integers(0, 3))
def test_the_choice_and_the_reservation_agree(
    cost: Decimal, limit: Decimal, spent: Decimal, seconds: Decimal, allowance: int | None, calls: int
) -> None:
    """For any price, limit, length and allowance: ranked is reserved, and what is dropped for a limit is not."""
    offer = replace(OFFER, cost=cost, requests_per_hour=allowance)
    usage = Usage(spent, {"outside": calls})
    state = ProviderState(remaining_calls=None if allowance is None else allowance - calls)
    request = RoutingRequest(IMAGE, "enterprise", units={"second": seconds})
    budget = Budget(Decimal("Infinity"), max(Decimal(0), limit - spent))
    choice = choose(request, Catalogue((offer,)), {"outside": state}, budget)
    room = usage.room_for(offer, offer.estimate(request.units), Rules(daily_limit=limit))
    assert room == bool(choice.ranked)


def test_a_job_waits_for_who_is_only_busy_and_cheaper() -> None:
    """Not for who is away, not where the next is as cheap, and not where nobody would be dearer."""
    cheap = replace(OFFER, provider="cheap", cost=Decimal(1), cost_unit="job")
    dear = replace(cheap, provider="dear", cost=Decimal(5), priority=2)
    request = RoutingRequest(IMAGE, "free")
    budget = Budget(Decimal(100))

    def waits(state: ProviderState, *offers: Offer) -> str | None:
        catalogue = Catalogue(offers or (cheap, dear))
        health = {"cheap": state, "dear": ProviderState(), "local": ProviderState()}
        return waits_for(request, catalogue, health, budget, choose(request, catalogue, health, budget))

    assert waits(ProviderState(remaining_calls=0)) == "cheap"
    assert waits(ProviderState(free_calls=0)) == "cheap"
    assert waits(ProviderState()) is None
    assert waits(ProviderState(healthy=False, remaining_calls=0)) is None
    assert waits(ProviderState(free_calls=0), cheap, replace(dear, cost=Decimal(1))) is None
    free = replace(OFFER, provider="local", cost=Decimal(0), zero_cost=True, priority=100)
    assert waits(ProviderState(free_calls=0), cheap, free) is None
    assert waits(ProviderState(free_calls=0), cheap) is None, "nobody else is there: the job's rounds wait"
