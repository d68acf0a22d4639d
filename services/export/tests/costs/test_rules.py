"""The calculator's formulas, reckoned by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from export.costs.rules import Price, Tool, costs, units

PRICES = {
    "image_enhancement": Price(Decimal("0.039"), "image", Decimal("0.039"), "nano"),
    "audio_generation": Price(Decimal("0.10"), "character", Decimal("0.018"), "voice"),
    "video_generation": Price(Decimal("6.00"), "second", Decimal("1.50"), "clip"),
}


def test_a_month_is_its_videos_and_its_tools() -> None:
    tools = [Tool("Cutter", "editing", Decimal(799), 10)]
    found = costs(PRICES, {"instagram": 5, "youtube": 10}, tools, seconds=10, volume=30)
    # 150 characters in ten seconds.
    assert {step.step: step.cost for step in found.steps} == {
        "enhance": Decimal("0.0390"),
        "speak": Decimal("2.7000"),
        "generate": Decimal("15.0000"),
        "export instagram": Decimal(0),
        "export youtube": Decimal(0),
    }
    assert found.per_workflow == Decimal("17.739")
    assert found.per_month == Decimal("1331.17")
    assert (found.minutes_per_workflow, found.minutes_per_month) == (25, 750)


def test_an_order_costs_at_least_the_least() -> None:
    (_, _, generate) = costs(PRICES, {}, [], seconds=1, volume=1).steps
    assert generate.cost == Decimal("6.0000")
    assert generate.formula == "max(6.00, 1.50 x 1 second)"


def test_what_has_no_price_costs_nothing_and_says_so() -> None:
    found = costs({}, {"x": 5}, [], seconds=60, volume=100)
    assert found.per_month == 0
    assert found.steps[0].formula == "no price is known: local providers cost nothing"


@pytest.mark.parametrize(
    ("unit", "count"), [("second", 90), ("minute", Decimal("1.5")), ("character", 1350), ("image", 1), ("job", 1)]
)
def test_units_of_a_video(unit: str, count: object) -> None:
    assert units(unit, 90) == count
