"""What administrators give and give back: once a key, with who decided it and why, and nobody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.billing import CreditsGranted, PaymentRefunded


@pytest.fixture
def administrator(market: Any, monkeypatch: pytest.MonkeyPatch) -> UUID:
    user_id = ids.uuid7()

    async def verify(token: str) -> Identity:
        return an_identity(user_id=UUID(token), role="admin" if UUID(token) == user_id else "user")

    monkeypatch.setattr(market.billing.service.app.state.verifier, "verify", verify)
    return user_id


async def send(market: Any, who: UUID, path: str, body: Any, key: str | None = None) -> Any:
    async with market.client(who, **({"Idempotency-Key": key} if key else {})) as client:
        return await client.post(f"/api/v1/admin/billing/{path}", json=body)


async def test_credits_are_given_once_a_key(market: Any, administrator: UUID) -> None:
    body = {"user_id": str(market.user_id), "product_line": "talkingphoto", "credits": 10, "reason": "For the trouble"}
    first = await send(market, administrator, "grants", body, "one")
    again = await send(market, administrator, "grants", body, "one")
    assert (first.status_code, first.json()["credits_balance"]) == (201, 13)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    account = await market.account()
    assert (account["settled"], account["bought"]) == (13, 10)
    [told] = [each for each in market.billing.said(CreditsGranted) if each.category == "promotional"]
    assert (told.credits, told.description) == (10, "For the trouble")
    [decision] = await market.billing.rows("SELECT * FROM payment_decisions")
    assert (decision["decided_by"], decision["kind"], decision["about"]["reason"]) == (
        administrator,
        "grant",
        "For the trouble",
    )
    reused = await send(market, administrator, "grants", {**body, "credits": 11}, "one")
    assert reused.json()["error"]["code"] == "idempotency_key_reused"
    await market.billing.check_books()


async def test_a_payment_is_given_back_in_parts_and_never_more(market: Any, administrator: UUID) -> None:
    await market.ask("POST", "/billing/credits/topup", {"plan_type": "starter"})
    [row] = await market.billing.rows("SELECT checkout_id FROM purchases")
    await market.act("pay", row["checkout_id"])
    [payment] = await market.billing.rows("SELECT id FROM payments")
    part = {"payment_id": str(payment["id"]), "amount": "249.50", "reason": "Half of it"}
    for _ in range(2):
        assert (await send(market, administrator, "refunds", part, "half")).status_code == 202
    assert (await market.account())["bought"] == 15
    for wrong, code in (
        ({"amount": "249.51"}, "not_refundable"),
        ({"amount": "1", "currency": "USD"}, "not_an_amount"),
        ({"amount": "1.005"}, "not_an_amount"),
        ({"payment_id": str(ids.uuid7())}, "payment_not_found"),
    ):
        answer = await send(market, administrator, "refunds", {**part, **wrong})
        assert answer.json()["error"]["code"] == code, wrong
    rest = {"payment_id": str(payment["id"]), "reason": "The rest"}
    assert (await send(market, administrator, "refunds", rest)).status_code == 202
    assert [each.amount for each in market.billing.said(PaymentRefunded)] == [24_950, 24_950]
    assert (await send(market, administrator, "refunds", rest)).status_code == 409
    assert (await market.account())["bought"] == 0
    outcomes = await market.billing.rows("SELECT outcome FROM payment_decisions WHERE kind = 'refund'")
    assert outcomes == [{"outcome": "done"}] * 2
    await market.billing.check_books()


async def test_nobody_else_gives(market: Any, administrator: UUID) -> None:
    grant = {"user_id": str(market.user_id), "product_line": "talkingphoto", "credits": 10, "reason": "me"}
    refund = {"payment_id": str(ids.uuid7()), "reason": "me"}
    for path, body in (("grants", grant), ("refunds", refund)):
        assert (await send(market, market.user_id, path, body)).status_code == 403
    assert await market.count("payment_decisions") == 0
