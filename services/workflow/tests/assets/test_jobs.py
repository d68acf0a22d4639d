"""What single AI jobs made: in its project, with its lineage, to be drafted again and compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.ai_router import JobDelivered
from contracts.enums import Capability
from contracts.objects import StoredObject
from contracts.users import UserRegistered

PROMPT = "یک بندر آرام در سپیده‌دم"


@pytest.fixture
async def painter(shared: Any, somebody: Identity) -> Identity:
    """Somebody whom workflow has heard of."""
    await shared.publish(
        UserRegistered(
            user_id=somebody.user_id, email="a@b.c", username=somebody.user_id.hex, home_product_line="pixie"
        )
    )
    return somebody


async def stored(shared: Any, who: Identity, name: str) -> StoredObject:
    found: StoredObject = await shared.store.put_bytes(
        f"{who.user_id} {name}".encode(), f"images/{who.user_id}/2026/11/30/{name}.jpg", "image/jpeg"
    )
    return found


async def told(
    shared: Any, who: Identity, capability: Capability, inputs: dict[str, StoredObject], name: str, **more: Any
) -> JobDelivered:
    event = JobDelivered(
        job_id=ids.uuid7(),
        user_id=who.user_id,
        product_line="pixie",
        capability=capability,
        inputs=inputs,
        **{
            "provider": "fal_ai",
            "model": "fal-ai/flux/dev",
            "outputs": {"image": await stored(shared, who, name)},
            "cost": Decimal("2.25"),
            **more,
        },
    )
    await shared.publish(event)
    return event


async def chain(shared: Any, who: Identity, project_id: str | None = None) -> tuple[str, list[JobDelivered]]:
    """An upload, a picture like it, edited, enlarged, cropped; all but the upload by jobs."""
    upload = (await shared.upload(who)).json()["id"]
    [row] = await shared.fetch("SELECT prepared FROM files WHERE id = $1", UUID(upload))
    made = [
        await told(
            shared,
            who,
            Capability.IMAGE_GENERATION,
            {"image": StoredObject.model_validate(row["prepared"])},
            "one",
            parameters={"prompt": PROMPT, "seed": 7, "width": 512, "height": 512},
            seed="7",
        )
    ]
    steps: list[tuple[Capability, str, dict[str, Any]]] = [
        (Capability.IMAGE_EDIT, "two", {"prompt": "add a boat"}),
        (Capability.IMAGE_UPSCALE, "three", {"factor": 2}),
        (Capability.IMAGE_EDIT, "four", {"recipe": [{"op": "crop", "aspect": "1:1"}]}),
    ]
    for capability, name, parameters in steps:
        of = {"image": made[-1].outputs["image"]}
        last = {"project_id": UUID(project_id)} if project_id and name == "four" else {}
        made.append(await told(shared, who, capability, of, name, parameters=parameters, **last))
    return upload, made


async def lineage(shared: Any, who: Identity, id: object) -> list[dict[str, Any]]:
    answer = await shared.call(who, "GET", f"/api/v1/assets/{id}/lineage")
    assert answer.status_code == 200, answer.text
    nodes: list[dict[str, Any]] = answer.json()["nodes"]
    return nodes


async def test_what_was_ordered_for_a_project_is_in_it_once(shared: Any, painter: Identity) -> None:
    where = str((await shared.call(painter, "POST", "/api/v1/projects", json={"title": "Harbour"})).json()["id"])
    _, made = await chain(shared, painter, where)
    await shared.publish(made[-1])
    path = f"/api/v1/projects/{where}/assets"
    [asset] = (await shared.call(painter, "GET", f"{path}?asset_type=output")).json()["items"]
    assert asset["metadata"] == {"result": "image", "job_id": str(made[-1].job_id)}
    assert (asset["kind"], asset["original_name"]) == ("image", "image edit image.jpg")
    assert (await shared.http.get(asset["url"])).status_code == 200
    nodes = await lineage(shared, painter, asset["id"])
    assert (nodes[0]["file_id"], nodes[0]["available"]) == (asset["file_id"], True)


async def test_a_leaf_names_four_ancestors_and_the_first_words_when_the_original_is_gone(
    shared: Any, painter: Identity, help_: Any
) -> None:
    upload, made = await chain(shared, painter)
    assert (await shared.call(painter, "DELETE", f"/api/v1/files/{upload}")).status_code == 204
    nodes = await lineage(shared, painter, made[-1].job_id)
    operations = ["image_edit", "image_upscale", "image_edit", "image_generation", "upload"]
    assert [node["operation"] for node in nodes] == operations
    assert nodes[3]["parameters"]["prompt"] == PROMPT and nodes[3]["seed"] == "7"
    assert [node["parents"] for node in nodes] == [[node["id"]] for node in nodes[1:]] + [[]]
    assert nodes[4]["available"] is False
    hidden = await shared.call(help_.an_identity(), "GET", f"/api/v1/assets/{made[-1].job_id}/lineage")
    assert hidden.status_code == 404


async def test_news_in_the_wrong_order_give_the_same_lineage(shared: Any, painter: Identity) -> None:
    """An edit is told of before the picture that it was made of."""
    first = await stored(shared, painter, "early")
    edit = await told(shared, painter, Capability.IMAGE_EDIT, {"image": first}, "late", parameters={"prompt": "warmer"})
    assert [node["operation"] for node in await lineage(shared, painter, edit.job_id)] == ["image_edit", "unknown"]
    more = {"outputs": {"image": first}, "parameters": {"prompt": PROMPT}}
    made = await told(shared, painter, Capability.IMAGE_GENERATION, {}, "early", **more)
    await shared.publish(edit, made)
    nodes = await lineage(shared, painter, edit.job_id)
    assert [node["operation"] for node in nodes] == ["image_edit", "image_generation"]
    assert nodes[1]["parameters"] == {"prompt": PROMPT}


async def test_of_somebody_unknown_or_erased_nothing_is_kept(shared: Any, help_: Any) -> None:
    gone = help_.an_identity()
    await told(shared, gone, Capability.IMAGE_GENERATION, {}, "ghost", parameters={"prompt": "x"})
    assert await shared.fetch("SELECT id FROM lineage WHERE user_id = $1", gone.user_id) == []


async def test_anothers_project_gets_nothing(shared: Any, painter: Identity, help_: Any) -> None:
    other = help_.an_identity()
    theirs = (await shared.call(other, "POST", "/api/v1/projects", json={"title": "Theirs"})).json()["id"]
    where = {"project_id": UUID(theirs), "parameters": {"prompt": PROMPT}}
    await told(shared, painter, Capability.IMAGE_GENERATION, {}, "mine", **where)
    listed = await shared.call(other, "GET", f"/api/v1/projects/{theirs}/assets")
    assert listed.json()["total"] == 0


async def test_a_recall_drafts_the_order_and_changes_nothing(shared: Any, painter: Identity, help_: Any) -> None:
    upload, made = await chain(shared, painter)
    before = await shared.fetch("SELECT * FROM lineage WHERE user_id = $1 ORDER BY id", painter.user_id)

    async def recalled(id: object, status: int = 200, who: Identity = painter) -> dict[str, Any]:
        answer = await shared.call(who, "POST", f"/api/v1/assets/{id}/recall")
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    first = await recalled(made[0].job_id)
    assert first["path"] == "/api/v1/ai/image/variations" and first["missing"] == []
    assert first["body"] == {"prompt": PROMPT, "seed": 7, "size": "512x512", "file_id": upload}
    crop = await recalled(made[3].job_id)
    assert (crop["method"], crop["path"]) == ("POST", "/api/v1/ai/image/edit")
    assert crop["body"] == {"recipe": [{"op": "crop", "aspect": "1:1"}], "job_id": str(made[2].job_id)}
    assert await recalled(made[3].job_id) == crop
    await shared.call(painter, "DELETE", f"/api/v1/files/{upload}")
    assert (await recalled(made[0].job_id))["missing"] == ["file_id"]
    assert (await recalled(ids.uuid7(), 404))["error"]["code"] == "asset_not_found"
    assert (await recalled(made[0].job_id, 404, help_.an_identity()))["error"]["code"] == "asset_not_found"
    fresh = (await shared.upload(painter)).json()["id"]
    assert (await recalled(fresh, 409))["error"]["code"] == "not_recalled"
    after = await shared.fetch("SELECT * FROM lineage WHERE user_id = $1 ORDER BY id", painter.user_id)
    assert after == before


async def test_two_are_compared_side_by_side(shared: Any, painter: Identity, help_: Any) -> None:
    upload, made = await chain(shared, painter)

    async def compared(left: object, right: object, who: Identity = painter) -> Any:
        return await shared.call(who, "GET", f"/api/v1/assets/compare?left={left}&right={right}")

    answer = (await compared(made[1].job_id, made[3].job_id)).json()
    assert answer["left"]["job_id"] == str(made[1].job_id)
    found = {one["field"]: (one["left"], one["right"]) for one in answer["differences"]}
    assert found["parameters.prompt"] == ("add a boat", None)
    assert found["parameters.recipe"] == (None, [{"op": "crop", "aspect": "1:1"}])
    assert "provider" not in found
    same = (await compared(upload, upload)).json()
    assert same["differences"] == [] and same["left"]["url"] is not None
    assert (await compared(upload, ids.uuid7())).status_code == 404
    assert (await compared(upload, made[0].job_id, help_.an_identity())).status_code == 404


async def test_one_file_may_be_there_in_two_roles(shared: Any, painter: Identity) -> None:
    photo = await stored(shared, painter, "photo")
    event = await told(shared, painter, Capability.IMAGE_EDIT, {"image": photo, "background": photo}, "edited")
    found = (await shared.call(painter, "GET", f"/api/v1/assets/{event.job_id}/lineage")).json()
    assert len([node for node in found["nodes"] if node["operation"] == "unknown"]) == 1
