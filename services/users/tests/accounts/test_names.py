"""Names that everybody sees alike, and usernames that nobody can tell apart by case."""

from __future__ import annotations

from typing import Any

import pytest

from users.accounts.names import cleaned, unfit


@pytest.mark.parametrize(
    "name",
    [
        "Asha",
        "O'Brien-Smith, Jr.",
        "आशा राव",
        "می‌خواهم",
        "新しい 名前",
        "👩‍🎤",
        "J & R",
        "1",
    ],
)
def test_people_may_be_called_what_they_like(name: str) -> None:
    assert unfit(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "a < b",
        "asha\u202egnp",
        "\u2066asha\u2069",
        "asha\u200e",
        "\u061casha",
        "\u200b\u200b",
        "a\u200bb",
        "\ufeffasha",
        "\u200d",
        "\u3164\u3164",
        "\u2800",
        "a\nb",
        "a\u2028b",
        "\U000e0041",
        "\u0301",
    ],
    ids=ascii,
)
async def test_what_is_not_what_it_seems_is_refused_with_the_rule(users: Any, name: str) -> None:
    answer = await users.register(name=name)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["fields"]) == {"name"}
    tokens = await users.member("other@example.com", name="Asha")
    async with users.client(tokens["access_token"]) as client:
        assert (await client.put("/api/v1/users/me", json={"name": name})).status_code == 422
        assert (await client.get("/api/v1/users/me")).json()["name"] == "Asha"


async def test_names_are_kept_in_one_form(users: Any) -> None:
    assert (await users.register(name="Jose\u0301")).json()["name"] == "Jos\u00e9"


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (" \u0000As\nha ", "As ha"),
        ("<b>Asha</b>", "b Asha /b"),
        ("\u202eahsA", "ahsA"),
        ("\u200b", ""),
        ("\u3164", ""),
        ("x" * 300, "x" * 255),
    ],
    ids=ascii,
)
def test_what_a_provider_calls_somebody_is_cleaned(told: str, name: str) -> None:
    assert cleaned(told, 255) == name
    assert not name or unfit(name) is None


async def test_usernames_differ_by_more_than_case(users: Any) -> None:
    await users.register(username="Asha")
    taken = await users.register("other@example.com", username="aSHA")
    assert (taken.status_code, set(taken.json()["error"]["fields"])) == (409, {"username"})
    tokens = await users.member("third@example.com", username="third")
    async with users.client(tokens["access_token"]) as client:
        assert (await client.put("/api/v1/users/me", json={"username": "ASHA"})).status_code == 409
        own = await client.put("/api/v1/users/me", json={"username": "THIRD"})
    assert (own.status_code, own.json()["username"]) == (200, "THIRD")
    assert (await users.log_in("asha")).json()["user"]["username"] == "Asha"
