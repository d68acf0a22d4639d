"""What is not understood is not accepted: a field that would be dropped is refused by its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chassis.identity.tokens import Identity


@pytest.mark.parametrize("field", ["enhance", "project", "Purpose", "is temporary", ""])
async def test_an_upload_with_a_field_that_nobody_reads_is_refused(
    shared: Any, somebody: Identity, help_: SimpleNamespace, field: str
) -> None:
    photo = ("me.jpg", help_.photo(), "image/jpeg")
    before = await shared.fetch("SELECT count(*) AS files FROM files")
    reply = await shared.call(somebody, "POST", "/api/v1/files", files={"file": photo}, data={field: "true"})
    assert reply.status_code == 422
    error = reply.json()["error"]
    assert error["fields"] == {field: "is unknown"}
    assert "purpose, is_temporary, project_id" in error["message"]
    assert await shared.fetch("SELECT count(*) AS files FROM files") == before


async def test_known_fields_are_kept(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    photo, data = ("me.jpg", help_.photo(), "image/jpeg"), {"purpose": "portrait", "is_temporary": "true"}
    reply = await shared.call(somebody, "POST", "/api/v1/files", files={"file": photo}, data=data)
    assert (reply.status_code, reply.json()["purpose"], reply.json()["is_temporary"]) == (201, "portrait", True)


async def test_what_names_a_project_has_to_name_one(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    nobodys = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"
    for said, status in (("true", 400), (nobodys, 404)):
        photo = {"file": ("me.jpg", help_.photo(), "image/jpeg")}
        reply = await shared.call(somebody, "POST", "/api/v1/files", files=photo, data={"project_id": said})
        assert reply.status_code == status, reply.text
    assert (await shared.call(somebody, "GET", "/api/v1/files")).json()["total"] == 0
    ordered = await shared.order(somebody, project_id=nobodys)
    assert (ordered.status_code, ordered.json()["error"]["code"]) == (404, "project_not_found")
