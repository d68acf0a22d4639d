"""Paces are learned from what steps have really taken, by whom, for which plan; one odd run does not spoil them."""

from __future__ import annotations

from typing import Any

import pytest

from workflow.paces import repository
from workflow.paces.models import Seen


def seen(pace: float, cost: float = 0.0, provider: str = "veo3") -> Seen:
    return Seen("film", "generate", "pro", provider, pace, cost)


async def _known(world: Any, *learned: Seen) -> dict[str, tuple[float, float]]:
    for one in learned:
        async with world.database.transaction() as tx:
            repository.learn(tx, [one])
    rows = await world.fetch("SELECT provider, pace, cost FROM paces WHERE definition = 'film'")
    return {row["provider"]: (row["pace"], row["cost"]) for row in rows}


async def test_the_first_run_is_believed_and_the_next_ones_count_less(shared: Any) -> None:
    """Each moves the figure towards itself, and at most by a factor; providers are told apart."""
    known = await _known(shared, seen(2.0, 0.15), seen(2.0, 0.15), seen(1.0, 0.3), seen(9.0, provider="runway"))
    assert known["veo3"][0] == pytest.approx(2.0 * 0.5**0.3) and known["veo3"][1] == pytest.approx(0.195)
    assert known["runway"] == (9.0, 0.0)
    before = known["veo3"][0]
    after = (await _known(shared, seen(before * 1000, 0.195)))["veo3"][0]
    assert after == pytest.approx(before * 4**0.3)


async def test_a_run_teaches_and_the_next_estimate_knows(shared: Any, somebody: Any) -> None:
    """What its steps took and cost stands in the rows that estimates are made from; as others' work takes no time here,
    less is expected than at first."""
    asked = {"script": "Hello there.", "target_platforms": ["instagram"]}
    before = (await shared.call(somebody, "POST", "/api/v1/workflows/estimate", json=asked)).json()
    run = await shared.ended(somebody, (await shared.order(somebody)).json()["id"])
    assert run["status"] == "completed" and not {"film_s", "paces"} & run["input"].keys()
    rows = await shared.fetch("SELECT step, plan FROM paces WHERE definition = 'talking_photo'")
    assert {row["step"] for row in rows} >= {"enhance", "speak", "generate"} and len({row["plan"] for row in rows}) == 1
    after = (await shared.call(somebody, "POST", "/api/v1/workflows/estimate", json=asked)).json()
    assert after["estimated_seconds"] < before["estimated_seconds"] / 2
    assert float(after["estimated_cost"]) > float(before["estimated_cost"])
