"""API keys as their owner makes, lists, rotates and ends them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chassis.identity.api_keys import hashed, is_well_formed
from contracts.users import ApiKeyCreated, ApiKeyRevoked, SessionRevoked


async def test_a_key_is_shown_once_and_kept_as_a_hash(users: Any, owner: Any) -> None:
    made = await owner.key(scopes=["workflows:write", "read", "read"], expires_in_days=30, daily_credits=5)
    key = made.pop("key")
    assert is_well_formed(key)
    assert made["prefix"] == key[:12]
    assert made["scopes"] == ["read", "workflows:write"]
    assert made["expires_at"] == "2026-06-16T12:00:00Z"
    listed = (await owner.call("GET")).json()
    assert listed["items"] == [made]
    assert (await owner.call("GET", f"/{made['id']}")).json() == made
    [row] = await users.rows("SELECT * FROM api_keys")
    assert row["key_hash"] == hashed(key)
    assert key[12:] not in str(row)
    [told] = users.sent(ApiKeyCreated)
    assert key[12:] not in told.body.decode()


async def test_a_plan_without_the_feature_is_told_which_have_it(users: Any, owner: Any) -> None:
    await owner.has("free", version=2, keys=False)
    answer = await owner.call("POST", json={"name": "Nightly", "scopes": ["read"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "plan_lacks_feature")
    assert answer.json()["error"]["details"] == {
        "feature": "api_access",
        "plan": "free",
        "plans": ["pro", "enterprise"],
    }
    assert await users.rows("SELECT id FROM api_keys") == []


async def test_five_keys_and_no_more_even_at_the_same_moment(users: Any, owner: Any) -> None:
    asked = [owner.call("POST", json={"name": f"n{number}", "scopes": ["read"]}) for number in range(8)]
    answers = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert sorted(answers) == [201] * 5 + [409] * 3
    # One that ends makes room.
    first = (await owner.call("GET")).json()["items"][0]
    assert (await owner.call("DELETE", f"/{first['id']}")).status_code == 204
    await owner.key()


async def test_a_revoked_key_is_gone_and_everybody_is_told_once(users: Any, owner: Any) -> None:
    made = await owner.key()
    assert (await owner.call("DELETE", f"/{made['id']}")).status_code == 204
    assert (await owner.call("DELETE", f"/{made['id']}")).status_code == 404
    assert [str(event.key_id) for event in users.said(ApiKeyRevoked)] == [made["id"]]
    assert [str(event.session_id) for event in users.said(SessionRevoked)] == [made["id"]]
    async with users.client() as client:
        ended = (await client.get("/.well-known/revoked-sessions.json")).json()["sessions"]
    assert ended == [made["id"]]


async def test_a_rotated_key_works_beside_its_successor_until_the_overlap_is_over(users: Any, owner: Any) -> None:
    old = await owner.key(scopes=["read", "ai:write"], expires_in_days=30, allowed_addresses=["203.0.113.7"])
    users.clock.advance(timedelta(days=20))
    owner.tokens = (await users.log_in()).json()
    new = (await owner.call("POST", f"/{old['id']}/rotate", json={"overlap_hours": 2})).json()
    assert new["key"] != old["key"]
    same = ("name", "scopes", "allowed_addresses", "daily_credits", "product_line")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert new["expires_at"] == "2026-07-06T12:00:00Z"
    assert (await owner.call("GET", f"/{old['id']}")).json()["replaced_by"] == new["id"]
    assert [(await owner.exchange(key["key"])).status_code for key in (old, new)] == [200, 200]
    users.clock.advance(timedelta(hours=2))
    assert [(await owner.exchange(key["key"])).status_code for key in (old, new)] == [401, 200]


async def test_a_key_is_rotated_once_and_its_own_predecessor_ends_with_that(users: Any, owner: Any) -> None:
    first = await owner.key()
    second = (await owner.call("POST", f"/{first['id']}/rotate", json={})).json()
    again = await owner.call("POST", f"/{first['id']}/rotate", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "api_key_replaced")
    third = (await owner.call("POST", f"/{second['id']}/rotate", json={})).json()
    working = [(await owner.exchange(key["key"])).status_code for key in (first, second, third)]
    assert working == [401, 200, 200]


async def test_without_an_overlap_the_old_key_ends_at_once(users: Any, owner: Any) -> None:
    old = await owner.key()
    assert (await owner.call("POST", f"/{old['id']}/rotate", json={"overlap_hours": 0})).status_code == 201
    assert (await owner.exchange(old["key"])).status_code == 401
    assert [str(event.key_id) for event in users.said(ApiKeyRevoked)] == [old["id"]]


async def test_nobody_sees_or_touches_the_keys_of_another(users: Any, owner: Any) -> None:
    made = await owner.key()
    stranger = await owner.somebody_else()
    assert (await stranger.call("GET")).json()["items"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        body = {"json": {}} if method == "POST" else {}
        assert (await stranger.call(method, f"/{made['id']}{path}", **body)).status_code == 404
    assert (await owner.exchange(made["key"])).status_code == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes.0"),
        ({"name": " "}, "name"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"daily_credits": 0}, "daily_credits"),
        ({"allowed_addresses": ["somewhere"]}, "allowed_addresses.0"),
    ],
)
async def test_what_is_wrong_is_named(owner: Any, fields: dict[str, Any], wrong: str) -> None:
    answer = await owner.call("POST", json={"name": "Nightly", "scopes": ["read"]} | fields)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [wrong]
