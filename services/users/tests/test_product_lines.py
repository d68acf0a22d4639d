"""Which product an account and its sessions are in, and that nobody gains by saying another one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from contracts.product_lines import PRODUCT_LINES
from users.settings import Settings

AGREED = [{"kind": "terms"}, {"kind": "privacy"}]
OTHERS = [key for key in PRODUCT_LINES if key != "talkingphoto"]


async def in_the_token(users: Any, tokens: dict[str, Any]) -> tuple[str, timedelta]:
    identity = await users.service.app.state.verifier.verify(tokens["access_token"])
    return identity.product_line, identity.expires_at - identity.issued_at


async def test_without_a_word_a_login_is_in_the_accounts_own_line(users: Any, all_lines_sell: None) -> None:
    await users.register(line="filmstudio", name="Asha")
    tokens = (await users.log_in()).json()
    assert await in_the_token(users, tokens) == ("filmstudio", timedelta(days=1))
    assert tokens["expires_in"] == 86_400


async def test_a_session_stays_in_its_line(users: Any, all_lines_sell: None) -> None:
    await users.register(name="Asha")
    tokens = (await users.log_in(line="pixie")).json()
    assert [row["product_line"] for row in await users.rows("SELECT product_line FROM user_sessions")] == ["pixie"]
    for _ in range(2):
        answer = await users.refresh(tokens["refresh_token"])
        tokens = answer.json()
        assert (await in_the_token(users, tokens))[0] == "pixie"


async def test_a_refresh_that_says_another_line_is_refused_and_spends_nothing(users: Any, all_lines_sell: None) -> None:
    tokens = await users.member()
    other = await users.refresh(tokens["refresh_token"], line="pixie")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "product_line_differs")
    users.clock.advance(timedelta(minutes=1))
    assert (await users.refresh(tokens["refresh_token"], line="talkingphoto")).status_code == 200


async def test_the_profile_is_that_of_the_sessions_line(users: Any, all_lines_sell: None) -> None:
    await users.register(name="Asha")
    await users.execute(
        "INSERT INTO entitlements (user_id, product_line, plan, credits, version) SELECT id, 'pixie', 'premium', 7, 1 "
        "FROM users"
    )
    plans = {}
    for line in ("talkingphoto", "pixie"):
        tokens = (await users.log_in(line=line)).json()
        async with users.client(tokens["access_token"]) as client:
            for answer in (await client.get("/api/v1/users/me"), await client.put("/api/v1/users/me", json={})):
                plans[line] = (answer.json()["plan_type"], answer.json()["credits"])
    assert plans == {"talkingphoto": ("free", None), "pixie": ("premium", 7)}


async def test_no_account_gets_a_longer_life_by_asking_for_another_line(users: Any, all_lines_sell: None) -> None:
    await users.register()
    tokens = (await users.log_in(line="filmstudio")).json()
    assert await in_the_token(users, tokens) == ("filmstudio", timedelta(minutes=15))
    users.clock.advance(timedelta(minutes=1))
    again = (await users.refresh(tokens["refresh_token"])).json()
    assert (again["expires_in"], await in_the_token(users, again)) == (900, ("filmstudio", timedelta(minutes=15)))


async def test_no_consent_is_skipped_by_registering_elsewhere(users: Any, all_lines_sell: None) -> None:
    await users.register(line="reely", consents=[{"kind": "terms"}])
    refused = await users.log_in(line="talkingphoto")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "consent_needed")
    assert refused.json()["error"]["fields"] == {"consents": "needs privacy"}
    assert not await users.rows("SELECT * FROM user_sessions")
    assert (await users.log_in(line="talkingphoto", consents=[{"kind": "privacy"}])).status_code == 200
    assert (await users.log_in(line="talkingphoto")).status_code == 200
    kept = await users.rows("SELECT kind, policy_version, granted, ip_hash FROM consents ORDER BY kind")
    assert [(row["kind"], row["granted"], len(row["ip_hash"])) for row in kept] == [
        ("privacy", True, 32),
        ("terms", True, 32),
    ]


async def test_a_consent_that_was_taken_back_is_missing(users: Any) -> None:
    await users.register()
    users.clock.advance(timedelta(days=1))
    await users.execute(
        "INSERT INTO consents (id, user_id, kind, policy_version, granted, given_at) "
        "SELECT gen_random_uuid(), id, 'terms', '1', false, $1 FROM users",
        users.clock.now(),
    )
    assert (await users.log_in()).json()["error"]["code"] == "consent_needed"


async def test_what_is_said_again_is_kept_once(users: Any) -> None:
    await users.register()
    for _ in range(2):
        assert (await users.log_in(consents=AGREED)).status_code == 200
    users.clock.advance(timedelta(days=1))
    assert (await users.log_in(consents=[{"kind": "terms", "policy_version": "2"}])).status_code == 200
    kept = await users.rows("SELECT kind, policy_version FROM consents ORDER BY kind, policy_version")
    assert [tuple(row.values()) for row in kept] == [("privacy", "1"), ("terms", "1"), ("terms", "2")]


@pytest.mark.parametrize("line", OTHERS)
async def test_a_line_without_plans_is_refused_at_the_door(users: Any, one_line_sells: None, line: str) -> None:
    await users.register("own@example.com")
    registered = await users.register(line=line, name="Asha")
    known = await users.log_in("own@example.com", line=line)
    unknown = await users.log_in("nobody@example.com", line=line)
    for answer in (registered, known, unknown):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (409, "product_line_not_offered")
        assert error["details"] == {"product_lines": ["talkingphoto"]}
        assert "talkingphoto" in error["message"]
    assert len(await users.rows("SELECT id FROM users")) == 1


async def test_an_account_whose_own_line_sells_nothing_is_told_where_to_go(users: Any, one_line_sells: None) -> None:
    await users.register()
    await users.execute("UPDATE users SET home_product_line = 'reely'")
    assert (await users.log_in()).json()["error"]["code"] == "product_line_not_offered"
    assert (await users.log_in(line="talkingphoto")).status_code == 200


async def test_what_a_client_says_to_the_service_itself_counts_nothing(users: Any, all_lines_sell: None) -> None:
    async with users.client(**{"X-Product-Line": "filmstudio"}) as client:
        body = {"email": "asha@example.com", "password": "monsoon-42-lamp", "consents": AGREED}
        answer = await client.post("/api/v1/auth/register", json=body)
    assert answer.json()["home_product_line"] == "talkingphoto"


async def test_a_login_goes_where_it_says_whatever_token_is_sent_with_it(users: Any, all_lines_sell: None) -> None:
    tokens = await users.member()
    own = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await in_the_token(users, (await users.log_in(line="reely", **own)).json()))[0] == "reely"
    await users.execute("UPDATE users SET home_product_line = 'pixie'")
    assert (await in_the_token(users, (await users.log_in(**own)).json()))[0] == "talkingphoto"


async def test_logins_to_two_lines_at_once_are_two_sessions(users: Any, all_lines_sell: None) -> None:
    await users.register(name="Asha")
    answers = await asyncio.gather(*(users.log_in(line=line) for line in ("reely", "talkingphoto")))
    assert [(await in_the_token(users, answer.json()))[0] for answer in answers] == ["reely", "talkingphoto"]


def test_the_document_says_where_a_product_line_can_be_named(users: Any) -> None:
    document = users.service.app.openapi()
    naming = {
        path
        for path, item in document["paths"].items()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "X-Product-Line" and parameter["schema"]["enum"] == list(PRODUCT_LINES)
    }
    assert naming == {
        "/api/v1/auth/register",
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/api/v1/auth/verify-email/resend",
        "/api/v1/auth/forgot-password",
        "/api/v1/auth/oauth/{provider}/start",
    }


async def test_a_token_lives_as_long_as_is_set_for_its_line(users_with: Any, all_lines_sell: None) -> None:
    async with users_with(access_token_seconds={"filmstudio": 7200, "talkingphoto": 300}) as users:
        await users.register(line="filmstudio", name="Asha")
        await users.register("other@example.com")
        await users.register("pixie@example.com", line="pixie", name="Asha")
        assert (await users.log_in()).json()["expires_in"] == 7200
        assert (await users.log_in("other@example.com")).json()["expires_in"] == 300
        assert (await users.log_in("pixie@example.com")).json()["expires_in"] == 900


@pytest.mark.parametrize("setting", [{"filmstudio": 86_401}, {"filmstudio": 59}, {"nowhere": 900}])
def test_no_token_lives_longer_than_a_day(setting: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"filmstudio|nowhere"):
        Settings(env="test", access_token_seconds=setting)
