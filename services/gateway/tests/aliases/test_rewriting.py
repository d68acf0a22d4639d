"""Source paths through real sockets: what a service sees, and what a client gets."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from chassis.testing.tokens import an_identity

INTERNAL = "x-internal-product-line"


def line_told(seen: dict[str, Any]) -> list[str]:
    return [value for name, value in seen["headers"] if name == INTERNAL]


@pytest.mark.parametrize(
    ("method", "path", "unified"),
    [
        ("GET", "/api/video/status/0199f0a1", "/api/v1/workflows/0199f0a1/status"),
        ("GET", "/api/video/status/0199f0a1/", "/api/v1/workflows/0199f0a1/status"),
        ("GET", "/workflows/a%20b", "/api/v1/workflows/a%20b"),
        ("POST", "/api/video/generate", "/api/v1/workflows"),
        ("PUT", "/api/user/profile", "/api/v1/users/me"),
        ("DELETE", "/api/upload/file/7", "/api/v1/files/7"),
    ],
)
async def test_a_source_path_is_served_as_its_unified_one(gateway: Any, method: str, path: str, unified: str) -> None:
    async with gateway.request(method, path, params={"page": "2"}) as answer:
        assert (answer.status, await answer.json()) == (200, {})
    [seen] = gateway.upstream.requests
    assert (seen["method"], seen["path"], seen["query"]) == (method, unified, "page=2")


async def test_a_path_of_one_product_says_which_and_one_of_several_does_not(gateway: Any) -> None:
    for path, headers in (
        ("/api/users/login", {}),
        ("/api/users/login", {"Host": "pixie.example.org"}),
        ("/api/users/login", {"X-Product-Line": "talkingphoto"}),
        ("/api/auth/login", {}),
        ("/api/v1/auth/login", {}),
    ):
        async with gateway.request("POST", path, token=None, headers=headers, json={}) as answer:
            assert answer.status == 200
    assert [line_told(seen) for seen in gateway.upstream.requests] == [
        ["filmstudio"],
        ["pixie"],
        ["talkingphoto"],
        [],
        [],
    ]


async def test_a_source_path_among_ours_goes_before_the_table(gateway: Any) -> None:
    """``/api/v1/auth/...`` is users' and public; this one of it is neither."""
    token = gateway.issuer.token(an_identity(product_line="reely"))
    for shown, status in ((token, 200), (None, 401)):
        async with gateway.request("GET", "/api/v1/auth/me", token=shown) as answer:
            assert answer.status == status
    assert [seen["path"] for seen in gateway.upstream.requests] == ["/api/v1/users/me"]


async def test_a_token_of_another_product_is_refused_as_with_any_other_way_of_saying_so(gateway: Any) -> None:
    async with gateway.request("GET", "/api/users/profile", token=gateway.issuer.token(an_identity())) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (409, "product_line_differs")
    assert not gateway.upstream.requests


@pytest.mark.parametrize(
    ("headers", "role"), [({}, "user"), ({"X-Product-Line": "pixie"}, "User"), ({"Host": "pixie.example.org"}, "User")]
)
async def test_a_shared_path_is_answered_as_the_product_asked_for_says_it(
    gateway: Any, headers: dict[str, str], role: str
) -> None:
    gateway.upstream.says["/api/v1/auth/register"] = (201, {"role": "user", "name": "پیکسی"})
    async with gateway.request("POST", "/api/auth/register", token=None, headers=headers, json={}) as answer:
        assert (answer.status, await answer.json()) == (201, {"role": role, "name": "پیکسی"})


async def test_a_session_decides_whose_shared_path_it_is(gateway: Any) -> None:
    gateway.upstream.says["/api/v1/projects"] = (200, {"items": [{"title": "A"}], "total": 1})
    for line, first in (("pixie", {"name": "A"}), ("filmstudio", {"title": "A"})):
        token = gateway.issuer.token(an_identity(product_line=line))
        async with gateway.request("GET", "/api/projects/", token=token) as answer:
            assert await answer.json() == {"projects": [first], "total": 1}


async def test_fields_are_renamed_both_ways_and_in_errors(gateway: Any) -> None:
    token = gateway.issuer.token(an_identity(product_line="pixie"))
    gateway.upstream.says["/api/v1/projects/7"] = (200, {"id": "7", "title": "Köln"})
    async with gateway.request("PUT", "/api/projects/7", token=token, json={"name": "Köln"}) as answer:
        assert await answer.json() == {"id": "7", "name": "Köln"}
    error = {"code": "invalid", "message": "Correct these fields: title.", "fields": {"title": "is too long"}}
    gateway.upstream.says["/api/v1/projects/7"] = (422, {"error": error})
    async with gateway.request("PUT", "/api/projects/7", token=token, json={"name": "Köln"}) as answer:
        assert answer.status == 422
        assert (await answer.json())["error"] == error | {
            "message": "Correct these fields: name.",
            "fields": {"name": "is too long"},
        }
    assert [json.loads(seen["body"]) for seen in gateway.upstream.requests] == [{"title": "Köln"}] * 2


async def test_an_id_in_the_body_goes_where_we_have_it(gateway: Any) -> None:
    token = gateway.issuer.token(an_identity(product_line="filmstudio"))
    sent = {"project_id": "7 8", "voice": "female"}
    async with gateway.request("POST", "/api/ai/video-generate", token=token, json=sent) as answer:
        assert answer.status == 200
    for wrong in ({}, {"project_id": ""}, {"project_id": 7}, {"project_id": "../users"}):
        async with gateway.request("POST", "/api/ai/video-generate", token=token, json=wrong) as answer:
            assert (answer.status, (await answer.json())["error"]["fields"]) == (422, {"project_id": "is required"})
    [seen] = gateway.upstream.requests
    assert (seen["path"], json.loads(seen["body"])) == ("/api/v1/projects/7%208/generate", {"voice": "female"})


async def test_the_owner_in_a_path_cannot_be_said_twice(gateway: Any) -> None:
    token = gateway.issuer.token(an_identity(product_line="pixie"))
    async with gateway.request("GET", "/api/files/user/7?user_id=8&page=2", token=token) as answer:
        assert answer.status == 200
    [seen] = gateway.upstream.requests
    assert (seen["path"], seen["query"]) == ("/api/v1/files", "page=2&user_id=7")


@pytest.mark.parametrize("sent", [b"{", b"[" * 100_000, b'"\\ud800"', b"", b"[1]"], ids=repr)
async def test_a_body_that_is_no_object_goes_on_as_it_is(gateway: Any, sent: bytes) -> None:
    token = gateway.issuer.token(an_identity(product_line="pixie"))
    headers = {"Content-Type": "application/json"}
    async with gateway.request("PUT", "/api/projects/7", token=token, headers=headers, data=sent) as answer:
        assert answer.status == 200
    [seen] = gateway.upstream.requests
    assert (seen["size"], seen["body"]) == (len(sent), sent[:10_000])


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(gateway: Any) -> None:
    token = gateway.issuer.token(an_identity(product_line="pixie"))
    headers = {"Content-Type": "application/json"}

    async def endless() -> Any:
        while True:
            yield b'"' + b"x" * 65_536

    for sent in (io.BytesIO(b"x" * (1024 * 1024 + 1)), endless()):
        async with gateway.request("PUT", "/api/projects/7", token=token, headers=headers, data=sent) as answer:
            assert answer.status == 413
    assert not gateway.upstream.requests


async def test_an_upload_may_be_as_large_as_by_its_unified_path_and_is_not_kept(gateway: Any) -> None:
    size = 20 * 1024 * 1024

    async def photo() -> Any:
        for _ in range(size // 65_536):
            yield b"\0" * 65_536

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with gateway.request("POST", "/api/upload/file", headers=headers, data=photo()) as answer:
        assert answer.status == 200
    assert gateway.upstream.requests[0]["size"] == size
    assert gateway.upstream.largest_piece < 1024 * 1024


async def test_other_methods_of_a_source_path_are_named(gateway: Any) -> None:
    async with gateway.request("PATCH", "/api/user/profile") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, PUT")
    async with gateway.request("GET", "/api/user/unknown") as answer:
        assert answer.status == 404
    assert not gateway.upstream.requests


@pytest.mark.parametrize("gateway", [1.0], indirect=True)
async def test_a_source_path_is_limited_with_its_unified_one(gateway: Any) -> None:
    paths = ["/api/auth/register", "/api/users/register", "/users/register", "/api/v1/auth/register"] * 2
    found = []
    for path in paths[:6]:
        async with gateway.request("POST", path, token=None, json={}) as answer:
            found.append(answer.status)
    assert found == [200] * 5 + [429]
