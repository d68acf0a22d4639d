"""Projects: made, changed, gone back to, shared, found, deleted; and never anybody else's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from contracts.ai_router import SubmitJob
from contracts.users import EmailVerified, UserRegistered
from contracts.workflow import ProjectCreated, ProjectDeleted, ProjectShared, ProjectUpdated
from workflow.projects.searching import search_of

PATH = "/api/v1/projects"


async def make(world: Any, who: Identity, title: str = "Opening", **more: Any) -> dict[str, Any]:
    reply = await world.call(who, "POST", PATH, json={"title": title, **more})
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    assert reply.headers["Location"] == f"{PATH}/{made['id']}"
    return made


async def found(world: Any, who: Identity, query: str) -> list[str]:
    return [item["title"] for item in (await world.call(who, "GET", f"{PATH}?{query}")).json()["items"]]


async def test_what_both_products_say_of_a_project_is_kept(shared: Any, somebody: Identity) -> None:
    photo = (await shared.upload(somebody)).json()["id"]
    said = {
        "description": "For the shop",
        "script": "Come in.",
        "images": [photo, "https://example.com/a.jpg"],
        "voice": "female",
        "duration": 2,
        "music": "calm piano",
        "settings": {"grid": {"on": True}},
        "is_public": False,
        "thumbnail": photo,
        "tags": ["shop"],
        "folder": "2026",
    }
    made = await make(shared, somebody, **said)
    shown = (await shared.call(somebody, "GET", f"{PATH}/{made['id']}")).json()
    for name in set(said) - {"thumbnail"}:
        assert shown[name] == said[name], name
    assert (shown["status"], shown["version"], shown["right"]) == ("pending", 1, "own")
    assert (await shared.http.get(shown["thumbnail_url"])).status_code == 200
    await shared.wait_for(lambda: [e for e in shared.events(ProjectCreated) if str(e.project_id) == made["id"]])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "x", "duration": 0}, "duration"),
        ({"title": "x", "duration": True}, "duration"),
        ({"title": "x", "is_public": "yes"}, "is_public"),
        ({"title": "x", "voice": "robot"}, "voice"),
        ({"title": "x", "owner": "me"}, "owner"),
        ({"title": "x", "images": [str(ids.uuid7())]}, "images"),
    ],
)
async def test_what_is_wrong_is_named(shared: Any, somebody: Identity, body: dict[str, Any], field: str) -> None:
    reply = await shared.call(somebody, "POST", PATH, json=body)
    assert reply.status_code == 422
    assert any(name.startswith(field) for name in reply.json()["error"]["fields"]), reply.text


async def test_every_change_is_a_version_that_one_can_go_back_to(shared: Any, somebody: Identity) -> None:
    made = await make(shared, somebody, description="first", tags=["a"])
    path = f"{PATH}/{made['id']}"
    changed = (await shared.call(somebody, "PUT", path, json={"description": "second", "tags": []})).json()
    assert (changed["version"], changed["description"], changed["title"]) == (2, "second", "Opening")
    same = (await shared.call(somebody, "PUT", path, json={"description": "second"})).json()
    assert same["version"] == 2, "nothing is different"
    restored = await shared.call(somebody, "POST", f"{path}/versions/1/restore")
    assert (restored.json()["version"], restored.json()["description"]) == (3, "first")
    assert restored.json()["tags"] == ["a"]
    versions = (await shared.call(somebody, "GET", f"{path}/versions")).json()
    assert [(one["number"], one["snapshot"]["description"]) for one in versions["items"]] == [
        (3, "first"),
        (2, "second"),
        (1, "first"),
    ]
    assert (await shared.call(somebody, "POST", f"{path}/versions/9/restore")).json()["error"]["code"] == (
        "version_not_found"
    )
    await shared.wait_for(
        lambda: (
            [e.changed for e in shared.events(ProjectUpdated) if str(e.project_id) == made["id"]]
            == [("description", "tags"), ("description", "tags")]
        )
    )
    nothing = await shared.call(somebody, "PUT", path, json={})
    assert nothing.status_code == 422


ROUTES = (
    ("GET", "", None),
    ("PUT", "", {"title": "Mine now"}),
    ("DELETE", "", None),
    ("GET", "/versions", None),
    ("POST", "/versions/1/restore", None),
    ("POST", "/generate", {}),
    ("POST", "/regenerate", None),
    ("POST", "/share", {}),
    ("GET", "/shares", None),
    ("DELETE", f"/shares/{ids.uuid7()}", None),
    ("GET", "/assets", None),
    ("POST", "/assets", {"file_id": str(ids.uuid7())}),
    ("DELETE", f"/assets/{ids.uuid7()}", None),
)


async def test_projects_of_others_are_not_there(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    made = await make(shared, somebody)
    other = help_.an_identity()
    for method, path, body in ROUTES:
        options = {"json": body} if body is not None else {}
        theirs = await shared.call(other, method, f"{PATH}/{made['id']}{path}", **options)
        nobodys = await shared.call(other, method, f"{PATH}/{ids.uuid7()}{path}", **options)
        assert theirs.status_code == nobodys.status_code == 404, (method, path)
        assert theirs.json()["error"]["message"] == nobodys.json()["error"]["message"]
        assert (await shared.http.request(method, f"{PATH}/{made['id']}{path}", **options)).status_code == 401
    for action in ("delete", "move", "tag"):
        body = {"action": action, "ids": [made["id"]], "tags": ["x"]}
        [result] = (await shared.call(other, "POST", f"{PATH}/bulk", json=body)).json()["results"]
        assert result == {"id": made["id"], "done": False, "error": "not_found"}
    assert (await shared.call(other, "GET", PATH)).json()["total"] == 0
    admin = help_.an_identity(role="admin")
    assert (await shared.call(admin, "GET", f"{PATH}/{made['id']}")).json()["right"] == "view"
    assert (await shared.call(admin, "DELETE", f"{PATH}/{made['id']}")).status_code == 404
    assert (await shared.call(somebody, "GET", f"{PATH}/{made['id']}")).json()["version"] == 1


async def test_whom_it_is_shared_with_may_do_what_was_said(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    made = await make(shared, somebody)
    path = f"{PATH}/{made['id']}"
    viewer, editor = help_.an_identity(), help_.an_identity()
    for one in (viewer, editor):
        await shared.publish(
            UserRegistered(
                user_id=one.user_id,
                email=one.email,
                username="n",
                home_product_line="talkingphoto",
                email_verified=one is editor,
            )
        )
    by_id = await shared.call(somebody, "POST", f"{path}/share", json={"user_id": str(viewer.user_id)})
    assert (by_id.status_code, by_id.json()["permission"], by_id.json()["url"]) == (201, "viewer", None)
    by_mail = await shared.call(
        somebody, "POST", f"{path}/share", json={"email": editor.email.upper(), "permission": "editor"}
    )
    assert by_mail.status_code == 201, by_mail.text
    assert (await shared.call(viewer, "GET", path)).json()["right"] == "view"
    assert (await shared.call(viewer, "PUT", path, json={"title": "x"})).json()["error"]["code"] == "only_for_editors"
    assert (await shared.call(editor, "PUT", path, json={"title": "Ours"})).json()["version"] == 2
    for method, tail, body in (
        ("DELETE", "", None),
        ("POST", "/share", {}),
        ("GET", "/shares", None),
        ("DELETE", f"/assets/{ids.uuid7()}", None),
    ):
        reply = await shared.call(editor, method, path + tail, **({"json": body} if body is not None else {}))
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "only_for_owner"), (method, tail)
    public = await shared.call(editor, "PUT", path, json={"is_public": True})
    assert public.json()["error"]["code"] == "only_for_owner"
    assert await found(shared, editor, "shared=true") == ["Ours"]
    assert await found(shared, editor, "") == []
    shares = (await shared.call(somebody, "GET", f"{path}/shares")).json()
    assert shares["total"] == 2
    assert (await shared.call(somebody, "DELETE", f"{path}/shares/{by_mail.json()['id']}")).status_code == 204
    assert (await shared.call(editor, "GET", path)).status_code == 404
    await shared.execute("UPDATE project_shares SET expires_at = now() - interval '1 s'")
    assert (await shared.call(viewer, "GET", path)).status_code == 404
    nobody = await shared.call(somebody, "POST", f"{path}/share", json={"user_id": str(ids.uuid7())})
    assert nobody.json()["error"]["fields"] == {"user_id": "is no other account's"}
    own = await shared.call(somebody, "POST", f"{path}/share", json={"email": somebody.email.upper()})
    assert own.json()["error"]["fields"] == {"email": "is no other person's"}
    assert len([e for e in shared.events(ProjectShared) if str(e.project_id) == made["id"]]) == 2


async def test_an_address_is_shared_with_alike_whether_it_has_an_account(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """Nobody learns who has an account; whoever proves the address, then or later, may look."""
    made = await make(shared, somebody)
    path = f"{PATH}/{made['id']}"
    known, later = help_.an_identity(), help_.an_identity()

    async def register(who: Identity, *, proved: bool) -> None:
        await shared.publish(
            UserRegistered(
                user_id=who.user_id,
                email=who.email,
                username="n",
                home_product_line="talkingphoto",
                email_verified=proved,
            )
        )

    await register(known, proved=True)
    answers = []
    for who in (known, later):
        reply = await shared.call(somebody, "POST", f"{path}/share", json={"email": who.email})
        answers.append((reply.status_code, reply.json() | {"id": "", "created_at": "", "email": ""}))
        assert reply.json()["email"] == who.email
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["user_id"]) == (201, None)
    assert (await shared.call(known, "GET", path)).json()["right"] == "view"
    await register(later, proved=False)
    assert (await shared.call(later, "GET", path)).status_code == 404, "anybody can claim an address"
    await shared.publish(EmailVerified(user_id=later.user_id))
    assert (await shared.call(later, "GET", path)).json()["right"] == "view"
    assert await found(shared, later, "shared=true") == ["Opening"]
    both = {"user_id": str(later.user_id), "permission": "editor"}
    assert (await shared.call(somebody, "POST", f"{path}/share", json=both)).status_code == 201
    assert (await shared.call(later, "GET", path)).json()["right"] == "edit", "the most of what was given"
    assert await found(shared, later, "shared=true") == ["Opening"], "once"
    again = await shared.call(somebody, "POST", f"{path}/share", json={"email": known.email, "permission": "editor"})
    assert again.status_code == 201
    shares = (await shared.call(somebody, "GET", f"{path}/shares")).json()
    assert sorted(share["email"] or "" for share in shares["items"]) == sorted(["", known.email, later.email])


async def test_a_link_lets_anybody_look_until_it_ends(shared: Any, somebody: Identity) -> None:
    made = await make(shared, somebody)
    path = f"{PATH}/{made['id']}"
    link = (await shared.call(somebody, "POST", f"{path}/share", json={"expires_in_hours": 1})).json()
    address = urlsplit(link["url"]).path
    shown = await shared.http.get(address)
    assert (shown.status_code, shown.json()["title"], shown.json()["right"]) == (200, "Opening", "view")
    rows = await shared.fetch("SELECT token_sha256 FROM project_shares WHERE project_id = $1", ids.UUID(made["id"]))
    assert address.rsplit("/", 1)[1].encode() not in rows[0]["token_sha256"], "the secret itself is not kept"
    assert (await shared.http.get(address + "x")).status_code == 404
    await shared.execute("UPDATE project_shares SET expires_at = now() - interval '1 s'")
    assert (await shared.http.get(address)).json()["error"]["code"] == "link_over"
    refused = await shared.call(somebody, "POST", f"{path}/share", json={"permission": "editor"})
    assert refused.json()["error"]["code"] == "cannot_share"


async def test_public_projects_are_everybodys_to_look_at(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    made = await make(shared, somebody, "Public one", is_public=True)
    hidden = await make(shared, somebody, "Hidden one")
    listed = (await shared.http.get(f"{PATH}/public?q=one")).json()
    assert [item["id"] for item in listed["items"]] == [made["id"]]
    assert (await shared.http.get(f"{PATH}/public/{made['id']}")).json()["right"] == "view"
    assert (await shared.http.get(f"{PATH}/public/{hidden['id']}")).status_code == 404
    other = help_.an_identity()
    assert (await shared.call(other, "GET", f"{PATH}/{made['id']}")).json()["right"] == "view"
    assert (await shared.call(other, "PUT", f"{PATH}/{made['id']}", json={"title": "x"})).status_code == 403


async def test_projects_are_found_in_any_language(shared: Any, somebody: Identity) -> None:
    for title, description in (
        ("Birthday video", "for my grandmother"),
        ("فیلم تولد مادربزرگ", "یک ویدیوی کوتاه"),
        ("दादी का जन्मदिन", "छोटा वीडियो"),
        ("おばあちゃんの誕生日", "短い動画"),
        ("100% cotton_shirt", None),
    ):
        await make(shared, somebody, title, description=description)
    for query, wanted in (
        ("birth", "Birthday video"),
        ("GRANDMOTHER birthday", "Birthday video"),
        ("مادربزرگ", "فیلم تولد مادربزرگ"),
        ("ویدیوی", "فیلم تولد مادربزرگ"),
        ("जन्मदिन", "दादी का जन्मदिन"),
        ("誕生日", "おばあちゃんの誕生日"),
        ("100%", "100% cotton_shirt"),
        ("cotton_", "100% cotton_shirt"),
    ):
        assert await found(shared, somebody, f"q={query.replace('%', '%25')}") == [wanted], query
    assert await found(shared, somebody, "q=zebra") == []
    assert await found(shared, somebody, "q=%27%3A*%20%26%20!%28") != ["an error"]


def test_what_is_typed_is_never_an_expression() -> None:
    assert search_of("  ") is None
    assert search_of("a'b & !c | (d:*)") == search_of("a'b & !c | (d:*)")
    found = search_of("a'b & !c")
    assert found is not None and found.words == "'a':* & 'b':* & 'c':*"
    assert search_of("50%_") is not None and search_of("50%_").letters == r"%50\%\_%"  # type: ignore[union-attr]


async def test_lists_are_paged_and_filtered(shared: Any, somebody: Identity) -> None:
    for number in range(3):
        await make(shared, somebody, f"P{number}", tags=[f"t{number % 2}"], folder="f" if number else None)
    assert await found(shared, somebody, "per_page=2") == ["P2", "P1"]
    assert await found(shared, somebody, "per_page=2&page=2") == ["P0"]
    assert await found(shared, somebody, "tag=t1") == ["P1"]
    assert await found(shared, somebody, "folder=f") == ["P2", "P1"]
    assert await found(shared, somebody, "status=completed") == []
    assert (await shared.call(somebody, "GET", f"{PATH}?status=wrong")).status_code == 422


async def test_many_are_changed_at_once_and_each_result_is_said(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    mine = [(await make(shared, somebody, f"P{n}"))["id"] for n in range(2)]
    theirs = (await make(shared, help_.an_identity()))["id"]

    async def bulk(**body: Any) -> list[bool]:
        reply = await shared.call(somebody, "POST", f"{PATH}/bulk", json={"ids": [*mine, theirs], **body})
        assert reply.status_code == 200, reply.text
        return [result["done"] for result in reply.json()["results"]]

    assert await bulk(action="tag", tags=["b", "a"]) == [True, True, False]
    assert await bulk(action="move", folder="here") == [True, True, False]
    shown = (await shared.call(somebody, "GET", f"{PATH}/{mine[0]}")).json()
    assert (shown["tags"], shown["folder"]) == (["a", "b"], "here")
    assert await bulk(action="delete") == [True, True, False]
    assert (await shared.call(somebody, "GET", PATH)).json()["total"] == 0
    too_many = {"action": "delete", "ids": [str(ids.uuid7()) for _ in range(101)]}
    assert (await shared.call(somebody, "POST", f"{PATH}/bulk", json=too_many)).status_code == 422


async def test_a_project_that_goes_stops_what_is_made_for_it(start_world: Any, somebody: Identity) -> None:
    world = await start_world()
    world.others.mute = {SubmitJob}
    made = await make(world, somebody)
    ordered = await world.order(somebody, project_id=made["id"])
    assert ordered.status_code == 202, ordered.text
    path = f"{PATH}/{made['id']}"
    assert (await world.call(somebody, "GET", path)).json()["status"] == "processing"
    busy = await world.call(somebody, "PUT", path, json={"script": "Other words"})
    assert (busy.status_code, busy.json()["error"]["fields"]) == (409, {"script": "feeds what is being made"})
    assert (await world.call(somebody, "PUT", path, json={"title": "Other title"})).status_code == 200
    assert (await world.call(somebody, "DELETE", path)).status_code == 204
    assert (await world.ended(somebody, ordered.json()["id"]))["status"] == "cancelled"
    assert (await world.call(somebody, "GET", path)).status_code == 404
    await world.wait_for(lambda: world.events(ProjectDeleted))


async def test_an_order_for_somebody_elses_project_is_refused(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    theirs = await make(shared, help_.an_identity(), is_public=True)
    refused = await shared.order(somebody, project_id=theirs["id"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "only_for_owner")
    missing = await shared.order(somebody, project_id=str(ids.uuid7()))
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "project_not_found")
    assert (await shared.call(somebody, "GET", "/api/v1/workflows")).json()["total"] == 0


async def test_a_project_is_made_into_a_video_of_what_it_says(shared: Any, somebody: Identity) -> None:
    photo = (await shared.upload(somebody)).json()["id"]
    made = await make(shared, somebody)
    path = f"{PATH}/{made['id']}"
    empty = await shared.call(somebody, "POST", f"{path}/regenerate")
    assert (empty.status_code, empty.json()["error"]["code"]) == (422, "not_ready")
    assert set(empty.json()["error"]["fields"]) == {"script", "images"}
    await shared.call(somebody, "PUT", path, json={"script": "Come in.", "images": [photo], "duration": 1})
    key = {"Idempotency-Key": "one"}
    ordered = await shared.call(somebody, "POST", f"{path}/generate", json={"script": "Go out."}, headers=key)
    assert ordered.status_code == 202, ordered.text
    assert ordered.headers["Location"] == f"/api/v1/workflows/{ordered.json()['job_id']}"
    again = await shared.call(somebody, "POST", f"{path}/generate", json={"script": "Go out."}, headers=key)
    assert (again.json()["id"], again.headers["Idempotency-Replayed"]) == (ordered.json()["id"], "true")
    run = await shared.ended(somebody, ordered.json()["id"])
    assert (run["status"], run["input"]["script"], run["title"]) == ("completed", "Go out.", "Opening")
    second = await shared.call(somebody, "POST", f"{path}/regenerate")
    assert second.status_code == 200, second.text
    assert (await shared.ended(somebody, second.json()["id"]))["input"]["script"] == "Come in."


async def test_nobody_spends_for_somebody_elses_project(
    shared: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    made = await make(shared, somebody, is_public=True)
    reply = await shared.call(help_.an_identity(), "POST", f"{PATH}/{made['id']}/generate", json={})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "only_for_owner")
