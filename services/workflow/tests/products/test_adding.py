"""A product is a folder: put beside the others it is found, sold, made, judged, shown and made anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.identity.tokens import Identity
from contracts.billing import CaptureCredits, ReserveCredits
from workflow import products
from workflow.composition import default_definitions
from workflow.engine.definition import Definitions
from workflow.products.registry import BY_TYPE, by_type, found
from workflow.settings import Settings

FOLDER = Path(__file__).parent / "folder"


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Definitions]:
    monkeypatch.setattr(products, "__path__", [*products.__path__, str(FOLDER)])
    greeting = next(product for product in found() if product.definition.__name__ == "greeting")
    # All types there are have a product; the greeting stands in the place of one.
    others = [product for product in found() if not product.types & greeting.types]
    for kind, product in by_type([*others, greeting]).items():
        monkeypatch.setitem(BY_TYPE, kind, product)
    yield default_definitions(Settings(env="test"))
    for name in [name for name in sys.modules if name.startswith("workflow.products.greeting")]:
        del sys.modules[name]


async def test_a_folder_is_all_a_product_takes(start_world: Any, offered: Definitions, somebody: Identity) -> None:
    assert {"clip_trim", "educational"} <= set(offered.current)
    world = await start_world(definitions=offered)
    estimate = await world.call(
        somebody, "POST", "/api/v1/workflows/estimate", json={"workflow_type": "clip_trim", "script": "Hello."}
    )
    assert (estimate.status_code, estimate.json()["credits"]) == (200, 2)
    order = await world.order(somebody, workflow_type="clip_trim", title="For you")
    assert order.status_code == 202, order.text
    run = await world.ended(somebody, order.json()["id"])
    assert (run["status"], run["workflow_type"], run["title"]) == ("completed", "clip_trim", "For you")
    assert run["credits"] == {"held": 0, "captured": 2, "returned": False}
    assert set(run["results"]) == {"greeting"}
    assert [step["name"] for step in run["steps"]] == ["reserve", "enhance", "capture"]
    assert [one.credits for one in world.others.asked(ReserveCredits)] == [2]
    assert [one.credits for one in world.others.asked(CaptureCredits)] == [2]

    again = await world.call(
        somebody, "POST", f"/api/v1/workflows/{run['id']}/rerun", json={"enhancement_type": "vivid"}
    )
    assert again.status_code == 202, again.text
    assert (await world.ended(somebody, again.json()["id"]))["status"] == "completed"
    timeline = (await world.call(somebody, "GET", f"/api/v1/workflows/{run['id']}/timeline")).json()
    assert [one["step"] for one in timeline["steps"]] == ["reserve", "enhance"]
    talking = await world.ended(somebody, (await world.order(somebody)).json()["id"])
    assert talking["status"] == "completed", "the others are as they were"


def test_without_its_folder_it_is_not_there() -> None:
    assert "greeting" not in {product.definition.__name__ for product in BY_TYPE.values()}


def test_two_products_cannot_make_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "__path__", [*products.__path__, str(FOLDER)])
    with pytest.raises(ValueError, match="two products make clip_trim"):
        by_type(found())
