"""Consents: what holds, what was said when, and taking back as easily as giving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from contracts.users import ConsentChanged


class Person:
    def __init__(self, users: Any, tokens: dict[str, Any]) -> None:
        self.users, self.token = users, tokens["access_token"]

    async def call(self, method: str, path: str = "", *consents: dict[str, Any]) -> Any:
        async with self.users.client(self.token, address="203.0.113.7") as client:
            body = {"json": {"consents": list(consents)}} if method == "PUT" else {}
            return await client.request(method, f"/api/v1/users/me/consents{path}", **body)

    async def holds(self) -> dict[str, bool]:
        return {one["kind"]: one["granted"] for one in (await self.call("GET")).json()["consents"]}


async def test_giving_and_taking_back_are_the_same_request(users: Any) -> None:
    asha = Person(users, await users.member())
    assert await asha.holds() == {"privacy": True, "terms": True}
    for granted in (True, False):
        users.clock.advance(timedelta(minutes=1))
        answer = await asha.call("PUT", "", {"kind": "marketing", "granted": granted})
        assert answer.status_code == 200, answer.text
        assert await asha.holds() == {"privacy": True, "terms": True, "marketing": granted}
    history = (await asha.call("GET", "/history")).json()
    assert [(one["kind"], one["granted"]) for one in history["items"][:2]] == [
        ("marketing", False),
        ("marketing", True),
    ]
    assert history["total"] == 4
    rows = await users.rows("SELECT ip_hash FROM consents WHERE kind = 'marketing'")
    assert len({row["ip_hash"] for row in rows}) == 1 and len(rows[0]["ip_hash"]) == 32
    recorded = await users.rows("SELECT details FROM audit_log WHERE action = 'consent.changed' ORDER BY seq")
    assert [row["details"] for row in recorded] == [{"said": {"marketing": True}}, {"said": {"marketing": False}}]


async def test_what_was_said_already_adds_nothing_and_a_new_version_does(users: Any) -> None:
    asha = Person(users, await users.member())
    for version, total in (("1", 2), ("2", 3), ("2", 3)):
        await asha.call("PUT", "", {"kind": "terms", "policy_version": version})
        assert (await asha.call("GET", "/history")).json()["total"] == total


async def test_what_no_product_needs_is_told_as_it_changes_and_the_rest_is_not(users: Any) -> None:
    asha = Person(users, await users.member())
    assert users.said(ConsentChanged) == [], "terms and privacy are nobody else's business"
    for granted in (True, True, False):
        users.clock.advance(timedelta(minutes=1))
        await asha.call("PUT", "", {"kind": "analytics", "granted": granted}, {"kind": "terms", "policy_version": "2"})
    told = users.said(ConsentChanged)
    assert [(one.kind, one.granted) for one in told] == [("analytics", True), ("analytics", False)]
    assert told[0].given_at < told[1].given_at == users.clock.now()


async def test_what_the_product_needs_cannot_be_taken_back_alone(users: Any) -> None:
    asha = Person(users, await users.member())
    answer = await asha.call("PUT", "", {"kind": "terms", "granted": False}, {"kind": "analytics"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]) == (409, "consent_required", {"kinds": ["terms"]})
    assert await asha.holds() == {"privacy": True, "terms": True}


async def test_everybody_sees_their_own(users: Any) -> None:
    asha, ravi = Person(users, await users.member()), Person(users, await users.member("ravi@example.com"))
    await asha.call("PUT", "", {"kind": "marketing"})
    assert await ravi.holds() == {"privacy": True, "terms": True}
    assert (await ravi.call("GET", "/history")).json()["total"] == 2


@pytest.mark.parametrize(
    "consents", [(), ({"kind": "cookies"},), ({"kind": "terms"}, {"kind": "terms", "granted": False})]
)
async def test_what_makes_no_sense_is_refused(users: Any, consents: tuple[dict[str, Any], ...]) -> None:
    asha = Person(users, await users.member())
    assert (await asha.call("PUT", "", *consents)).status_code == 422
