"""What an order costs at least: said before it is held for, and compared with what may be spent (BIL-66)."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.ai_router import CapabilityPriced, SubmitJob
from contracts.billing import EntitlementsChanged, ReserveCredits
from contracts.enums import Capability, Platform, Priority
from workflow.prices.models import Amount, Price, least_cost
from workflow.products.talking_photo.rules import film_sides


def priced(capability: Capability, least: str, per_unit: str = "0", version: int = 1, unit: str = "job") -> Any:
    return CapabilityPriced(
        capability=capability,
        least_cost=Decimal(least),
        unit=unit,
        per_unit=Decimal(per_unit),
        cheapest_model="local/one",
        version=version,
    )


def entitled(who: Identity, budget: str) -> EntitlementsChanged:
    return EntitlementsChanged(
        user_id=who.user_id,
        product_line="talkingphoto",
        plan="free",
        limits={"workflows": 3},
        features={},
        priority=Priority.LOW,
        run_budget=Decimal(budget),
        credits_available=3,
        version=1,
        upgrades={"workflows": ("starter", "pro")},
    )


ALL = (Capability.IMAGE_ENHANCEMENT, Capability.AUDIO_GENERATION, Capability.VIDEO_GENERATION)


@pytest.mark.parametrize(
    ("unit", "per_unit", "expected"),
    [
        ("job", "0", "0.0500"),
        ("second", "0.1", "0.8000"),
        ("seconds", "0.001", "0.0500"),
        ("character", "0.02", "2.00"),
    ],
)
def test_what_is_counted_by_length_costs_by_length_and_never_less_than_the_least(
    unit: str, per_unit: str, expected: str
) -> None:
    prices = {"video_generation": Price(Decimal("0.05"), unit, Decimal(per_unit))}
    amount = Amount(Capability.VIDEO_GENERATION, seconds=8.0, characters=100)
    assert least_cost(prices, [amount]) == Decimal(expected)
    assert least_cost(prices, [amount, Amount(Capability.LIP_SYNC)]) is None, "nobody knows"


async def test_the_newest_price_counts_however_often_and_in_whatever_order_it_is_told(
    world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """And an order that cannot be paid for is refused before anything is held, with what to do."""

    async def least() -> str | None:
        reply = await world.call(somebody, "POST", "/api/v1/workflows/estimate", json={"script": "Hello there."})
        found: str | None = reply.json()["least_cost"]
        return found

    assert await least() is None
    await world.publish(*(priced(one, "0.5", version=2) for one in ALL))
    await world.publish(*(priced(one, "0.1", version=1) for one in ALL), priced(ALL[0], "0.5", version=2))
    assert await least() == "1.5000"

    await world.publish(entitled(somebody, "1.49"))
    refused = await world.order(somebody)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "budget_exceeded")
    details = refused.json()["error"]["details"]
    assert details == {
        "least_cost": "1.5000",
        "run_budget": "1.4900",
        "plan": "free",
        "upgrade_to": ["starter", "pro"],
    }
    assert not world.others.asked(ReserveCredits)

    await world.publish(*(priced(one, "0.4", version=3) for one in ALL))
    run = await world.ended(somebody, (await world.order(somebody)).json()["id"])
    assert run["status"] == "completed"
    (asked,) = world.others.asked(ReserveCredits)
    assert asked.least_cost == Decimal("1.2")


async def test_what_was_agreed_to_is_asked_for_and_never_exceeded(shared: Any, somebody: Identity) -> None:
    refused = await shared.order(somebody, max_credits=0)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "budget_exceeded")
    assert refused.json()["error"]["fields"] == {"max_credits": "at least 1"}
    assert (await shared.order(somebody, max_credits=True)).status_code == 422
    quote = ids.uuid7()
    run_id = (await shared.order(somebody, max_credits=1, quote_id=str(quote))).json()["id"]
    assert (await shared.ended(somebody, run_id))["credits"]["captured"] == 1
    [asked] = [one for one in shared.others.asked(ReserveCredits) if str(one.run_id) == run_id]
    assert (asked.max_credits, asked.quote_id) == (1, quote)


@pytest.mark.parametrize(
    ("photo", "platforms", "expected"),
    [
        ((1920, 1080), [Platform.YOUTUBE], (1280, 720)),
        ((1920, 1080), [Platform.YOUTUBE, Platform.TIKTOK], (1920, 1080)),
        ((900, 801), [Platform.YOUTUBE, Platform.TIKTOK], (1422, 800)),
        ((640, 480), [Platform.YOUTUBE, Platform.TIKTOK], (1280, 720)),
        ((1920, 1080), [Platform.TIKTOK], None),
        ((1080, 1920), [Platform.YOUTUBE], None),
        ((1000, 1000), [Platform.YOUTUBE], None),
        (None, [Platform.YOUTUBE], None),
    ],
)
def test_a_photo_that_lies_keeps_its_sides_where_a_platform_shows_them(
    photo: tuple[int, int] | None, platforms: list[Platform], expected: tuple[int, int] | None
) -> None:
    assert film_sides(photo, platforms) == expected


async def test_the_film_is_asked_for_with_the_sides_of_its_photo(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    run_id = (await shared.order(somebody, target_platforms=["youtube"])).json()["id"]
    await shared.ended(somebody, run_id)
    jobs = [job for job in shared.others.asked(SubmitJob) if str(job.run_id) == run_id]
    assert all("width" not in job.parameters for job in jobs), "the portrait is square"
