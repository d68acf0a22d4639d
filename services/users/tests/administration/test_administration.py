"""What administrators see and change of accounts, and what not even they may do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from contracts.users import ApiKeyRevoked, SessionRevoked, UserUpdated


class Administrator:
    """Somebody with the role, logged in."""

    def __init__(self, users: Any, tokens: dict[str, Any]) -> None:
        self.users, self.token, self.id = users, tokens["access_token"], tokens["user"]["id"]

    async def call(self, method: str, path: str = "", **arguments: Any) -> Any:
        async with self.users.client(self.token) as client:
            return await client.request(method, f"/api/v1/admin/users{path}", **arguments)

    async def finds(self, **query: Any) -> Sequence[str]:
        answer = await self.call("GET", params=query)
        assert answer.status_code == 200, answer.text
        return [item["email"] for item in answer.json()["items"]]

    async def change(self, user_id: str, **fields: Any) -> Any:
        return await self.call("PATCH", f"/{user_id}", json=fields)


async def administrator(users: Any, email: str = "root@example.com") -> Administrator:
    await users.register(email, username=email.split("@")[0], name="Root")
    await users.execute("UPDATE users SET role = 'admin' WHERE email = $1", email)
    return Administrator(users, (await users.log_in(email)).json())


async def actions(users: Any) -> list[tuple[str, str]]:
    rows = await users.rows("SELECT action, target FROM audit_log WHERE action LIKE 'admin.%' ORDER BY seq")
    return [(row["action"], row["target"]) for row in rows]


async def test_accounts_are_found_by_what_is_known_of_them(users: Any) -> None:
    root = await administrator(users)
    for number, email in enumerate(("asha@example.com", "ravi_1@example.com", "ravix1@example.com")):
        users.clock.advance(timedelta(minutes=1))
        await users.register(email, username=f"user-{number}", name="Asha" if number == 0 else None)
    assert await root.finds() == ["ravix1@example.com", "ravi_1@example.com", "asha@example.com", "root@example.com"]
    assert await root.finds(text="ASHA") == ["asha@example.com"]
    # What stands for any character in the database does not do so here.
    assert await root.finds(text="ravi_1") == ["ravi_1@example.com"]
    assert await root.finds(text="user-2") == ["ravix1@example.com"]
    assert await root.finds(text=root.id) == ["root@example.com"]
    assert await root.finds(role="admin") == ["root@example.com"]
    assert await root.finds(product_line="reely") == []
    assert await root.finds(page=2, per_page=3) == ["root@example.com"]
    await users.execute("UPDATE users SET is_active = false WHERE email = 'asha@example.com'")
    assert await root.finds(is_active=False) == ["asha@example.com"]
    for _ in range(5):
        await users.log_in("ravi_1@example.com", "wrong-password-1")
    assert await root.finds(locked=True) == ["ravi_1@example.com"]
    assert len(await root.finds(locked=False)) == 3


async def test_a_look_at_one_account_is_recorded(users: Any) -> None:
    root, tokens = await administrator(users), await users.member()
    user_id = tokens["user"]["id"]
    seen = (await root.call("GET", f"/{user_id}")).json()
    assert (seen["email"], seen["sessions"], seen["api_keys"], seen["plans"]) == ("asha@example.com", 1, 0, [])
    assert "password_hash" not in seen
    assert await actions(users) == [("admin.user_looked_at", user_id)]
    assert (await root.call("GET", "/0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")).status_code == 404


async def test_whoever_is_deactivated_is_out_at_once_everywhere(users: Any) -> None:
    root, tokens = await administrator(users), await users.member()
    user_id = tokens["user"]["id"]
    await users.execute(
        "INSERT INTO api_keys (id, user_id, product_line, name, prefix, key_hash, scopes, allowed_addresses, "
        "created_at, updated_at) VALUES (gen_random_uuid(), $1, 'talkingphoto', 'n', 'tpk_', 'h', '{read}', '{}', "
        "now(), now())",
        user_id,
    )
    answer = await root.change(user_id, is_active=False)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["is_active"], answer.json()["sessions"], answer.json()["api_keys"]) == (False, 0, 0)
    [key] = await users.rows("SELECT id FROM api_keys")
    assert [event.key_id for event in users.said(ApiKeyRevoked)] == [key["id"]]
    assert len(users.said(SessionRevoked)) == 2
    assert [event.is_active for event in users.said(UserUpdated)] == [False]
    assert (await users.log_in()).status_code == 403
    assert (await users.refresh(tokens["refresh_token"])).status_code == 401
    # Once more changes nothing, and activating it lets its owner log in again.
    assert (await root.change(user_id, is_active=False)).status_code == 200
    assert len(users.said(UserUpdated)) == 1
    assert (await root.change(user_id, is_active=True)).status_code == 200
    assert (await users.log_in()).status_code == 200
    assert await actions(users) == [("admin.user_changed", user_id)] * 3


async def test_a_lock_is_opened(users: Any) -> None:
    root = await administrator(users)
    user_id = (await users.register()).json()["id"]
    for number in range(5):
        async with users.client(address=f"203.0.113.{number}") as client:
            body = {"email": "asha@example.com", "password": "wrong-password-1"}
            await client.post("/api/v1/auth/login", json=body)
    assert (await users.log_in()).status_code == 423
    assert (await root.change(user_id, unlock=True)).json()["locked_until"] is None
    assert (await users.log_in()).status_code == 200


async def test_a_role_is_given_and_taken_and_taking_it_ends_the_sessions_that_have_it(users: Any) -> None:
    root, tokens = await administrator(users), await users.member()
    user_id = tokens["user"]["id"]
    assert (await root.change(user_id, role="admin")).json()["role"] == "admin"
    promoted = Administrator(users, (await users.log_in()).json())
    assert await promoted.finds(role="admin") == ["asha@example.com", "root@example.com"]
    assert (await root.change(user_id, role="user")).json()["sessions"] == 0
    # The token still says the role to whoever has not heard of its end; no account is changed by it.
    assert (await promoted.change(root.id, role="user")).status_code == 403


async def test_nobody_is_locked_out_by_oneself_and_one_administrator_stays(users: Any) -> None:
    root = await administrator(users)
    oneself = await root.change(root.id, is_active=False)
    assert (oneself.status_code, oneself.json()["error"]["code"]) == (409, "oneself")
    last = await root.change(root.id, role="user")
    assert (last.status_code, last.json()["error"]["code"]) == (409, "last_administrator")
    await administrator(users, "other@example.com")
    assert (await root.change(root.id, role="user")).status_code == 200


async def test_two_who_take_the_role_from_each_other_do_not_both_succeed(users: Any) -> None:
    root, other = await administrator(users), await administrator(users, "other@example.com")
    answers = await asyncio.gather(root.change(other.id, role="user"), other.change(root.id, role="user"))
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert len(await users.rows("SELECT id FROM users WHERE role = 'admin'")) == 1


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/{id}"), ("PATCH", "/{id}")])
async def test_only_administrators_may(users: Any, method: str, path: str) -> None:
    tokens = await users.member()
    member = Administrator(users, tokens)
    body = {"json": {"role": "admin"}} if method == "PATCH" else {}
    assert (await member.call(method, path.format(id=member.id), **body)).status_code == 403
    member.token = None
    assert (await member.call(method, path.format(id=member.id), **body)).status_code == 401
    assert [row["role"] for row in await users.rows("SELECT role FROM users")] == ["user"]


async def test_a_deleted_account_stays_as_it_is(users: Any) -> None:
    root, tokens = await administrator(users), await users.member()
    async with users.client(tokens["access_token"]) as client:
        assert (await client.request("DELETE", "/api/v1/users/me", json={})).status_code == 202
    answer = await root.change(tokens["user"]["id"], is_active=True, role="admin")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "account_erased")
    assert (await root.change(root.id, is_active=1)).status_code == 422
