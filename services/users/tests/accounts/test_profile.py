"""The caller's own profile, and billing's word in it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.testing.slices import NOW
from contracts.billing import EntitlementsChanged, SubscriptionStatus, SubscriptionUpdated
from contracts.enums import Priority
from contracts.users import UserUpdated


def entitlements(user_id: str, version: int, *, plan: str = "pro", credits: int = 50) -> EntitlementsChanged:
    return EntitlementsChanged(
        user_id=UUID(user_id),
        product_line="talkingphoto",
        plan=plan,
        credits_available=credits,
        limits={},
        features={},
        priority=Priority.NORMAL,
        run_budget=Decimal("0.5"),
        version=version,
    )


def subscription(user_id: str, status: SubscriptionStatus, *, plan: str = "pro") -> SubscriptionUpdated:
    return SubscriptionUpdated(
        subscription_id=UUID(user_id),
        user_id=UUID(user_id),
        product_line="talkingphoto",
        plan=plan,
        plan_name=plan.title(),
        interval="month",
        status=status,
        period_start=NOW,
        period_end=NOW + timedelta(days=30),
        what="renewed",
    )


async def profile_of(users: Any, token: str) -> dict[str, Any]:
    async with users.client(token) as client:
        profile: dict[str, Any] = (await client.get("/api/v1/users/me")).json()
    return profile


async def plan_of(users: Any, token: str) -> tuple[str, int | None]:
    async with users.client(token) as client:
        profile = (await client.get("/api/v1/users/me")).json()
    return profile["plan_type"], profile["credits"]


async def test_a_profile_needs_a_token(users: Any) -> None:
    async with users.client() as client:
        for answer in (
            await client.get("/api/v1/users/me"),
            await client.put("/api/v1/users/me", json={"name": "A"}),
            await client.get("/api/v1/users/me", headers={"Authorization": "Bearer nonsense"}),
        ):
            assert answer.status_code == 401


async def test_what_is_given_changes_and_the_rest_stays(users: Any) -> None:
    tokens = await users.member(name="Asha")
    async with users.client(tokens["access_token"]) as client:
        changed = await client.put("/api/v1/users/me", json={"language": "es", "timezone": "Europe/Madrid"})
        read = await client.get("/api/v1/users/me")
    assert changed.status_code == 200
    assert changed.json() == read.json()
    assert {name: read.json()[name] for name in ("name", "language", "timezone", "email")} == {
        "name": "Asha",
        "language": "es",
        "timezone": "Europe/Madrid",
        "email": "asha@example.com",
    }
    [event] = users.said(UserUpdated)
    assert (event.name, event.language, event.version) == ("Asha", "es", 2)


@pytest.mark.parametrize("field", ["role", "plan_type", "credits", "email", "is_active", "id", "email_verified"])
async def test_what_a_user_may_not_change_is_refused(users: Any, field: str) -> None:
    tokens = await users.member()
    async with users.client(tokens["access_token"]) as client:
        before = (await client.get("/api/v1/users/me")).json()
        answer = await client.put("/api/v1/users/me", json={"name": "New", field: "admin"})
        after = (await client.get("/api/v1/users/me")).json()
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
    assert before == after
    assert not users.said(UserUpdated)


async def test_a_username_of_somebody_else_is_refused_and_ones_own_is_not(users: Any) -> None:
    await users.register("first@example.com", username="first")
    tokens = await users.member("second@example.com", username="second")
    async with users.client(tokens["access_token"]) as client:
        taken = await client.put("/api/v1/users/me", json={"username": "first"})
        own = await client.put("/api/v1/users/me", json={"username": "second"})
    assert (taken.status_code, set(taken.json()["error"]["fields"])) == (409, {"username"})
    assert own.status_code == 200


async def test_an_account_that_is_gone_is_not_found(users: Any) -> None:
    tokens = await users.member()
    await users.execute("DELETE FROM users")
    async with users.client(tokens["access_token"]) as client:
        assert (await client.get("/api/v1/users/me")).status_code == 404
        assert (await client.put("/api/v1/users/me", json={"name": "A"})).status_code == 404


async def test_billings_newest_word_counts_and_an_older_one_does_not(users: Any) -> None:
    tokens = await users.member()
    user_id = tokens["user"]["id"]
    assert await plan_of(users, tokens["access_token"]) == ("free", None)
    await users.tell(entitlements(user_id, 2))
    assert await plan_of(users, tokens["access_token"]) == ("pro", 50)
    assert await users.tell(entitlements(user_id, 1, plan="free", credits=3)) == [ACKNOWLEDGE]
    assert await plan_of(users, tokens["access_token"]) == ("pro", 50)


async def test_a_second_delivery_of_entitlements_changes_nothing(users: Any) -> None:
    """The crash before the acknowledgement: committed, then delivered again after a newer one."""
    tokens = await users.member()
    first = users.delivery(entitlements(tokens["user"]["id"], 1, credits=3))
    assert await users.deliver(first) == [ACKNOWLEDGE]
    await users.tell(entitlements(tokens["user"]["id"], 2, credits=2))
    assert await users.deliver(first) == [ACKNOWLEDGE]
    assert await plan_of(users, tokens["access_token"]) == ("pro", 2)


async def test_entitlements_may_arrive_before_the_account_is_known(users: Any) -> None:
    stranger = str(ids.uuid7())
    assert await users.tell(entitlements(stranger, 1)) == [ACKNOWLEDGE]
    assert len(await users.rows("SELECT * FROM entitlements")) == 1


async def test_the_plan_is_in_the_token(users: Any) -> None:
    tokens = await users.member()
    await users.tell(entitlements(tokens["user"]["id"], 1))
    again = (await users.log_in()).json()
    identity = await users.service.app.state.verifier.verify(again["access_token"])
    assert (identity.plan, again["user"]["plan_type"], again["user"]["credits"]) == ("pro", "pro", 50)


async def test_the_usage_of_the_period_is_shown_until_it_is_over(users: Any) -> None:
    tokens = await users.member()
    before = await profile_of(users, tokens["access_token"])
    assert (before["usage"], before["period_ends_at"]) == ([], None)
    told = entitlements(tokens["user"]["id"], 1).model_copy(
        update={
            "limits": {"workflows": 3, "previews": -1},
            "used": {"workflows": 2},
            "period_ends_at": users.clock.now() + timedelta(minutes=10),
        }
    )
    await users.tell(told)
    during = await profile_of(users, tokens["access_token"])
    assert during["usage"] == [
        {"meter": "previews", "used": 0, "limit": None},
        {"meter": "workflows", "used": 2, "limit": 3},
    ]
    assert during["period_ends_at"] == "2026-05-17T12:10:00Z"
    users.clock.advance(timedelta(minutes=10))
    after = await profile_of(users, tokens["access_token"])
    assert (after["usage"][1]["used"], after["period_ends_at"]) == (0, None)


async def test_name_and_picture_can_be_emptied(users: Any) -> None:
    tokens = await users.member(name="Asha", avatar_url="https://example.com/a.png")
    async with users.client(tokens["access_token"]) as client:
        changed = await client.put("/api/v1/users/me", json={"name": None})
        assert (changed.json()["name"], changed.json()["avatar_url"]) == (None, "https://example.com/a.png")
        changed = await client.put("/api/v1/users/me", json={"avatar_url": None})
        assert changed.json()["avatar_url"] is None
        assert (await client.get("/api/v1/users/me")).json() == changed.json()


@pytest.mark.parametrize("field", ["username", "language", "timezone"])
async def test_what_cannot_be_empty_is_named(users: Any, field: str) -> None:
    tokens = await users.member()
    async with users.client(tokens["access_token"]) as client:
        answer = await client.put("/api/v1/users/me", json={field: None})
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {field})


async def test_a_line_that_needs_a_name_keeps_it(users: Any, all_lines_sell: None) -> None:
    tokens = await users.member(line="pixie", name="Asha")
    async with users.client(tokens["access_token"]) as client:
        answer = await client.put("/api/v1/users/me", json={"name": None})
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"name"})


async def test_the_profile_says_how_the_subscription_stands_whatever_comes_first_or_twice(users: Any) -> None:
    tokens = await users.member()
    user_id = tokens["user"]["id"]

    async def status() -> str | None:
        found: str | None = (await profile_of(users, tokens["access_token"]))["subscription_status"]
        return found

    assert await status() is None
    active = users.delivery(subscription(user_id, "active"))
    users.clock.advance(timedelta(minutes=1))
    late = users.delivery(subscription(user_id, "past_due"))
    assert await users.deliver(late) == [ACKNOWLEDGE]
    assert await status() == "past_due"
    # Billing's word about the plan says the rest, and takes nothing back.
    await users.tell(entitlements(user_id, 1))
    assert await plan_of(users, tokens["access_token"]) == ("pro", 50)
    assert await users.deliver(active, late) == [ACKNOWLEDGE, ACKNOWLEDGE]
    assert await status() == "past_due"
    users.clock.advance(timedelta(minutes=1))
    both = users.delivery(subscription(user_id, "active")), users.delivery(subscription(user_id, "cancelled"))
    await users.deliver(*both)
    assert await status() == "cancelled"
