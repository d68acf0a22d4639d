"""Who is chosen: the written chains, the budgets of every plan, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_router.catalogue.models import Catalogue, Offer, Policy, Rules
from ai_router.catalogue.repository import _rules
from ai_router.catalogue.starting import OFFERS, POLICIES, RULES
from ai_router.routing.choose import Budget, Choice, ProviderState, RoutingRequest, choose
from ai_router.routing.router import Inputs
from contracts.enums import Capability, Quality

CATALOGUE = Catalogue(OFFERS, {policy.capability: policy for policy in POLICIES}, _rules(RULES))
EVERYBODY = {offer.provider: ProviderState() for offer in OFFERS}
IMAGE, VIDEO = Capability.IMAGE_ENHANCEMENT, Capability.VIDEO_GENERATION
ENHANCEMENT = Decimal("0.039")
BUDGETS = {"free": Decimal("0.10"), "starter": Decimal("0.50"), "pro": Decimal(2), "enterprise": Decimal(10)}
"""What a plan allows one run to cost (AIR-37); billing's figures, told with each job."""


def ranked(
    capability: Capability = IMAGE,
    *,
    plan: str = "enterprise",
    seconds: float = 5,
    budget: str = "100",
    health: dict[str, ProviderState] | None = None,
    catalogue: Catalogue = CATALOGUE,
    **request: Any,
) -> list[str]:
    units = {"image": Decimal(1), "second": Decimal(str(seconds))}
    asked = RoutingRequest(capability, plan, units=units, **request)
    choice = choose(asked, catalogue, EVERYBODY if health is None else health, Budget(Decimal(budget)))
    return [one.provider for one in choice.ranked]


def parts(seconds: int) -> dict[str, tuple[Decimal, ...]]:
    """Clips of whole seconds, as long as each provider makes them."""
    return {
        offer.provider: tuple(
            Decimal(min(int(offer.max_clip_s), seconds - at)) for at in range(0, seconds, int(offer.max_clip_s))
        )
        for offer in OFFERS
        if offer.max_clip_s is not None
    }


def without(*names: str) -> dict[str, ProviderState]:
    return {name: state for name, state in EVERYBODY.items() if name not in names}


def test_the_image_chain() -> None:
    """nano_banana, ideogram, local_upscaler; midjourney is not in the chain (AIR-41)."""
    assert ranked() == ["nano_banana", "ideogram", "local_upscaler"]
    assert ranked(exclude=frozenset({"nano_banana"})) == ["ideogram", "local_upscaler"]
    assert ranked(failed=frozenset({"nano_banana", "ideogram"})) == ["local_upscaler"]
    assert ranked(budget="0.03") == ["local_upscaler"]


def test_the_video_chain() -> None:
    """veo3, runway_act2, local_stable_video; heygen only where a request names it (AIR-42, CFL-26)."""
    assert ranked(VIDEO) == ["veo3", "runway_act2", "local_stable_video"]
    assert ranked(VIDEO, health=without("veo3")) == ["runway_act2", "local_stable_video"]
    assert ranked(VIDEO, prefer="heygen_avatar")[0] == "heygen_avatar"
    assert "heygen_avatar" not in ranked(VIDEO, quality=Quality.PREMIUM)


def test_quality_preferences() -> None:
    """Economy takes the lowest cost, balanced the primary, premium the premium provider or the best (AIR-36)."""
    assert ranked(quality=Quality.ECONOMY)[0] == "nano_banana"
    assert ranked(quality=Quality.PREMIUM) == ["midjourney_api", "nano_banana", "ideogram", "local_upscaler"]
    assert ranked(VIDEO, quality=Quality.PREMIUM)[0] == "runway_act2"
    assert ranked(VIDEO, quality=Quality.BALANCED)[0] == "veo3"
    assert ranked(VIDEO, quality=Quality.PREMIUM, plan="starter")[0] == "veo3", "not for starter"
    assert ranked(VIDEO, quality=Quality.PREMIUM, health=without("runway_act2"))[0] == "veo3"


def test_ties_go_to_the_faster_one() -> None:
    """Two of one price."""
    slow = Offer("slow", IMAGE, Decimal("0.01"), "image", quality=8, speed_s=9, priority=1)
    fast = replace(slow, provider="fast", speed_s=1, priority=2)
    catalogue = Catalogue((slow, fast))
    health = {"slow": ProviderState(), "fast": ProviderState()}
    assert ranked(catalogue=catalogue, health=health, quality=Quality.ECONOMY) == ["fast", "slow"]
    assert ranked(catalogue=catalogue, health=health, quality=Quality.PREMIUM) == ["fast", "slow"]


@pytest.mark.parametrize(
    ("plan", "veo_seconds", "runway_seconds"),
    [("free", 0, 0), ("starter", 3, 2), ("pro", 13, 9), ("enterprise", 60, 49), ("nobody-knows", 0, 0)],
)
def test_how_long_each_plan_can_afford(plan: str, veo_seconds: int, runway_seconds: int) -> None:
    """The longest video of whole seconds beside one enhancement, up to 60 s (AIR-38)."""
    left = BUDGETS.get(plan, Decimal(0)) - ENHANCEMENT

    def longest(provider: str) -> int:
        fits = [
            seconds
            for seconds in range(1, 61)
            if provider in ranked(VIDEO, plan=plan, seconds=seconds, budget=str(max(left, 0)), ordered=parts(seconds))
        ]
        return max(fits, default=0)

    assert (longest("veo3"), longest("runway_act2")) == (veo_seconds, runway_seconds)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("free", "local_stable_video"),
        ("starter", "local_stable_video"),
        ("pro", "veo3"),
        ("enterprise", "veo3"),
        ("nobody-knows", "local_stable_video"),
    ],
)
def test_who_makes_the_ten_seconds_of_each_plan(plan: str, expected: str) -> None:
    """₹1.50 with Veo, in two clips: free and starter get the local provider (AIR-38, CFL-17)."""
    left = BUDGETS.get(plan, Decimal(0)) - ENHANCEMENT
    assert ranked(VIDEO, plan=plan, seconds=10, budget=str(max(left, Decimal(0))), ordered=parts(10))[0] == expected


def test_ten_seconds_of_runway_beside_an_enhancement_are_too_dear_for_pro() -> None:
    """₹2.039 against ₹2.00."""
    left = BUDGETS["pro"] - ENHANCEMENT
    assert "runway_act2" not in ranked(VIDEO, plan="pro", seconds=10, budget=str(left))
    assert "runway_act2" in ranked(VIDEO, plan="pro", seconds=9, budget=str(left))


def test_a_clip_that_is_too_long_for_one_provider() -> None:
    """Veo makes at most eight seconds at once, Runway ten; segments are another matter."""
    assert ranked(VIDEO, seconds=8)[0] == "veo3"
    assert ranked(VIDEO, seconds=9) == ["runway_act2", "local_stable_video"]
    assert ranked(VIDEO, seconds=11) == ["local_stable_video"]
    assert ranked(VIDEO, seconds=11, ordered=parts(11))[0] == "veo3"


@pytest.mark.parametrize(
    "state",
    [
        ProviderState(healthy=False),
        ProviderState(breaker_open=True),
        ProviderState(remaining_calls=0),
    ],
)
def test_a_provider_that_cannot_take_it_now_is_left_out(state: ProviderState) -> None:
    """Unhealthy, breaker open, hourly allowance used up; local providers do not care."""
    assert ranked(health={**EVERYBODY, "nano_banana": state})[0] == "ideogram"
    assert ranked(health={**EVERYBODY, "local_upscaler": state})[-1] == "local_upscaler"


def test_emergency_mode_leaves_the_local_ones() -> None:
    """AIR-45."""
    emergency = replace(CATALOGUE, rules=replace(CATALOGUE.rules, emergency=True))
    assert ranked(VIDEO, catalogue=emergency) == ["local_stable_video"]


def test_the_daily_limit_stops_paid_calls() -> None:
    """AIR-47: what is left of the day counts beside what is left of the workflow."""
    asked = RoutingRequest(IMAGE, "pro", units={"image": Decimal(1)})
    choice = choose(asked, CATALOGUE, EVERYBODY, Budget(Decimal(2), left_today=Decimal("0.01")))
    assert [one.provider for one in choice.ranked] == ["local_upscaler"]
    assert {one.reason for one in choice.dropped if one.provider == "nano_banana"} == {"daily cost limit reached"}


def test_without_fallback_only_the_chosen_one_is_left() -> None:
    """AIR-39's switch."""
    alone = replace(CATALOGUE, rules=replace(CATALOGUE.rules, fallback=False))
    assert ranked(catalogue=alone) == ["nano_banana"]
    assert ranked(catalogue=alone, failed=frozenset({"nano_banana"})) == []


def test_a_step_threshold_drops_poor_paid_providers_and_no_local_ones() -> None:
    """AIR-36."""
    strict = replace(CATALOGUE, policies={IMAGE: Policy(IMAGE, minimum_quality=9.3)})
    assert ranked(catalogue=strict, quality=Quality.PREMIUM) == ["midjourney_api", "local_upscaler"]
    assert ranked(catalogue=strict) == ["local_upscaler"]


offers = st.builds(
    Offer,
    provider=st.sampled_from(["a", "b", "c", "d", "e"]),
    capability=st.sampled_from([IMAGE, VIDEO]),
    cost=st.decimals(0, 5, places=3),
    cost_unit=st.sampled_from(["image", "second", "job"]),
    quality=st.floats(0, 10),
    speed_s=st.floats(0, 30),
    priority=st.integers(0, 5),
    max_clip_s=st.none() | st.floats(1, 20),
    listing=st.sampled_from(["chain", "quality", "named"]),
    zero_cost=st.booleans(),
    allowed_tiers=st.sampled_from([frozenset(), frozenset({"pro"})]),
    is_active=st.booleans(),
).map(lambda offer: replace(offer, cost=Decimal(0)) if offer.zero_cost else offer)
catalogues = st.builds(
    Catalogue,
    offers=st.lists(offers, max_size=8, unique_by=lambda offer: (offer.provider, offer.capability)).map(tuple),
    policies=st.builds(
        lambda primary, premium, minimum: {IMAGE: Policy(IMAGE, primary, premium, minimum)},
        st.none() | st.sampled_from(["a", "b"]),
        st.none() | st.sampled_from(["b", "c"]),
        st.floats(0, 10),
    ),
    rules=st.builds(Rules, premium_tiers=st.just(frozenset({"pro"})), fallback=st.booleans(), emergency=st.booleans()),
)
names = st.frozensets(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=2)
requests = st.builds(
    RoutingRequest,
    capability=st.just(IMAGE),
    plan=st.sampled_from(["free", "pro"]),
    quality=st.sampled_from(Quality),
    units=st.fixed_dictionaries({"second": st.decimals(1, 60, places=1), "image": st.just(Decimal(1))}),
    exclude=names,
    failed=names,
    prefer=st.none() | st.sampled_from(["a", "b", "c"]),
    ordered=st.dictionaries(
        st.sampled_from(["a", "b", "c"]), st.lists(st.decimals(1, 20, places=1), min_size=1, max_size=3).map(tuple)
    ),
)
states = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e"]),
    st.builds(ProviderState, st.booleans(), st.booleans(), st.none() | st.integers(-1, 3)),
)
budgets = st.builds(Budget, st.decimals(0, 10, places=2), st.decimals(0, 10, places=2))


@settings(max_examples=300)
@given(requests, catalogues, states, budgets)
def test_what_always_holds(
    request: RoutingRequest, catalogue: Catalogue, health: dict[str, ProviderState], budget: Budget
) -> None:
    """Nobody twice, nobody forgotten, nobody who may not; free ones last; the same again for the same arguments."""
    choice = choose(request, catalogue, health, budget)
    assert choice == choose(request, catalogue, health, budget)
    offered = [offer.provider for offer in catalogue.offers if offer.capability is IMAGE]
    told = [one.provider for one in choice.ranked] + [one.provider for one in choice.dropped]
    assert sorted(told) == sorted(offered)
    for one in choice.ranked:
        offer, state = catalogue.offer(one.provider, IMAGE), health[one.provider]
        assert offer.is_active
        assert one.provider not in request.exclude | request.failed
        assert one.estimated_cost <= budget.left or offer.zero_cost
        if not offer.zero_cost:
            assert state.healthy and not state.breaker_open
            assert state.remaining_calls is None or state.remaining_calls >= one.clips
            assert not catalogue.rules.emergency
            assert offer.quality >= catalogue.policy(IMAGE).minimum_quality
    free = [one.zero_cost for one in choice.ranked if one.provider != request.prefer]
    assert free == sorted(free)
    if request.prefer in [one.provider for one in choice.ranked]:
        assert choice.ranked[0].provider == request.prefer


@settings(max_examples=100)
@given(requests, catalogues, states, budgets)
def test_a_stored_choice_can_be_computed_again(
    request: RoutingRequest, catalogue: Catalogue, health: dict[str, ProviderState], budget: Budget
) -> None:
    """What is kept with a job, and the catalogue, give the same choice."""
    kept = Inputs(request, health, budget).document()
    again = Inputs.of(IMAGE, kept)

    def computed(inputs: Inputs) -> Choice:
        return choose(inputs.request, catalogue, inputs.health, inputs.budget)

    assert computed(again).document() == choose(request, catalogue, health, budget).document()
