"""From events to reports: what is kept, what it adds up to, and that nothing leads back to a person."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.facts import months
from analytics.facts.models import KEPT, Pseudonyms
from analytics.figures import repository
from analytics.figures.folding import LogIncomplete, rebuild
from analytics.figures.rules import FIRSTS, MEASURES, fold
from analytics.reports import rules
from chassis.bus.port import ACKNOWLEDGE
from chassis.testing.slices import NOW
from contracts.message import Message
from contracts.users import UserDeletionRequested

PATHS = (
    "report", "dashboard", "scaling-recommendations", "cost-projection", "usage", "funnel", "providers", "cohorts",
    "revenue",
)  # fmt: skip
TODAY = NOW.date()


def test_every_kept_event_has_its_measures_and_nothing_else_has() -> None:
    assert {kind.NAME for kind in KEPT} == MEASURES.keys()
    assert FIRSTS.keys() <= MEASURES.keys()
    for kind, fields in KEPT.items():
        assert set(fields) <= kind.model_fields.keys(), kind.NAME


async def test_a_month_in_figures(analytics: Any, month: list[Message]) -> None:
    await analytics.hear(*month)

    report = await analytics.get("report", hours=24)
    assert report["period"]["hours"] == 24
    assert report["workflows"] == {
        "total": 3, "completed": 2, "failed": 1, "cancelled": 0, "success_rate": "66.7", "average_seconds": 25.0,
        "cost": "5.0000",
    }  # fmt: skip
    assert (report["users"]["new"], report["users"]["active"]) == (3, 3)
    assert [(row["provider"], row["cost"]) for row in report["costs"]] == [
        ("runway_act2", "3.0000"),
        ("veo3", "2.0000"),
    ]
    assert [(row["step"], row["average"]) for row in report["quality"]] == [("enhance", "9.50"), ("generate", "8.00")]
    assert report["quality"][1]["results"]["8"] == 1
    assert [(row["provider"], row["healthy"]) for row in report["services"]] == [("veo3", False)]

    dashboard = await analytics.get("dashboard")
    assert dashboard["summary"]["workflows"] == 3
    assert dashboard["summary"]["ai_cost_today"] == "5.0000"
    assert dashboard["summary"]["revenue"] == [
        {"currency": "INR", "payments": 1, "received": 49900, "refunded": 9900}
    ], "from payments, never from what work cost"
    assert [row["status"] for row in dashboard["recent"]].count("completed") == 2
    assert all(row["run_id"].startswith(row["id"]) for row in dashboard["recent"])

    usage = await analytics.get("usage", since=TODAY, until=TODAY)
    assert usage["active"] == 3
    [day] = usage["items"]
    assert (day["registered"], day["logins"], day["uploads"], day["ordered"]) == (3, 1, 1, 3)
    assert (day["completed"], day["failed"], day["ai_cost"]) == (2, 1, "5.0000")

    funnel = await analytics.get("funnel")
    assert [(row["step"], row["people"], row["of_all"], row["of_previous"]) for row in funnel["items"]] == [
        ("registered", 3, "100.0", "100.0"), ("verified", 2, "66.7", "66.7"), ("uploaded", 1, "33.3", "50.0"),
        ("ordered", 2, "66.7", "200.0"), ("completed", 1, "33.3", "50.0"), ("paid", 1, "33.3", "100.0"),
    ]  # fmt: skip

    providers = {row["provider"]: row for row in (await analytics.get("providers"))["items"]}
    assert providers["veo3"]["average_seconds"] == "12.00"
    assert (providers["veo3"]["average_score"], providers["veo3"]["fallbacks"]) == ("8.00", 1)
    assert providers["runway_act2"]["cost_per_job"] == "3.00"

    assert (await analytics.get("cohorts"))["items"] == [
        {"cohort": "2026-05-01", "month": 0, "people": 3, "of_cohort": "100.0"}
    ]
    revenue = await analytics.get("revenue")
    assert [(row["received"], row["refunded"], row["net"], row["payers"]) for row in revenue["items"]] == [
        (49900, 9900, 40000, 1)
    ]
    assert [(row["subscriptions"], row["monthly"]) for row in revenue["recurring"]] == [(1, 49900)]

    projected = await analytics.get("cost-projection")
    assert projected["measured_cost_per_workflow"] == "1.6667"
    assert (await analytics.get("usage", product_line="pixie", since=TODAY, until=TODAY))["items"][0]["ordered"] == 0


async def test_a_second_delivery_and_a_crash_before_the_ack_count_nothing_twice(
    analytics: Any, month: list[Message]
) -> None:
    deliveries = [analytics.delivery(message) for message in month]
    await analytics.deliver(*deliveries)
    await analytics.fold()
    once = await analytics.figures()
    # The same again: once as one batch, as after a crash between commit and acknowledgement, once mixed with new ones.
    assert set(await analytics.deliver(*deliveries)) == {ACKNOWLEDGE}
    assert set(await analytics.deliver(*deliveries[3:5])) == {ACKNOWLEDGE}
    await analytics.fold()
    await analytics.fold()
    assert await analytics.figures() == once
    assert (await analytics.rows("SELECT count(*) AS facts FROM facts")) == [{"facts": len(month)}]


async def test_made_anew_from_the_log_the_figures_are_the_same(analytics: Any, month: list[Message]) -> None:
    for message in month:
        await analytics.hear(message)
    as_they_grew = await analytics.figures()
    assert await rebuild(analytics.database) == len(month)
    assert await analytics.figures() == as_they_grew
    await analytics.fold()
    assert await analytics.figures() == as_they_grew, "nothing is left to be added after it"


async def test_order_and_portions_make_no_difference(analytics: Any, month: list[Message]) -> None:
    for message in month:
        await analytics.hear(message)
    wanted = await analytics.figures()
    facts = await _facts(analytics)
    for seed in range(6):
        chance = random.Random(seed)
        chance.shuffle(facts)
        cuts = sorted(chance.sample(range(1, len(facts)), 4))
        async with analytics.database.transaction() as tx:
            await repository.clear(tx)
            for start, end in zip([0, *cuts], [*cuts, len(facts)], strict=True):
                await repository.add(tx, fold(facts[start:end]))
        assert await analytics.figures() == wanted, seed


async def test_nothing_of_a_person_is_kept(analytics: Any, month: list[Message]) -> None:
    await analytics.hear(*month)
    kept = str([await analytics.rows("SELECT * FROM facts"), await analytics.figures()])
    people = {str(getattr(message, "user_id", "")) for message in month} - {""}
    for word in (*people, "asha", "Asha", "example.com", "secret", "Firefox", "There is no face", "a" * 16, "b" * 16):
        assert word not in kept, word


async def test_whoever_is_forgotten_leads_to_nothing_and_the_figures_stay(analytics: Any, month: list[Message]) -> None:
    await analytics.hear(*month)
    before = [await analytics.get(path) for path in PATHS]
    person = next(message.user_id for message in month if hasattr(message, "user_id"))
    word = Pseudonyms("local-person-hash-key-for-development").of(person)
    assert await analytics.rows("SELECT FROM facts WHERE person = $1", word)

    again = analytics.delivery(UserDeletionRequested(user_id=person))
    await analytics.deliver(again)
    await analytics.deliver(again)

    kept = str([await analytics.rows("SELECT * FROM facts"), await analytics.figures()])
    assert word not in kept
    assert [await analytics.get(path) for path in PATHS] == before
    grown = await analytics.figures()
    await rebuild(analytics.database)
    assert await analytics.figures() == grown


@pytest.mark.parametrize("path", PATHS)
async def test_only_administrators_read_reports(analytics: Any, month: list[Message], path: str) -> None:
    user = month[0].user_id  # type: ignore[attr-defined]
    async with analytics.client(user) as client:
        assert (await client.get(f"/api/v1/analytics/{path}")).status_code == 403
    async with analytics.client() as client:
        assert (await client.get(f"/api/v1/analytics/{path}")).status_code == 401
    assert await analytics.get(path), "without any figures there is a report, too"


async def test_rows_as_a_file_for_a_spreadsheet(analytics: Any, month: list[Message]) -> None:
    await analytics.hear(*month)
    await analytics.execute("UPDATE days SET key = '=cmd()|image_edit' WHERE measure = 'fallback'")
    async with analytics.client(month[0].user_id) as client:  # type: ignore[attr-defined]
        assert (await client.get("/api/v1/analytics/providers?format=csv")).status_code == 403
    from_json = (await analytics.get("providers"))["items"]
    async with analytics.client(_owner(analytics)) as client:
        answer = await client.get("/api/v1/analytics/providers", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="providers.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["cost"] for row in rows] == [row["cost"] for row in from_json]
    assert "'=cmd()" in [row["provider"] for row in rows], "no formula to a spreadsheet"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"since": "2026-05-02", "until": "2026-05-01"}, "since"),
        ({"since": "2024-01-01", "until": "2026-05-01"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"until": "0001-01-01"}, "until"),
    ],
)
async def test_a_period_that_is_none(analytics: Any, asked: dict[str, str], field: str) -> None:
    async with analytics.client(_owner(analytics)) as client:
        answer = await client.get("/api/v1/analytics/usage", params=asked)
    assert answer.status_code == 422, answer.text
    assert field in answer.text


async def test_months_of_the_log_are_made_ahead_and_removed_whole(analytics: Any, month: list[Message]) -> None:
    async def there() -> list[str]:
        rows = await analytics.rows(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'facts'::regclass ORDER BY 1"
        )
        return [row["name"] for row in rows]

    assert await there() == ["facts_2026_05", "facts_2026_06", "facts_2026_07", "facts_other"]
    await analytics.hear(*month)
    figures = await analytics.figures()
    daily = next(part for part in analytics.service.background if isinstance(part, months.Months))
    analytics.clock.advance(timedelta(days=365))
    await analytics.tell(month[3])
    await daily.round()
    assert "facts_2026_05" in await there(), "13 months are kept"
    analytics.clock.advance(timedelta(days=62))
    await daily.round()
    left = await there()
    assert "facts_2026_05" not in left
    assert {"facts_2027_07", "facts_2027_09", "facts_other"} <= set(left)
    assert "facts_2027_05" not in left, "what came for a month that had no place of its own stays where it is"
    assert await analytics.figures() == figures
    with pytest.raises(LogIncomplete, match="June 2026"):
        await rebuild(analytics.database)
    assert await analytics.figures() == figures


def test_the_formulas_reproduce_their_sources() -> None:
    """ANL-13 to ANL-15, OBS-23."""
    planned = [rules.projection(users, server, Decimal(5), rules.COST_A_RUN) for users, server in rules.SCENARIOS]
    assert [(one.runs, one.ai, one.total) for one in planned] == [
        (2500, 1250, 1250), (10_000, 5000, 10_000), (50_000, 25_000, 50_000),
    ]  # fmt: skip
    alone = [rules.projection(users, None, Decimal(5), rules.COST_A_RUN).ai for users in rules.AI_SCENARIOS]
    assert alone == [1250, 12_500, 125_000]
    assert rules.success_rate(0, 0) == 0
    assert rules.change(3, 2) == Decimal("50.0")
    assert rules.change(3, 0) is None
    due = {one.figure: one.due for one in rules.advice(501, Decimal(10_000), Decimal("50.1"))}
    assert due == {
        "people here at a time": True, "average response": False, "database statement": False, "AI cost": False,
        "growth": True,
    }  # fmt: skip
    assert rules.distribution([(8, 2, Decimal("16.5")), (9, 1, Decimal("9.5"))])[1] == Decimal("8.67")
    assert months.month_after(date(2026, 12, 31), 1) == date(2027, 1, 1)
    assert months.month_after(date(2026, 1, 31), -13) == date(2024, 12, 1)


async def _facts(analytics: Any) -> list[Any]:
    from analytics.facts import repository as log
    from analytics.figures.folding import _BEGINNING

    async with analytics.database.transaction() as tx:
        upto, _ = await log.horizon(tx)
        return await log.page(tx, _BEGINNING, upto, 10_000)


def _owner(analytics: Any) -> Any:
    return analytics.owner
