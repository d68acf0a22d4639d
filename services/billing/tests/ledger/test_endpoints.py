"""What a user sees, and what another user does not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis import ids
from contracts.billing import ReserveCredits
from contracts.users import UserRegistered


async def open_account(billing: Any) -> UUID:
    user_id = ids.uuid7()
    await billing.tell(
        UserRegistered(user_id=user_id, email="a@example.com", username="a", home_product_line="talkingphoto")
    )
    return user_id


async def test_balance_usage_and_transactions_of_the_caller(billing: Any) -> None:
    user_id = await open_account(billing)
    await billing.tell(
        *(
            ReserveCredits(
                reservation_id=ids.uuid7(),
                run_id=ids.uuid7(),
                user_id=user_id,
                product_line="talkingphoto",
                credits=1,
                meter="workflows",
                units=1,
            )
            for _ in range(3)
        )
    )
    async with billing.client(user_id) as client:
        balance = (await client.get("/api/v1/billing/credits/balance")).json()
        usage = (await client.get("/api/v1/usage/current")).json()
        entries = (await client.get("/api/v1/billing/credits/transactions", params={"per_page": 1})).json()
    assert (balance["balance"], balance["reserved"], balance["available"]) == (3, 3, 0)
    assert usage["meters"]["workflows"] == {"used": 3, "limit": 3, "left": 0}
    assert usage["upgrade_to"] == ["starter", "pro", "enterprise"]
    assert (entries["total"], entries["items"][0]["amount"]) == (1, 3)


async def test_another_user_sees_nothing_of_it(billing: Any) -> None:
    await open_account(billing)
    async with billing.client(ids.uuid7()) as stranger:
        for path in ("billing/credits/balance", "billing/credits/transactions", "usage/current"):
            answer = await stranger.get(f"/api/v1/{path}")
            assert answer.status_code == 404
            assert answer.json()["error"]["code"] == "not_found"


async def test_without_a_token_there_is_no_balance(billing: Any) -> None:
    async with billing.client(ids.uuid7()) as client:
        answer = await client.get("/api/v1/billing/credits/balance", headers={"Authorization": "Bearer nobody"})
    assert answer.status_code == 401


async def test_plans_are_public_and_cheapest_first(billing: Any) -> None:
    async with billing.client(ids.uuid7()) as client:
        answer = await client.get("/api/v1/billing/plans", headers={"Authorization": ""})
        other = await client.get("/api/v1/billing/plans", params={"product_line": "pixie"})
        unknown = await client.get("/api/v1/billing/plans", params={"product_line": "nothing"})
    assert [plan["plan_type"] for plan in answer.json()["items"]] == ["free", "starter", "pro", "enterprise"]
    assert answer.json()["items"][1]["run_budget"] == "0.5000"
    assert [plan["plan_type"] for plan in other.json()["items"]] == ["free", "premium"]
    assert unknown.status_code == 422


async def test_the_total_is_the_same_on_every_page_and_beyond_the_last(billing: Any) -> None:
    user_id = await open_account(billing)
    async with billing.client(user_id) as client:
        pages = [
            (await client.get("/api/v1/billing/credits/transactions", params={"page": page, "per_page": 1})).json()
            for page in (1, 2, 1000)
        ]
    assert [page["total"] for page in pages] == [1, 1, 1]
    assert [len(page["items"]) for page in pages] == [1, 0, 0]
