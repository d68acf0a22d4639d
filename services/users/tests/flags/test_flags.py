"""Feature flags: for whom they are on, and who may say so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from users.flags.rules import Flag, share_of

ADMIN = "/api/v1/admin/flags"


def a_flag(**changes: Any) -> Flag:
    said: dict[str, Any] = {"enabled": True, "environments": [], "product_lines": [], "percent": 100} | changes
    return Flag("new-timeline", **said)


@pytest.mark.parametrize(
    ("changes", "on"),
    [
        ({}, True),
        ({"enabled": False}, False),
        ({"environments": ["test", "development"]}, True),
        ({"environments": ["production"]}, False),
        ({"product_lines": ["reely", "pixie"]}, True),
        ({"product_lines": ["talkingphoto"]}, False),
        ({"percent": 0}, False),
    ],
)
def test_it_is_on_where_all_of_it_fits(changes: dict[str, Any], on: bool) -> None:
    flag = a_flag(**changes)
    assert flag.is_on(environment="test", product_line="reely", user_id=ids.uuid7()) is on


def test_a_share_is_about_as_large_as_was_said_and_only_grows() -> None:
    people = [UUID(int=number) for number in range(2_000)]

    def having(percent: int) -> set[UUID]:
        flag = a_flag(percent=percent)
        return {one for one in people if flag.is_on(environment="test", product_line="reely", user_id=one)}

    assert 150 < len(having(10)) < 250
    assert having(10) < having(50) < having(100) == set(people)
    # Nobody is first with everything.
    first = {share_of(key, people[0]) for key in ("one", "two", "three", "four")}
    assert len(first) > 1


async def call(users: Any, token: str | None, method: str, path: str = "", **arguments: Any) -> Any:
    async with users.client(token) as client:
        return await client.request(method, path or ADMIN, **arguments)


async def root(users: Any) -> str:
    await users.register("root@example.com")
    await users.execute("UPDATE users SET role = 'admin' WHERE email = 'root@example.com'")
    token: str = (await users.log_in("root@example.com")).json()["access_token"]
    return token


async def test_what_an_administrator_says_counts_at_the_next_question(users: Any) -> None:
    admin, tokens = await root(users), await users.member()

    async def on() -> list[str]:
        answer = await call(users, tokens["access_token"], "GET", "/api/v1/users/me/flags")
        found: list[str] = answer.json()["on"]
        return found

    assert await on() == []
    said = {"says": "The new timeline", "enabled": True, "product_lines": ["talkingphoto"]}
    made = await call(users, admin, "PUT", f"{ADMIN}/new-timeline", json=said)
    assert made.status_code == 200, made.text
    assert (made.json()["percent"], made.json()["environments"]) == (100, [])
    assert await on() == ["new-timeline"]
    for change in ({"product_lines": ["pixie"]}, {"environments": ["production"]}, {"percent": 0}, {"enabled": False}):
        assert (await call(users, admin, "PUT", f"{ADMIN}/new-timeline", json=said | change)).status_code == 200
        assert await on() == [], change
    listed = (await call(users, admin, "GET")).json()
    assert [flag["key"] for flag in listed["items"]] == ["new-timeline"]
    assert (await call(users, admin, "DELETE", f"{ADMIN}/new-timeline")).status_code == 204
    assert (await call(users, admin, "DELETE", f"{ADMIN}/new-timeline")).status_code == 404
    recorded = [said for said in await users.trail() if said[0] == "admin.flag_changed"]
    assert len(recorded) == 6
    assert recorded[-1][2] == {"removed": True}


async def test_only_administrators_say(users: Any) -> None:
    tokens = await users.member()
    for token, status in ((None, 401), (tokens["access_token"], 403)):
        for method, path, body in (
            ("GET", ADMIN, None),
            ("PUT", f"{ADMIN}/mine", {"enabled": True}),
            ("DELETE", f"{ADMIN}/mine", None),
        ):
            assert (await call(users, token, method, path, json=body)).status_code == status
    assert (await call(users, None, "GET", "/api/v1/users/me/flags")).status_code == 401


@pytest.mark.parametrize(
    ("key", "body", "field"),
    [
        ("Not-a-name", {"enabled": True}, "flag"),
        ("mine", {"enabled": "yes"}, "enabled"),
        ("mine", {"enabled": True, "percent": 101}, "percent"),
        ("mine", {"enabled": True, "percent": True}, "percent"),
        ("mine", {"enabled": True, "environments": ["moon"]}, "environments.0"),
        ("mine", {"enabled": True, "product_lines": ["moon"]}, "product_lines.0"),
    ],
)
async def test_what_makes_no_sense_is_named(users: Any, key: str, body: dict[str, Any], field: str) -> None:
    answer = await call(users, await root(users), "PUT", f"{ADMIN}/{key}", json=body)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {field})
