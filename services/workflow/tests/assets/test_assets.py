"""Assets: put in, found, taken out; what runs add by themselves; and where each comes from."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.workflow import ProjectVideoReady, RunCompleted
from workflow.files.housekeeping import Housekeeping
from workflow.periods import Periods


async def project(world: Any, who: Identity, **more: Any) -> str:
    made = await world.call(who, "POST", "/api/v1/projects", json={"title": "Opening", **more})
    return str(made.json()["id"])


async def put_in(world: Any, who: Identity, project_id: str, file_id: str, **more: Any) -> dict[str, Any]:
    body = {"file_id": file_id, **more}
    reply = await world.call(who, "POST", f"/api/v1/projects/{project_id}/assets", json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    assert reply.headers["Location"] == f"/api/v1/assets/{made['id']}"
    return made


async def library(world: Any, who: Identity, query: str = "") -> list[str]:
    reply = await world.call(who, "GET", f"/api/v1/assets/library?{query}")
    assert reply.status_code == 200, reply.text
    return [item["original_name"] for item in reply.json()["items"]]


async def test_files_are_put_in_listed_and_taken_out(shared: Any, somebody: Identity) -> None:
    where = await project(shared, somebody)
    file = (await shared.upload(somebody, name="grandmother-portrait.jpg")).json()
    first = await put_in(shared, somebody, where, file["id"], metadata={"take": 2})
    again = await put_in(shared, somebody, where, file["id"], asset_type="reference")
    assert (again["id"], again["asset_type"], again["metadata"]) == (first["id"], "reference", {})
    assert (await shared.http.get(again["url"])).status_code == 200
    path = f"/api/v1/projects/{where}/assets"
    assert (await shared.call(somebody, "GET", f"{path}?asset_type=input")).json()["total"] == 0
    assert (await shared.call(somebody, "GET", f"{path}?asset_type=reference")).json()["total"] == 1
    assert (await shared.call(somebody, "GET", f"/api/v1/assets/{first['id']}")).json()["file_id"] == file["id"]
    assert (await shared.call(somebody, "DELETE", f"{path}/{first['id']}")).status_code == 204
    assert (await shared.call(somebody, "DELETE", f"{path}/{first['id']}")).status_code == 404
    assert (await shared.call(somebody, "GET", f"/api/v1/files/{file['id']}")).status_code == 200, "the file stays"
    unknown = await shared.call(somebody, "POST", path, json={"file_id": str(ids.uuid7())})
    assert unknown.json()["error"]["fields"] == {"file_id": "is no file of yours"}


async def test_an_upload_can_name_its_project(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    where = await project(shared, somebody)
    form = {"files": {"file": ("a.jpg", help_.photo())}, "data": {"project_id": where}}
    reply = await shared.call(somebody, "POST", "/api/v1/files", **form)
    assert reply.status_code == 201, reply.text
    listed = (await shared.call(somebody, "GET", f"/api/v1/projects/{where}/assets")).json()["items"]
    assert [(one["file_id"], one["asset_type"]) for one in listed] == [(reply.json()["id"], "input")]
    other = help_.an_identity()
    assert (await shared.call(other, "POST", "/api/v1/files", **form)).json()["error"]["code"] == "project_not_found"
    assert (await shared.call(other, "GET", "/api/v1/files")).json()["total"] == 0


async def test_the_library_has_all_projects_and_is_searched(shared: Any, somebody: Identity) -> None:
    one, two = await project(shared, somebody), await project(shared, somebody, title="کتابخانه")
    names = ("grandmother_portrait.jpg", "خانه-من.jpg")
    for where, name in zip((one, two), names, strict=True):
        file = (await shared.upload(somebody, name=name)).json()
        await put_in(shared, somebody, where, file["id"])
    assert await library(shared, somebody) == [*names[::-1]]
    for query, wanted in (
        ("q=portrait", [names[0]]),
        ("q=خانه", [names[1]]),
        ("q=کتابخانه", [names[1]]),
        (f"project_id={one}", [names[0]]),
        ("type=image", [*names[::-1]]),
        ("type=video", []),
        ("mime_type=image/jpeg&per_page=1", [names[1]]),
        ("created_before=2020-01-01T00:00:00Z", []),
    ):
        assert await library(shared, somebody, query) == wanted, query


async def test_assets_of_others_are_not_there(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    where = await project(shared, somebody)
    file = (await shared.upload(somebody)).json()
    asset = await put_in(shared, somebody, where, file["id"])
    other = help_.an_identity()
    for path in (f"/api/v1/assets/{asset['id']}", f"/api/v1/assets/{asset['id']}/lineage"):
        theirs = await shared.call(other, "GET", path)
        nobodys = await shared.call(other, "GET", path.replace(asset["id"], str(ids.uuid7())))
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.json()["error"]["message"] == nobodys.json()["error"]["message"]
    assert (await shared.call(other, "GET", f"/api/v1/assets/{file['id']}/lineage")).status_code == 404
    assert await library(shared, other) == []
    own = await project(shared, other)
    stolen = await shared.call(other, "POST", f"/api/v1/projects/{own}/assets", json={"file_id": file["id"]})
    assert stolen.status_code == 422
    for body in ({"action": "delete"}, {"action": "tag", "tags": ["x"]}, {"action": "move", "project_id": own}):
        reply = await shared.call(other, "POST", "/api/v1/assets/bulk", json={"ids": [asset["id"]], **body})
        assert [result["done"] for result in reply.json()["results"]] == [False], body
    into_theirs = {"action": "move", "ids": [asset["id"]], "project_id": own}
    assert (await shared.call(somebody, "POST", "/api/v1/assets/bulk", json=into_theirs)).status_code == 404


async def test_others_see_no_more_of_a_photo_than_its_prepared_version(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """The original may say where it was taken."""
    where = await project(shared, somebody, is_public=True)
    file = (await shared.upload(somebody)).json()
    asset = await put_in(shared, somebody, where, file["id"])
    seen = (await shared.call(help_.an_identity(), "GET", f"/api/v1/assets/{asset['id']}")).json()
    assert seen["url"].split("?")[0] == file["prepared_url"].split("?")[0]
    assert asset["url"].split("?")[0] == file["url"].split("?")[0]


async def test_many_are_changed_at_once(shared: Any, somebody: Identity) -> None:
    one, two = await project(shared, somebody), await project(shared, somebody)
    files = [(await shared.upload(somebody, name=f"{n}.jpg")).json()["id"] for n in range(2)]
    assets = [(await put_in(shared, somebody, one, file))["id"] for file in files]
    there = await put_in(shared, somebody, two, files[0])

    async def bulk(**body: Any) -> list[bool]:
        reply = await shared.call(somebody, "POST", "/api/v1/assets/bulk", json={"ids": assets, **body})
        assert reply.status_code == 200, reply.text
        return [result["done"] for result in reply.json()["results"]]

    assert await bulk(action="tag", tags=["shop"]) == [True, True]
    assert len(await library(shared, somebody, "tag=shop")) == 2
    assert await bulk(action="move", project_id=two) == [False, True], "one is there already"
    assert await bulk(action="delete") == [True, True]
    assert (await shared.call(somebody, "GET", "/api/v1/assets/library")).json()["items"][0]["id"] == there["id"]
    assert (
        await shared.call(somebody, "POST", "/api/v1/assets/bulk", json={"action": "move", "ids": assets})
    ).status_code == 422


async def made_video(world: Any, who: Identity, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A finished run for a project, and its photo."""
    file = (await world.upload(who)).json()
    ordered = await world.order(who, input_file_id=file["id"], project_id=where, title="Hello")
    assert ordered.status_code == 202, ordered.text
    run = await world.ended(who, ordered.json()["id"])
    assert run["status"] == "completed", run

    async def gathered() -> bool:
        shown = (await world.call(who, "GET", f"/api/v1/projects/{where}")).json()
        return bool(shown["status"] == "complete")

    await world.wait_for(gathered)
    return run, file


async def test_what_a_run_makes_becomes_the_projects(shared: Any, somebody: Identity) -> None:
    where = await project(shared, somebody)
    run, _ = await made_video(shared, somebody, where)
    shown = (await shared.call(somebody, "GET", f"/api/v1/projects/{where}")).json()
    assert shown["video_url"] is not None and shown["subtitles_url"] is not None
    listed = (await shared.call(somebody, "GET", f"/api/v1/projects/{where}/assets?per_page=100")).json()["items"]
    assert {one["metadata"]["result"] for one in listed} == set(run["results"])
    assert {one["asset_type"] for one in listed} == {"output"}
    video = next(one for one in listed if one["metadata"]["result"] == "video")
    assert (video["kind"], video["original_name"]) == ("video", "Hello video.mp4")
    await shared.wait_for(
        lambda: [
            e
            for e in shared.events(ProjectVideoReady)
            if str(e.project_id) == where and str(e.file_id) == video["file_id"]
        ]
    )


async def test_a_second_delivery_adds_nothing(shared: Any, somebody: Identity) -> None:
    """The event comes again under another id, as a replay from the dead letters does."""
    where = await project(shared, somebody)
    run, _ = await made_video(shared, somebody, where)
    before = await shared.fetch("SELECT id FROM files WHERE user_id = $1 ORDER BY id", somebody.user_id)
    lineage = await shared.fetch("SELECT id FROM lineage WHERE user_id = $1 ORDER BY id", somebody.user_id)
    [event] = [e for e in shared.events(RunCompleted) if str(e.run_id) == run["id"]]
    await shared.publish(event)
    assert await shared.fetch("SELECT id FROM files WHERE user_id = $1 ORDER BY id", somebody.user_id) == before
    assert await shared.fetch("SELECT id FROM lineage WHERE user_id = $1 ORDER BY id", somebody.user_id) == lineage
    total = (await shared.call(somebody, "GET", f"/api/v1/projects/{where}/assets")).json()["total"]
    assert total == len(run["results"])


async def test_a_run_that_failed_is_said_of_its_project(start_world: Any, somebody: Identity) -> None:
    world = await start_world()
    world.others.refuse = True
    where = await project(world, somebody)
    ordered = await world.order(somebody, project_id=where)
    assert (await world.ended(somebody, ordered.json()["id"]))["status"] == "failed"

    async def said() -> bool:
        return bool((await world.call(somebody, "GET", f"/api/v1/projects/{where}")).json()["status"] == "failed")

    await world.wait_for(said)


async def test_lineage_names_what_it_was_made_of_also_when_that_is_gone(start_world: Any, somebody: Identity) -> None:
    """From the video to the photo: by whom, with what, at what cost; then the photo is deleted for good."""
    world = await start_world(housekeeping_poll_s=3600)
    where = await project(world, somebody)
    run, photo = await made_video(world, somebody, where)
    listed = (await world.call(somebody, "GET", f"/api/v1/projects/{where}/assets?per_page=100")).json()["items"]
    video = next(one for one in listed if one["metadata"]["result"] == "video")

    async def lineage() -> dict[str, dict[str, Any]]:
        answer = await world.call(somebody, "GET", f"/api/v1/assets/{video['id']}/lineage")
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["id"] == found["nodes"][0]["id"], "nearest first"
        by_id = {node["id"]: node for node in found["nodes"]}
        for node in by_id.values():
            assert set(node["parents"]) <= by_id.keys(), "every parent is told"
        return {node["operation"]: node for node in found["nodes"]}

    nodes = await lineage()
    assert {"generate", "enhance", "speak", "upload"} <= nodes.keys()
    made = nodes["generate"]
    assert (made["provider"], made["run_id"], made["step"]) == ("first", run["id"], "generate")
    assert Decimal(made["cost"]) == Decimal("0.01")
    assert made["parameters"]["quality"] == "balanced" and "script" not in made["parameters"]
    assert {nodes["enhance"]["id"], nodes["speak"]["id"]} <= set(made["parents"])
    assert nodes["upload"]["file_id"] == photo["id"]
    assert all(node["available"] for node in nodes.values())

    await world.execute("UPDATE runs SET cleaned_at = now()")
    assert (await world.call(somebody, "DELETE", f"/api/v1/files/{photo['id']}")).status_code == 204
    await Housekeeping(world.database, world.store, periods=Periods({"deleted": 0}), poll_s=1).remove()
    assert await world.fetch("SELECT FROM files WHERE id = $1", UUID(photo["id"])) == []
    after = await lineage()
    assert (after["upload"]["available"], after["upload"]["name"]) == (False, "me.jpg")
    assert after["generate"]["available"] is True, "the asset keeps what was made"
    assert after["generate"]["parents"] == made["parents"]


async def test_an_upload_comes_from_nowhere_else(shared: Any, somebody: Identity) -> None:
    file = (await shared.upload(somebody)).json()
    answer = (await shared.call(somebody, "GET", f"/api/v1/assets/{file['id']}/lineage")).json()
    [node] = answer["nodes"]
    assert (node["operation"], node["file_id"], node["parents"]) == ("upload", file["id"], [])


@pytest.mark.parametrize("cleaned", [False, True])
async def test_a_result_stays_as_long_as_anybody_has_it(start_world: Any, somebody: Identity, cleaned: bool) -> None:
    """An output that is deleted from the files goes from the store only when its run's results do."""
    world = await start_world(housekeeping_poll_s=3600)
    where = await project(world, somebody)
    await made_video(world, somebody, where)
    if cleaned:
        await world.execute("UPDATE runs SET cleaned_at = now()")
    await world.execute("UPDATE files SET deleted_at = now() - interval '8 days' WHERE purpose = 'output'")
    removed = await Housekeeping(world.database, world.store, periods=Periods({}), poll_s=1).remove()
    assert (removed > 0) is cleaned
