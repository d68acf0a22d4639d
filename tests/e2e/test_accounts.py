"""What the four products' scenarios do with accounts, in each product's own paths, by nothing but HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.e2e.people import CONSENTS, PASSWORD, Person, until

from contracts.product_lines import offered

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

PERSIAN = "آشا راد"


def somebody(platform: Any, line: str = "talkingphoto") -> Person:
    """Somebody new in that product line, or in the first of all where that one is not sold."""
    return Person(platform.url, **{"X-Product-Line": line if line in offered() else "talkingphoto"})


async def rows(platform: Any, service: str, statement: str, *arguments: object) -> list[Any]:
    connection = await asyncpg.connect(platform.database_urls[service].replace("+asyncpg", ""))
    try:
        return list(await connection.fetch(statement, *arguments))
    finally:
        await connection.close()


def files_of(platform: Any, user_id: str) -> list[Path]:
    return [path for path in platform.objects.rglob("*") if user_id in str(path) and path.is_file()]


async def forgotten(person: Person) -> dict[str, Any]:
    """Delete the account; how it ended, when every service has answered."""
    answer = await person.ask("DELETE", "/api/v1/users/me", json={"password": person.password})
    assert answer.status_code == 202, answer.text
    status_url = answer.json()["status_url"]

    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = (await person.http.get(status_url)).json()
        return found if found["completed_at"] else None

    return await until(look, within_s=60)


async def test_a_talking_photo_account_from_the_first_day_to_the_last(platform: Any, portrait: Path) -> None:
    """TP 1, 9 and 10, as far as they are about the account."""
    async with somebody(platform) as asha, somebody(platform) as stranger:
        for password in ("short-1", "onlyletters", "1qazxsw2"):
            body = {"email": asha.email, "password": password, "consents": CONSENTS}
            weak = await asha.http.post("/api/v1/auth/register", json=body)
            assert (weak.status_code, set(weak.json()["error"]["fields"])) == (422, {"password"})
        username = asha.email.split("@")[0].replace("-", "_")
        user_id = (await asha.register(username=username))["id"]
        proved = await asha.post("/api/v1/auth/verify-email", {"token": await asha.token_in_a_letter("verify")})
        assert proved == {"email": asha.email, "email_verified": True}
        tokens = await asha.log_in(email=username)
        assert (tokens["expires_in"], tokens["token_type"], bool(tokens["refresh_token"])) == (900, "bearer", True)

        await asha.subscribe("starter")
        workflow_id = await asha.order(await asha.upload(portrait), "Remember me.")
        assert (await asha.finished(workflow_id))["status"] == "completed"
        for path in ("/api/v1/export/requirements/instagram", "/api/v1/export/templates", "/api/v1/usage/history"):
            assert await asha.get(path), path
        kit = await asha.get(f"/api/v1/export/kits/{workflow_id}")
        assert kit["package"]["url"]
        dashboard = await asha.get("/api/v1/users/me/dashboard")
        assert (dashboard["recent"][0]["id"], dashboard["missing"]) == (workflow_id, [])
        assert (await asha.get("/api/v1/users/me"))["subscription_status"] == "active"
        assert len((await asha.get("/api/v1/users/me/sessions"))["items"]) == 2
        assert (await asha.ask("DELETE", "/api/v1/users/me/sessions")).status_code == 204
        assert [one["current"] for one in (await asha.get("/api/v1/users/me/sessions"))["items"]] == [True]

        exported = await asha.post("/api/v1/users/me/data-export")

        async def archive() -> str | None:
            found = await asha.get(f"/api/v1/users/me/data-export/{exported['id']}")
            return str(found["download_url"]) if found["download_url"] else None

        content = (await asha.http.get(await until(archive, within_s=60))).content
        with zipfile.ZipFile(io.BytesIO(content)) as data:
            assert data.testzip() is None
            said = {name: data.read(name).decode() for name in data.namelist() if name.endswith(".json")}
        assert asha.email in "".join(said.values())
        assert "Remember me." in next(text for name, text in said.items() if "workflow" in name)
        assert json.loads(next(text for name, text in said.items() if "billing" in name))["payments"]

        assert files_of(platform, user_id)
        await forgotten(asha)
        for login in (asha.email, username):
            body = {"email": login, "password": PASSWORD}
            assert (await asha.http.post("/api/v1/auth/login", json=body)).status_code == 401
        [user] = await rows(platform, "users", "SELECT * FROM users WHERE id = $1", user_id)
        assert asha.email not in str(user) and username not in str(user)
        [run] = await rows(platform, "workflow", "SELECT input FROM runs WHERE id = $1", workflow_id)
        assert "[DELETED]" in run["input"] and "Remember me." not in run["input"]
        assert files_of(platform, user_id) == []
        [payment] = await rows(platform, "billing", "SELECT * FROM payments WHERE user_id = $1", user_id)
        assert asha.email not in str(payment)
        # Nobody is kept from the address: it is somebody new who comes with it.
        stranger.email = asha.email
        assert (await stranger.register())["id"] != user_id


async def test_a_reely_account(platform: Any) -> None:
    """RE 1, 4 and 8."""
    async with somebody(platform, "reely") as asha:
        await asha.register("/api/v1/auth/register")
        assert (await asha.http.get("/api/v1/auth/me")).status_code == 401
        await asha.log_in("/api/v1/auth/login")
        mine = await asha.get("/api/v1/auth/me")
        assert (mine["email"], mine["plan_type"]) == (asha.email, "free")
        await asha.account()
        refused = await asha.ask("POST", "/api/v1/users/me/api-keys", json={"name": "trims", "scopes": ["read"]})
        assert refused.status_code == 402, refused.text
        assert refused.json()["error"]["details"]["plans"]
        usage = await asha.get("/api/v1/auth/usage")
        assert {meter["used"] for meter in usage["meters"].values()} == {0}
        figures = await asha.get("/api/v1/system/stats")
        assert {"platform", "own"} <= figures.keys()
        limited = await asha.ask("GET", "/api/v1/auth/me")
        assert int(limited.headers["X-RateLimit-Limit"]) > int(limited.headers["X-RateLimit-Remaining"]) > 0
        assert (await asha.ask("DELETE", "/api/v1/auth/me", json={"password": PASSWORD})).status_code == 202

        async def signed_out() -> bool | None:
            # In processes the gateway hears of it a moment later.
            return True if (await asha.ask("GET", "/api/v1/auth/me")).status_code == 401 else None

        await until(signed_out)


async def test_a_film_studio_account(platform: Any) -> None:
    """FS 1, and 10 as far as it is about whose things are."""
    async with somebody(platform, "filmstudio") as asha, somebody(platform, "filmstudio") as other:
        registered = await asha.register("/api/users/register")
        assert {"id", "name", "email", "plan_type", "credits", "role", "created_at"} <= registered.keys()
        assert (registered["name"], registered["role"]) == ("Asha", "creator")
        session = await asha.log_in("/api/users/login")
        assert {"access_token", "token_type", "expires_in"} <= session.keys()
        profile = await asha.get("/api/users/profile")
        assert (profile["id"], profile["email"]) == (registered["id"], asha.email)
        assert (await asha.http.get("/api/users/profile")).status_code == 401
        await other.register("/api/users/register")
        await other.log_in("/api/users/login")
        session_id = (await asha.get("/api/v1/users/me/sessions"))["items"][0]["id"]
        assert (await other.ask("DELETE", f"/api/v1/users/me/sessions/{session_id}")).status_code == 404
        assert (await asha.ask("GET", "/api/users/profile")).status_code == 200


@pytest.mark.moves_clock
async def test_a_pixie_account(platform: Any) -> None:
    """PX 1 and 2: tokens that expire and rotate, five wrong passwords, a password forgotten."""
    async with somebody(platform, "pixie") as asha:
        await asha.register("/api/auth/register", name=PERSIAN)
        token = await asha.token_in_a_letter("verify")
        assert (await asha.post("/api/auth/verify-email", {"token": token}))["email_verified"] is True
        first = await asha.log_in("/api/auth/login")
        assert (await asha.get("/api/auth/me"))["name"] == PERSIAN

        async def refresh(tokens: dict[str, Any]) -> Any:
            return await asha.http.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})

        await ahead(platform, 16 * 60)
        assert (await asha.ask("GET", "/api/auth/me")).status_code == 401
        renewed = await refresh(first)
        assert renewed.status_code == 200, renewed.text
        asha.tokens = renewed.json()
        assert (await asha.ask("GET", "/api/auth/me")).status_code == 200
        # Used again after more than the moment that another tab may take: a copy is in other hands.
        await ahead(platform, 60)
        assert (await refresh(first)).status_code == 401
        assert (await refresh(asha.tokens)).status_code == 401

        async def signed_out() -> bool | None:
            return True if (await asha.ask("GET", "/api/auth/me")).status_code == 401 else None

        await until(signed_out)

        wrong = {"email": asha.email, "password": "wrong-password-1"}
        answers = [(await asha.http.post("/api/auth/login", json=wrong)).status_code for _ in range(6)]
        assert answers == [401] * 5 + [423]
        await asha.post("/api/auth/forgot-password", {"email": asha.email})
        token = await asha.token_in_a_letter("reset")
        asha.password = "harvest-7-kite"
        reset = await asha.http.post("/api/auth/reset-password", json={"token": token, "new_password": asha.password})
        assert reset.status_code == 200, reset.text
        old = await asha.http.post("/api/auth/login", json={"email": asha.email, "password": PASSWORD})
        assert old.status_code == 401
        await asha.log_in("/api/auth/login")


async def ahead(platform: Any, seconds: float) -> None:
    """Move the platform's clock, which only goes forward."""
    async with Person(platform.url) as root:
        await root.register()
        await rows(platform, "users", "UPDATE users SET role = 'admin' WHERE email = $1", root.email)
        await root.log_in()
        clock = await root.get("/api/v1/admin/billing/clock")
        answer = await root.ask("PUT", "/api/v1/admin/billing/clock", json={"offset_s": clock["offset_s"] + seconds})
        assert answer.status_code == 200, answer.text
