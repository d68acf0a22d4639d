"""What is chosen with fresh figures has room by the same figures, so that choosing again comes to an end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ai_router.catalogue.models import Catalogue, Offer, Rules, Usage
from ai_router.routing.choose import Budget, ProviderState, RoutingRequest, choose
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
