"""Opening an account: what comes back, what is refused, and what two people may not have at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from contracts.product_lines import PRODUCT_LINES
from contracts.users import RegistrationRepeated, UserRegistered


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
        "subscription_status",
        "usage",
        "period_ends_at",
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


def comparable(answer: Any) -> dict[str, Any]:
    """An account as it is answered, without what differs between any two."""
    made_up = {"id", "email", "username", "created_at", "updated_at"}
    return {name: value for name, value in answer.json().items() if name not in made_up}


@pytest.mark.parametrize("fields", [{}, {"username": "another", "name": "Asha", "language": "hi"}])
async def test_an_address_that_has_an_account_is_answered_like_any_other(users: Any, fields: dict[str, str]) -> None:
    owner = (await users.register(username="asha")).json()
    known = await users.register("ASHA@example.com", password="another-pass-1", **fields)
    fresh = await users.register("fresh@example.com", password="another-pass-1", **fields | {"username": "fresh"})
    assert (
        (known.status_code, known.headers.keys())
        == (fresh.status_code, fresh.headers.keys())
        == (201, known.headers.keys())
    )
    assert comparable(known) == comparable(fresh)
    assert list(known.json()) == list(fresh.json())
    assert (known.json()["email"], known.json()["id"] != owner["id"]) == ("asha@example.com", True)
    assert known.json()["username"] == fields.get("username", known.json()["username"])
    # Nothing has changed, and the owner is told.
    assert len(await users.rows("SELECT id FROM users")) == 2
    assert (await users.log_in(password="another-pass-1")).status_code == 401
    assert (await users.log_in()).json()["user"]["id"] == owner["id"]
    [told] = users.said(RegistrationRepeated)
    assert (str(told.user_id), told.product_line) == (owner["id"], "talkingphoto")


async def test_where_a_line_tells_the_address_is_named(users: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    telling = replace(PRODUCT_LINES["talkingphoto"], tells_known_addresses=True)
    monkeypatch.setitem(PRODUCT_LINES, "talkingphoto", telling)
    await users.register()
    answer = await users.register()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "account_exists")
    assert set(answer.json()["error"]["fields"]) == {"email"}
    assert not users.said(RegistrationRepeated)


@pytest.mark.parametrize("email", ["asha@example.com", "other@example.com"])
async def test_a_username_that_is_taken_is_named_whosever_the_address_is(users: Any, email: str) -> None:
    assert (await users.register(username="asha")).status_code == 201
    answer = await users.register(email, username="asha")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "account_exists")
    assert set(answer.json()["error"]["fields"]) == {"username"}
    assert (len(users.said(UserRegistered)), users.said(RegistrationRepeated)) == (1, [])


async def test_of_two_with_one_username_at_the_same_moment_one_gets_it(users: Any) -> None:
    people = [{"email": f"{n}@example.com", "username": "both"} for n in range(4)]
    answers = await asyncio.gather(*(users.register(**person) for person in people))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(users.said(UserRegistered)) == len(await users.rows("SELECT id FROM users")) == 1


async def test_of_two_with_one_address_at_the_same_moment_one_is_opened(users: Any) -> None:
    answers = await asyncio.gather(*(users.register("both@example.com", username=f"user{n}") for n in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len(users.said(UserRegistered)) == len(await users.rows("SELECT id FROM users")) == 1
    assert len(users.said(RegistrationRepeated)) == 3
