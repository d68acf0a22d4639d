"""Photos in sizes and formats, and made smaller."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from chassis import faults, ids
from chassis.identity.tokens import Identity
from workflow.files.housekeeping import Housekeeping
from workflow.periods import Periods


async def fetched(world: Any, url: str) -> Image.Image:
    reply = await world.http.get(url)
    assert reply.status_code == 200
    return Image.open(io.BytesIO(reply.content))


@pytest.mark.parametrize(
    ("size", "kind", "sides", "said"),
    [
        ("thumbnail", "webp", (300, 300), "w_300,h_300,c_fill,q_80"),
        ("preview", "jpeg", (800, 267), "w_800,h_600,c_fit,q_85"),
        ("full", "avif", (1920, 640), "w_1920,h_1080,c_limit,q_90"),
        ("poster", "jpeg", (800, 267), "w_800,h_600,c_fit,q_85"),
    ],
)
async def test_a_photo_comes_in_its_sizes(
    shared: Any, somebody: Identity, help_: SimpleNamespace, size: str, kind: str, sides: Any, said: str
) -> None:
    file = (await shared.upload(somebody, help_.photo(3000, 1000))).json()
    path = f"/api/v1/files/{file['id']}/sizes/{size}?format={kind}"
    made = (await shared.call(somebody, "GET", path)).json()
    assert (made["transformation"], made["format"]) == (said, kind)
    image = await fetched(shared, made["url"])
    assert (image.size, image.format) == (sides, kind.upper())
    again = (await shared.call(somebody, "GET", path)).json()
    assert urlsplit(again["url"]).path == urlsplit(made["url"]).path
    other = help_.an_identity()
    assert (await shared.call(other, "GET", path)).status_code == 404


async def test_sizes_go_with_their_photo(start_world: Any, somebody: Identity) -> None:
    world = await start_world(housekeeping_poll_s=3600)
    file = (await world.upload(somebody)).json()
    await world.call(somebody, "GET", f"/api/v1/files/{file['id']}/sizes/thumbnail")
    await world.call(somebody, "DELETE", f"/api/v1/files/{file['id']}")
    await Housekeeping(world.database, world.store, periods=Periods({"deleted": 0}), poll_s=1).remove()
    assert [key async for key in world.store.list_keys("")] == []


async def test_a_photo_is_made_smaller_and_says_how_much(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    file = (await shared.upload(somebody, help_.photo(1200, 900, "PNG"), "big.png")).json()
    body = {"file_id": file["id"], "format": "webp", "quality": 70, "max_side": 600}
    made = (await shared.call(somebody, "POST", "/api/v1/files/compress", json=body)).json()
    new = made["file"]
    assert (new["mime_type"], new["width"], new["height"]) == ("image/webp", 600, 450)
    assert new["original_name"] == "big.webp"
    assert made["saved_bytes"] == made["original_size"] - new["file_size"] == file["file_size"] - new["file_size"]
    image = await fetched(shared, new["url"])
    assert (image.size, image.format) == ((600, 450), "WEBP")
    lineage = (await shared.call(somebody, "GET", f"/api/v1/assets/{new['id']}/lineage")).json()
    assert [node["operation"] for node in lineage["nodes"]] == ["compress", "upload"]
    assert lineage["nodes"][1]["file_id"] == file["id"]
    assert (await shared.order(somebody, input_file_id=file["id"])).status_code in (202, 422)


async def test_no_more_bytes_than_asked_for(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    file = (await shared.upload(somebody, help_.photo(1600, 1200))).json()
    for most in (30_000, 2_000):
        body = {"file_id": file["id"], "max_size": most, "quality": 90}
        made = (await shared.call(somebody, "POST", "/api/v1/files/compress", json=body)).json()
        assert made["file"]["file_size"] <= most
        assert (await fetched(shared, made["file"]["url"])).format == "JPEG"


async def test_only_photos_of_ones_own_are_made_smaller(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    file = (await shared.upload(somebody)).json()
    for who in (help_.an_identity(), help_.an_identity(role="admin")):
        reply = await shared.call(who, "POST", "/api/v1/files/compress", json={"file_id": file["id"]})
        assert reply.status_code == 404
    unknown = await shared.call(somebody, "POST", "/api/v1/files/compress", json={"file_id": str(ids.uuid7())})
    assert unknown.status_code == 404
    wrong = {"file_id": file["id"], "quality": 101}
    assert (
        "quality"
        in (await shared.call(somebody, "POST", "/api/v1/files/compress", json=wrong)).json()["error"]["fields"]
    )


@pytest.mark.parametrize("point", ["files.before_size_is_known", "files.after_size_is_known"])
async def test_a_size_that_a_crash_interrupted_is_made_again_in_its_place(
    start_world: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    world = await start_world(housekeeping_poll_s=3600)
    file = (await world.upload(somebody)).json()
    path = f"/api/v1/files/{file['id']}/sizes/thumbnail"

    def end_here(name: str, scope: str = "") -> None:
        if name == point:
            raise RuntimeError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(faults, "point", end_here)
        assert (await world.call(somebody, "GET", path)).status_code == 500
    before = [key async for key in world.store.list_keys("images/")]
    assert (await world.call(somebody, "GET", path)).status_code == 200
    assert [key async for key in world.store.list_keys("images/")] == before
