"""What the gateway puts together itself, with services that answer, refuse or are away."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.testing.tokens import an_identity

OWN = {
    "by_status": {"pending": 0, "processing": 0, "completed": 3, "failed": 1, "cancelled": 0},
    "success_rate": 0.75,
    "average_seconds": 12.5,
    "spend": "1.2390",
    "image_quality": 8.4,
    "video_quality": None,
}
PLATFORM = {name: OWN[name] for name in ("by_status", "success_rate", "average_seconds")}
USAGE = {
    "plan_type": "free",
    "credits_available": 0,
    "period_end": "2026-12-29T00:00:00Z",
    "meters": {"workflows": {"used": 3, "limit": 3, "left": 0}},
    "upgrade_to": ["starter"],
}
RECENT = {
    "id": str(uuid4()),
    "workflow_type": "educational",
    "title": None,
    "status": "failed",
    "progress": 40,
    "created_at": "2026-11-29T08:30:00Z",
}
ACCOUNTS = {"total": 3, "active": 2}
FINE = {"database": {"failure": None, "ms": 0.4}}
NEVER = {"database": {"failure": "ConnectionRefusedError", "ms": 1.0}}


@pytest.fixture
def answers(gateway: Any) -> dict[str, tuple[int, Any]]:
    """What the services say; billing is away."""
    gateway.upstream.says |= {
        "/internal/dependencies": (200, FINE),
        "/internal/statistics/own": (200, OWN),
        "/internal/statistics": (200, PLATFORM | {"waiting": {"2": 1}, "stored": {"files": 2, "bytes": 9}}),
        "/api/v1/users/me": (200, {"name": "Asha", "email": "asha@example.com"}),
        "/api/v1/workflows": (200, {"items": [RECENT], "total": 4, "page": 1, "per_page": 5}),
    }
    says: dict[str, tuple[int, Any]] = gateway.upstream.says
    return says


@pytest.mark.parametrize(
    ("path", "takes"),
    [
        ("/api/v1/users/me/dashboard", "GET"),
        ("/api/v1/system/stats", "GET"),
        (f"/api/v1/workflows/{UUID(int=7)}/events/ticket", "POST"),
    ],
)
async def test_other_methods_of_our_own_paths_are_carried_to_nobody(gateway: Any, path: str, takes: str) -> None:
    token = gateway.issuer.token(an_identity())
    for method in {"GET", "POST", "PUT", "DELETE", "TRACE"} - {takes}:
        async with gateway.request(method, path, token=token) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, takes), method
            assert (await answer.json())["error"]["code"] == "method_not_allowed"


async def test_a_dashboard_is_there_without_the_service_that_is_away_and_names_it(gateway: Any, answers: Any) -> None:
    token = gateway.issuer.token(an_identity())
    async with gateway.request("GET", "/api/v1/users/me/dashboard", token=token) as answer:
        found = await answer.json()
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
        assert "X-RateLimit-Remaining" in answer.headers
    assert (found["name"], found["missing"], found["quota"]) == ("Asha", ["billing"], None)
    assert found["workflows"] == OWN
    assert [one["id"] for one in found["recent"]] == [RECENT["id"]]
    assert found["insights"] == [
        "1 of your workflows failed. Open one: it says why, and can be tried again.",
    ]
    # Who asks is who is asked about: with the same token, everywhere.
    shown = {dict(seen["headers"]).get("authorization") for seen in gateway.upstream.requests}
    assert shown == {f"Bearer {token}"}


async def test_a_dashboard_says_what_is_left_and_what_allows_more(gateway: Any, answers: Any) -> None:
    url = gateway.service.app.state.upstreams.urls["users"]
    gateway.service.app.state.services = type(gateway.service.app.state.services)(
        {"users": url, "billing": url, "workflow": url}
    )
    answers["/api/v1/usage/current"] = (200, USAGE)
    async with gateway.request("GET", "/api/user/dashboard/") as answer:
        found = await answer.json()
    assert found["missing"] == []
    assert found["quota"]["meters"] == USAGE["meters"]
    assert found["insights"][1:] == [
        "No workflows are left until 29 December.",
        "Little is left of this month. More comes with: starter.",
    ]
    answers["/api/v1/usage/current"] = (404, {"error": {"code": "not_found", "message": "There is no account yet."}})
    async with gateway.request("GET", "/api/v1/users/me/dashboard") as answer:
        found = await answer.json()
    assert (found["quota"], found["missing"]) == (None, []), "nothing yet is not missing"
    await gateway.service.app.state.services.close()


async def test_what_a_service_refuses_is_refused(gateway: Any, answers: Any) -> None:
    error = {"code": "not_allowed", "message": "Not you."}
    answers["/internal/statistics/own"] = (403, {"error": error})
    async with gateway.request("GET", "/api/v1/users/me/dashboard") as answer:
        found = (await answer.json())["error"]
    assert (answer.status, found["code"], found["message"]) == (403, "not_allowed", "Not you.")


@pytest.mark.parametrize("path", ["/api/v1/users/me/dashboard", "/api/v1/system/stats"])
async def test_nobody_unknown_sees_figures(gateway: Any, answers: Any, path: str) -> None:
    for token in (None, "wrong"):
        async with gateway.request("GET", path, token=token) as answer:
            assert answer.status == 401
    assert not gateway.upstream.requests


@pytest.mark.parametrize("gateway", [1.0], indirect=True)
async def test_guessing_tokens_is_limited_by_address(gateway: Any) -> None:
    found = []
    for _ in range(61):
        async with gateway.request("GET", "/api/v1/system/stats", token="wrong") as answer:
            found.append(answer.status)
    assert found == [401] * 60 + [429]


@pytest.mark.parametrize("role", ["user", "admin"])
async def test_statistics_are_everybodys_and_ones_own_and_all_of_it_for_administrators(
    gateway: Any, answers: Any, role: str
) -> None:
    token = gateway.issuer.token(an_identity(role=role))
    if role == "admin":
        stored = {"files": 2, "bytes": 9}
        answers["/internal/statistics"] = (200, PLATFORM | {"waiting": {"2": 1}, "stored": stored, **ACCOUNTS})
    async with gateway.request("GET", "/api/v1/system/stats", token=token) as answer:
        found = await answer.json()
        assert answer.status == 200
    assert (found["platform"], found["own"]["spend"], found["missing"]) == (PLATFORM, "1.2390", [])
    if role == "user":
        assert found["operators"] is None
    else:
        assert found["operators"] == {
            "users": ACCOUNTS,
            "jobs": OWN["by_status"],
            "waiting": {"2": 1},
            "stored": stored,
        }


async def test_health_is_public_and_its_parts_are_for_administrators(gateway: Any, answers: Any) -> None:
    for token in (None, "wrong", gateway.issuer.token(an_identity())):
        async with gateway.request("GET", "/health", token=token) as answer:
            assert (answer.status, await answer.json()) == (
                200,
                {"status": "degraded", "service": "gateway", "parts": None},
            ), "billing is away"
    admin = gateway.issuer.token(an_identity(role="admin"))
    async with gateway.request("GET", "/health", token=admin) as answer:
        parts = (await answer.json())["parts"]
    assert {name: part["status"] for name, part in parts.items()} == {
        "gateway": "healthy",
        "ai_router": "healthy",
        "billing": "unhealthy",
        "notify": "healthy",
        "users": "healthy",
        "workflow": "healthy",
    }
    assert parts["billing"]["error"] == "ClientConnectorError"
    assert parts["users"]["dependencies"]["database"] == {"status": "healthy", "response_ms": 0.4, "error": None}
    assert parts["users"]["response_ms"] > 0
    asked = [seen for seen in gateway.upstream.requests if seen["path"] == "/internal/dependencies"]
    assert len(asked) == 4, "however many ask, each service is asked once in a while"


async def test_without_a_needed_part_the_platform_does_not_serve(gateway: Any, answers: Any) -> None:
    answers["/internal/dependencies"] = (200, NEVER)
    async with gateway.request("GET", "/health", token=None) as answer:
        assert (answer.status, (await answer.json())["status"]) == (503, "unhealthy")


@pytest.mark.parametrize("path", ["/internal/dependencies", "/internal/statistics"])
async def test_what_services_tell_each_other_is_not_for_the_public(gateway: Any, answers: Any, path: str) -> None:
    async with gateway.request("GET", path, token=gateway.issuer.token(an_identity(role="admin"))) as answer:
        assert answer.status == 404
    assert not gateway.upstream.requests


LETTER = {
    "id": str(UUID(int=5)),
    "queue": "workflow.commands",
    "type": "workflow.begin.v1",
    "attempts": 4,
    "reason": "DatabaseAway: no connection",
    "died_at": "2026-11-29T08:30:00Z",
    "body": "{}",
}
LETTERS = "/api/v1/admin/dead-letters"


async def test_administrators_see_the_dead_letters_of_all_that_answer(gateway: Any, answers: Any) -> None:
    later = LETTER | {"id": str(UUID(int=6)), "died_at": "2026-11-29T09:30:00Z"}
    answers["/internal/dead-letters"] = (200, [LETTER, later])
    admin = gateway.issuer.token(an_identity(role="admin"))
    async with gateway.request("GET", f"{LETTERS}?per_page=4", token=admin) as answer:
        found = await answer.json()
        assert answer.status == 200, found
    # Each of the four that answer has both; the newest come first.
    assert (found["items"], found["total"], found["missing"]) == ([later] * 4, 8, ["billing"])
    async with gateway.request("GET", f"{LETTERS}?queue=workflow.commands", token=admin) as answer:
        assert (await answer.json())["items"] == [later, LETTER]
    async with gateway.request("GET", f"{LETTERS}?queue=workflow.events", token=admin) as answer:
        assert (await answer.json())["items"] == []
    for method, path, more in (
        ("GET", LETTERS, {}),
        ("POST", f"{LETTERS}/replay", {"json": {"queue": "users.events"}}),
    ):
        async with gateway.request(method, path, token=gateway.issuer.token(an_identity()), **more) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (403, "not_allowed")


async def test_letters_are_put_back_by_the_service_whose_they_are(gateway: Any, answers: Any) -> None:
    answers["/internal/dead-letters/replay"] = (200, {"replayed": 1})
    admin = gateway.issuer.token(an_identity(role="admin"))
    asked = {"queue": "workflow.commands", "ids": [LETTER["id"]]}
    async with gateway.request("POST", f"{LETTERS}/replay", token=admin, json=asked) as answer:
        assert (answer.status, await answer.json()) == (200, {"replayed": 1})
    [told] = [one for one in gateway.upstream.requests if one["path"] == "/internal/dead-letters/replay"]
    assert json.loads(told["body"]) == asked
    for queue, status in (("nobody.commands", 404), ("billing.commands", 503), ("Any thing", 422)):
        async with gateway.request("POST", f"{LETTERS}/replay", token=admin, json={"queue": queue}) as answer:
            assert answer.status == status, queue
