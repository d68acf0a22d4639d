"""What belongs to somebody is there for nobody else: asked of every route that takes an id, as the document has it.

A route that comes is asked without further ado, or this fails and wants to know whose the thing is that it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from tests.e2e.people import Person, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

NOBODYS = {
    "platform": "a name",
    "name": "a name",
    "step": "a name",
    "provider": "a name",
    "capability": "a name",
    "flag": "a name",
    "product_line": "a name",
    "plan_type": "a name",
    "key": "an address with a signature",
    "user_id": "administrators alone look at others",
    "public_id": "everybody's to look at",
    "token": "the right itself",
    "number": "a count of one project's versions",
    "size": "a name",
    "template_id": "everybody's to use",
}
"""Parameters that name no thing of a user's, and what they name."""

NOT_TO_BE_HAD = {
    "upload_id": "takes a channel at YouTube; services/export has the test",
    "shot_id": "takes a film; services/workflow/tests/films has the test",
}
"""Things that who makes talking photos on a platform that is by itself has not."""


FOR_OPERATORS = re.compile(r"/api/v1/workflows/{workflow_id}/(history|undo|unpark)")
"""Others than administrators are told so, whosever it is."""

OPENS_NOTHING = {"POST /api/v1/workflows/{workflow_id}/events/ticket"}
"""Given out for any id, and opens what its owner may see (``test_event_source``)."""

HOOK = "http://127.0.0.1:9/hook"


class Things:
    """What one user has, by the parameter that names it in paths."""

    def __init__(self, owner: Person, ids: dict[str, str]) -> None:
        self.owner = owner
        self.ids = ids

    @classmethod
    async def of(cls, owner: Person, photo: Path) -> Things:
        """One of each."""
        await owner.arrive()
        file_id = await owner.upload(photo)
        job_id = await _made(owner, file_id)
        await owner.subscribe("pro")
        quote = await owner.post("/api/v1/billing/quotes", {"kind": "talking_photo", "seconds": 5})
        workflow_id = await owner.order(file_id)
        row = json.dumps({"input_file_id": file_id, "script": "Hi.", "target_platforms": ["tiktok"]})
        manifest = {"content": row, "headers": {"Content-Type": "application/x-ndjson"}}
        batch = (await owner.ask("POST", "/api/v1/batches", **manifest)).json()
        project = await owner.post("/api/v1/projects", {"title": "Mine"})
        asset = await owner.post(f"/api/v1/projects/{project['id']}/assets", {"file_id": file_id})
        share = await owner.post(f"/api/v1/projects/{project['id']}/share", {})
        upload = await owner.ask("POST", "/api/v1/files/multipart", headers={"Upload-Length": "10"})
        webhook = await owner.post("/api/v1/webhooks", {"url": HOOK, "event_types": ["workflow.created"]})
        await owner.post(f"/api/v1/webhooks/{webhook['id']}/test")
        key = await owner.post("/api/v1/users/me/api-keys", {"name": "one", "scopes": ["read"]})
        exported = await owner.post("/api/v1/users/me/data-export")
        assert (await owner.finished(workflow_id))["status"] == "completed"
        await until(lambda: _first(owner, "/api/v1/notifications"))
        return cls(
            owner,
            {
                "file_id": file_id,
                "workflow_id": workflow_id,
                "project_id": project["id"],
                "asset_id": asset["id"],
                "share_id": share["id"],
                "multipart_id": upload.json()["id"],
                "quote_id": quote["id"],
                "job_id": job_id,
                "batch_id": batch["id"],
                "notification_id": str(await _first(owner, "/api/v1/notifications")),
                "webhook_id": webhook["id"],
                "delivery_id": str(await until(lambda: _first(owner, f"/api/v1/webhooks/{webhook['id']}/deliveries"))),
                "key_id": key["id"],
                "export_id": exported["id"],
                "entry_id": str(await until(lambda: _first(owner, "/api/v1/export/history"))),
                "session_id": str(await _first(owner, "/api/v1/users/me/sessions")),
            },
        )


async def _made(owner: Person, file_id: str) -> str:
    """A job that was ordered by itself, and is done."""
    job_id = str((await owner.post("/api/v1/ai/image/enhance", {"file_id": file_id}))["job_id"])

    async def done() -> bool | None:
        status = (await owner.get(f"/api/v1/ai/jobs/{job_id}/status"))["status"]
        assert status not in ("failed", "cancelled"), status
        return True if status == "completed" else None

    await until(done)
    return job_id


async def _first(owner: Person, path: str, **query: str) -> str | None:
    items = (await owner.get(path, **query))["items"]
    return str(items[0]["id"]) if items else None


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def things(embedded: Any, portrait: Path) -> Any:
    async with Person(embedded.url) as owner:
        yield await Things.of(owner, portrait)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def document(embedded: Any) -> Any:
    async with Person(embedded.url) as anybody:

        async def whole() -> Any | None:
            # Where the machine is busy a service may be late to say its part.
            found = await anybody.get("/api/openapi.json")
            return found if "Not answering" not in found["info"]["description"] else None

        return await until(whole)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], list[str]]]:
    """Those that name a thing: method, path, what the document says, and the parameters."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if names := [name for name in re.findall(r"{(\w+)}", path) if name not in NOBODYS]:
                yield method.upper(), path, operation, names


def example_of(operation: dict[str, Any]) -> dict[str, Any]:
    """A body that fits: nothing else than whose the thing is must stand in the way."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return {}
    body = content["example"] if "example" in content else next(iter(content["examples"].values()))["value"]
    return {"json": body | ({"url": HOOK} if "url" in body else {})}


def code_of(answer: httpx.Response) -> str:
    body = answer.json() if answer.content else {}
    return str(body["error"]["code"]) if "error" in body else answer.text[:200]


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda found: ids[found[1]] if found[1] not in NOBODYS else "1", path)


async def test_every_route_that_names_a_thing_is_known(things: Things, document: dict[str, Any]) -> None:
    named = {name for _, _, _, names in operations(document) for name in names}
    assert named == things.ids.keys() | NOT_TO_BE_HAD.keys()


async def test_what_another_user_has_is_not_there(embedded: Any, things: Things, document: dict[str, Any]) -> None:
    """A 404 as for what nobody has, or the 403 of what is for administrators; and nothing of it happens."""
    found: dict[str, Any] = {}
    async with Person(embedded.url) as stranger:
        await stranger.arrive()
        # Who may make such things: no plan must stand in the way either.
        await stranger.subscribe("pro")
        asked = 0
        for method, path, operation, names in operations(document):
            if not NOT_TO_BE_HAD.keys().isdisjoint(names):
                continue
            body = example_of(operation)
            theirs = await stranger.ask(method, filled(path, things.ids), **body)
            nobodys = await stranger.ask(method, filled(path, dict.fromkeys(names, str(uuid4()))), **body)
            asked += 1
            said = [(answer.status_code, code_of(answer)) for answer in (theirs, nobodys)]
            name = f"{method} {path}"
            good = (201,) if name in OPENS_NOTHING else (404, 403) if FOR_OPERATORS.fullmatch(path) else (404,)
            same = said[0] == said[1] or name in OPENS_NOTHING
            if not same or said[0][0] not in good:
                found[name] = said
    assert found == {}, found
    assert asked > 25


async def test_their_owner_still_has_them_all(things: Things, document: dict[str, Any]) -> None:
    """Else the test above would ask for what is not there."""
    found: dict[str, int] = {}
    reads = set()
    for method, path, _, names in operations(document):
        if method != "GET" or not NOT_TO_BE_HAD.keys().isdisjoint(names):
            continue
        status = (await things.owner.ask("GET", filled(path, things.ids))).status_code
        # 409: the result of a step is the workflow's to give, and no film is made of a talking photo's project.
        reads |= set(names) if status in (200, 204, 302, 409) else set()
        if status not in (200, 204, 302, 403, 409):
            found[path] = status
    assert found == {}, found
    for name, path in (
        ("session_id", "/api/v1/users/me/sessions"),
        ("notification_id", "/api/v1/notifications"),
        ("share_id", f"/api/v1/projects/{things.ids['project_id']}/shares"),
        ("delivery_id", f"/api/v1/webhooks/{things.ids['webhook_id']}/deliveries"),
    ):
        listed = {item["id"] for item in (await things.owner.get(path))["items"]}
        reads |= {name} if things.ids[name] in listed else set()
    assert reads == things.ids.keys()
