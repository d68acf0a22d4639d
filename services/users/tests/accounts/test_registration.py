"""Opening an account: what comes back, what is refused, and what two people may not have at once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from contracts.users import UserRegistered


async def test_an_account_is_opened_and_announced(users: Any) -> None:
    answer = await users.register("Asha@Example.com", name="Asha", language="hi", timezone="Asia/Kolkata")
    assert answer.status_code == 201
    account = answer.json()
    assert set(account) == {
        "id",
        "email",
        "username",
        "name",
        "avatar_url",
        "role",
        "plan_type",
        "credits",
        "email_verified",
        "timezone",
        "language",
        "home_product_line",
        "created_at",
        "updated_at",
        "last_login",
    }
    assert (account["email"], account["name"], account["role"]) == ("asha@example.com", "Asha", "user")
    assert (account["plan_type"], account["credits"], account["email_verified"]) == ("free", None, False)
    assert account["username"].startswith("Asha_") or account["username"].startswith("asha_")
    [event] = users.said(UserRegistered)
    assert (str(event.user_id), event.email, event.language) == (account["id"], "asha@example.com", "hi")
    assert (event.timezone, event.home_product_line) == ("Asia/Kolkata", "talkingphoto")


async def test_what_was_agreed_to_is_kept_with_version_and_time(users: Any) -> None:
    consents = [{"kind": "terms", "policy_version": "3"}, {"kind": "privacy"}, {"kind": "marketing", "granted": False}]
    account = (await users.register(consents=consents)).json()
    rows = await users.rows("SELECT * FROM consents WHERE user_id = $1 ORDER BY kind", UUID(account["id"]))
    assert [(row["kind"], row["policy_version"], row["granted"]) for row in rows] == [
        ("marketing", "1", False),
        ("privacy", "1", True),
        ("terms", "3", True),
    ]
    assert {row["given_at"] for row in rows} == {users.clock.now()}


@pytest.mark.parametrize(
    ("line", "fields", "refused"),
    [
        ("talkingphoto", {"consents": []}, "consents"),
        ("talkingphoto", {"consents": [{"kind": "terms"}]}, "consents"),
        ("talkingphoto", {"consents": [{"kind": "terms"}, {"kind": "privacy", "granted": False}]}, "consents"),
        ("reely", {"consents": []}, None),
        ("pixie", {"consents": []}, "name"),
        ("filmstudio", {"consents": []}, "name"),
        ("pixie", {"consents": [], "name": "نگار"}, None),
    ],
)
async def test_what_each_product_line_needs(
    users: Any, all_lines_sell: None, line: str, fields: dict[str, Any], refused: str | None
) -> None:
    answer = await users.register(line=line, **fields)
    if refused is None:
        assert answer.status_code == 201
        assert answer.json()["home_product_line"] == line
    else:
        assert answer.status_code == 422
        assert set(answer.json()["error"]["fields"]) == {refused}
        assert not users.said(UserRegistered)


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"password": "short-1"}, "password"),
        ({"password": "x1" * 129}, "password"),
        ({"password": "onlyletters"}, "password"),
        ({"password": "Password123"}, "password"),
        ({"password": "asha@example.com"}, "password"),
        ({"password": "asha.k.1986", "name": "Asha.K.1986"}, "password"),
        ({"email": "not an address"}, "email"),
        ({"email": "a" * 250 + "@example.com"}, "email"),
        ({"username": "a b"}, "username"),
        ({"username": "ab"}, "username"),
        ({"name": "x" * 256}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "Ash\x00a"}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"language": "xx"}, "language"),
        ({"avatar_url": "javascript:alert(1)"}, "avatar_url"),
        ({"avatar_url": "https://example.com/" + "a" * 500}, "avatar_url"),
        ({"role": "admin"}, "role"),
        (
            {"consents": [{"kind": "terms", "policy_version": "1\x00"}, {"kind": "privacy"}]},
            "consents.0.policy_version",
        ),
    ],
)
async def test_values_that_are_refused_are_named(users: Any, fields: dict[str, Any], refused: str) -> None:
    answer = await users.register(**fields)
    assert answer.status_code == 422, answer.text
    assert set(answer.json()["error"]["fields"]) == {refused}
    assert refused != "password" or fields["password"] not in answer.text
    assert not users.said(UserRegistered)


@pytest.mark.parametrize(
    ("second", "taken"),
    [
        ({"email": "ASHA@example.com", "username": "another"}, {"email"}),
        ({"email": "other@example.com", "username": "asha"}, {"username"}),
        ({"email": "asha@example.com", "username": "asha"}, {"email", "username"}),
    ],
)
async def test_a_value_that_is_taken_is_named(users: Any, second: dict[str, str], taken: set[str]) -> None:
    assert (await users.register(username="asha")).status_code == 201
    answer = await users.register(**second)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "account_exists")
    assert set(answer.json()["error"]["fields"]) == taken
    assert len(users.said(UserRegistered)) == 1


@pytest.mark.parametrize("shared", ["email", "username"])
async def test_of_two_at_the_same_moment_one_gets_it(users: Any, shared: str) -> None:
    people = [{"email": f"{n}@example.com", "username": f"user{n}"} for n in range(4)]
    same = "both@example.com" if shared == "email" else "both"
    answers = await asyncio.gather(*(users.register(**(person | {shared: same})) for person in people))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert set(answer.json()["error"]["fields"]) == {shared}
    assert len(users.said(UserRegistered)) == 1
    assert len(await users.rows("SELECT id FROM users")) == 1
