"""What is not understood is not accepted: a field that would be dropped is refused by its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chassis.identity.tokens import Identity


@pytest.mark.parametrize("field", ["enhance", "project_id", "Purpose", "is temporary", ""])
async def test_an_upload_with_a_field_that_nobody_reads_is_refused(
    shared: Any, somebody: Identity, help_: SimpleNamespace, field: str
) -> None:
    photo = ("me.jpg", help_.photo(), "image/jpeg")
    before = await shared.fetch("SELECT count(*) AS files FROM files")
    reply = await shared.call(somebody, "POST", "/api/v1/files", files={"file": photo}, data={field: "true"})
    assert reply.status_code == 422
    error = reply.json()["error"]
    assert error["fields"] == {field: "is unknown"}
    assert "purpose and is_temporary" in error["message"]
    assert await shared.fetch("SELECT count(*) AS files FROM files") == before


async def test_known_fields_are_kept(shared: Any, somebody: Identity, help_: SimpleNamespace) -> None:
    photo, data = ("me.jpg", help_.photo(), "image/jpeg"), {"purpose": "portrait", "is_temporary": "true"}
    reply = await shared.call(somebody, "POST", "/api/v1/files", files={"file": photo}, data=data)
    assert (reply.status_code, reply.json()["purpose"], reply.json()["is_temporary"]) == (201, "portrait", True)


async def test_an_order_for_a_project_is_refused_while_there_are_none(shared: Any, somebody: Identity) -> None:
    reply = await shared.order(somebody, project_id="0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")
    assert reply.status_code == 422
    assert "project_id" in reply.json()["error"]["fields"]
