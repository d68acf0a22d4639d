"""What was used is shown, told of when it becomes much, and adds up in every statement."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis import ids
from contracts.billing import (
    CaptureCredits,
    ReleaseCredits,
    ReserveCredits,
    UsageLimitNear,
    UsageLimitReached,
    UsageReset,
)


def reserve(user_id: UUID, **more: Any) -> ReserveCredits:
    return ReserveCredits(
        **{
            "reservation_id": ids.uuid7(),
            "run_id": ids.uuid7(),
            "user_id": user_id,
            "product_line": "talkingphoto",
            "credits": 1,
            "meter": "workflows",
            "units": 1,
            **more,
        }
    )


def capture(held: ReserveCredits) -> CaptureCredits:
    return CaptureCredits(
        reservation_id=held.reservation_id, run_id=held.run_id, credits=1, actual_cost=Decimal("0.0390")
    )


def release(held: ReserveCredits) -> ReleaseCredits:
    return ReleaseCredits(reservation_id=held.reservation_id, run_id=held.run_id, reason="failed")


async def delivered(billing: Any, user_id: UUID) -> ReserveCredits:
    held = reserve(user_id)
    await billing.tell(held)
    await billing.tell(capture(held))
    return held


async def get(billing: Any, user_id: UUID, path: str, **params: Any) -> Any:
    async with billing.client(user_id) as client:
        answer = await client.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer


async def test_near_and_reached_are_told_once_a_month_each(billing: Any) -> None:
    user_id = ids.uuid7()
    await billing.execute("UPDATE plans SET quotas = '{\"workflows\": 10}' WHERE plan_type = 'free'")
    for number in range(1, 11):
        held = reserve(user_id)
        await billing.tell(held)
        if number in (8, 10):
            await billing.tell(release(held))
            await billing.tell(reserve(user_id))
    [near] = billing.said(UsageLimitNear)
    [reached] = billing.said(UsageLimitReached)
    assert (near.meter, near.used, near.limit) == ("workflows", 8, 10)
    assert (reached.used, reached.limit, reached.upgrade_to) == (10, 10, ("starter", "pro", "enterprise"))
    billing.clock.advance(timedelta(days=31))
    await billing.tell(reserve(user_id))
    [reset] = billing.said(UsageReset)
    assert (reset.plan, reset.limits) == ("free", {"workflows": 10})
    assert len(billing.said(UsageLimitNear)) == 1
    for _ in range(7):
        await billing.tell(reserve(user_id))
    assert len(billing.said(UsageLimitNear)) == 2, "a month later again"


async def test_a_small_limit_is_reached_without_having_been_near(billing: Any) -> None:
    user_id = ids.uuid7()
    await billing.tell(reserve(user_id), reserve(user_id), reserve(user_id))
    assert (len(billing.said(UsageLimitNear)), len(billing.said(UsageLimitReached))) == (0, 1)


async def test_months_are_kept_by_meter_and_shown(billing: Any) -> None:
    user_id = ids.uuid7()
    for _ in range(3):
        await delivered(billing, user_id)
        billing.clock.advance(timedelta(days=31))
    await delivered(billing, user_id)
    current = (await get(billing, user_id, "/usage/current")).json()
    assert (current["credits_used"], Decimal(current["cost_incurred"])) == (1, Decimal("0.039"))
    periods = (await get(billing, user_id, "/usage/periods")).json()
    assert periods["total"] == 3
    assert {(each["meter"], each["used"], each["limit"]) for each in periods["items"]} == {("workflows", 1, 3)}
    history = (await get(billing, user_id, "/usage/history", per_page=2)).json()
    assert [month["credits"] for month in history["months"]] == [1, 1, 1, 1]
    assert (history["log"]["total"], len(history["log"]["items"])) == (4, 2)
    assert (await get(billing, ids.uuid7(), "/usage/history")).json()["log"]["total"] == 0
    assert (await get(billing, ids.uuid7(), "/usage/periods")).json()["total"] == 0


async def test_the_sums_of_a_statement_tie_to_the_ledger_for_any_period(billing: Any) -> None:
    user_id = ids.uuid7()
    began = billing.clock.now()
    for _ in range(8):
        await delivered(billing, user_id)
        billing.clock.advance(timedelta(days=9))
    for first, last in ((0, 80), (0, 20), (20, 50), (50, 80), (33, 34)):
        since, until = began + timedelta(days=first), began + timedelta(days=last)
        answer = await get(billing, user_id, "/billing/statement", since=since.isoformat(), until=until.isoformat())
        opening, *entries, closing = csv.DictReader(io.StringIO(answer.text))
        assert (opening["kind"], closing["kind"]) == ("opening", "closing")
        moved = sum(int(entry["credits"]) for entry in entries)
        assert int(opening["balance"]) + moved == int(closing["balance"])
        [booked] = await billing.rows(
            "SELECT coalesce(sum(credits), 0)::int AS moved FROM ledger_entries "
            "WHERE account = $1 AND created_at >= $2 AND created_at < $3",
            f"user:{user_id}:talkingphoto",
            since,
            until,
        )
        assert moved == booked["moved"]
    account = await billing.account(user_id)
    whole = await get(
        billing,
        user_id,
        "/billing/statement",
        since=began.isoformat(),
        until=(billing.clock.now() + timedelta(days=1)).isoformat(),
    )
    assert int(list(csv.DictReader(io.StringIO(whole.text)))[-1]["balance"]) == account["settled"]
    strangers = await get(billing, ids.uuid7(), "/billing/statement", since="2026-01-01", until="2026-06-01")
    assert len(strangers.text.splitlines()) == 3, "columns, before, after"
    async with billing.client(user_id) as client:
        wrong = await client.get("/api/v1/billing/statement", params={"since": "2026-01-02", "until": "2026-01-01"})
    assert wrong.json()["error"]["code"] == "bad_period"
