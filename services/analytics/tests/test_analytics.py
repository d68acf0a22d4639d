"""From events to reports: what is kept, what it adds up to, and that nothing leads back to a person."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from arro3.io import read_parquet
from pydantic import BaseModel

from analytics.facts import handlers, months, service
from analytics.facts import repository as log
from analytics.facts.counted import COUNTED, MEASURES
from analytics.facts.models import WORDS, OtherKey, Pseudonyms
from analytics.figures import repository
from analytics.figures.folding import LogIncomplete, rebuild
from analytics.figures.rules import FIRSTS, fold
from analytics.reports import rules
from analytics.reports.table import file_of
from chassis import ids
from chassis.bus.messages import Received
from chassis.bus.port import ACKNOWLEDGE, Retry
from chassis.data.retention import sweep
from chassis.messaging.consumer import Consumers
from chassis.testing.slices import NOW, Handlers
from contracts.billing import EntitlementsChanged
from contracts.catalogue import MESSAGES
from contracts.enums import Priority
from contracts.envelope import Envelope
from contracts.message import Message
from contracts.users import UserDeletionRequested

PATHS = (
    "report", "dashboard", "scaling-recommendations", "cost-projection", "usage", "funnel", "providers", "cohorts",
    "revenue", "behaviour", "uptime",
)  # fmt: skip
TODAY = NOW.date()
NOBODY = ids.uuid7()
KEY = "local-person-hash-key-for-development"
OTHER = "another-key-of-as-many-characters-1"


def test_every_field_that_is_kept_is_one_and_every_id_has_a_word_instead() -> None:
    assert FIRSTS.keys() <= MEASURES.keys()
    for kind, counted in COUNTED.items():
        assert set(counted.fields) <= kind.model_fields.keys(), kind.NAME
        assert {name for name in counted.fields if name.endswith("_id")} <= WORDS.keys(), kind.NAME


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
    assert len({row["id"] for row in dashboard["recent"]}) == 3
    assert not {row["id"] for row in dashboard["recent"]} & {str(run)[:8] for run in _ids(month, "run_id")}

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
    ids = set().union(*(_ids(month, name) for name in ("user_id", *WORDS)))
    for word in (
        *map(str, ids),
        "asha",
        "Asha",
        "example.com",
        "secret",
        "Firefox",
        "There is no face",
        "a" * 16,
        "b" * 16,
    ):
        assert word not in kept, word


async def test_whoever_is_forgotten_leads_to_nothing_and_the_figures_stay(analytics: Any, month: list[Message]) -> None:
    await analytics.hear(*month)
    before = [await analytics.get(path) for path in PATHS]
    person = next(message.user_id for message in month if hasattr(message, "user_id"))
    word = Pseudonyms(KEY).of(person)
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


async def test_what_comes_after_somebody_was_forgotten_is_nobodys(analytics: Any, month: list[Message]) -> None:
    """Events are on their way for a while, also those of the erasure itself."""
    person = next(message.user_id for message in month if hasattr(message, "user_id"))
    plan = EntitlementsChanged(
        user_id=person,
        product_line="talkingphoto",
        plan="pro",
        limits={},
        features={},
        priority=Priority.LOW,
        run_budget=Decimal(1),
        credits_available=1,
        version=1,
    )
    early, late = [*month[:12], plan], [*month[12:], plan.model_copy(update={"version": 2})]
    await analytics.hear(*early)
    assert (await analytics.get("report"))["users"]["by_plan"]
    await analytics.tell(UserDeletionRequested(user_id=person))
    await analytics.hear(*late)

    word = Pseudonyms(KEY).of(person)
    assert word not in str([await analytics.rows("SELECT * FROM facts"), await analytics.figures()])
    report = await analytics.get("report")
    assert report["users"]["by_plan"] == [], "they have no plan any more"
    assert (report["workflows"]["total"], report["workflows"]["completed"]) == (3, 2)
    assert (await analytics.get("revenue"))["items"][0]["received"] == 49900
    grown = await analytics.figures()
    await rebuild(analytics.database)
    assert await analytics.figures() == grown
    assert [row["person"] for row in await analytics.rows("SELECT person FROM forgotten")] == [word]
    for days, left in ((29, 1), (31, 0)):
        long_ago = analytics.clock.machine() - timedelta(days=days)
        await analytics.execute("UPDATE forgotten SET forgotten_at = $1", long_ago)
        for kept in analytics.service.retention:
            await sweep(analytics.database, kept, batch=100)
        assert len(await analytics.rows("SELECT FROM forgotten")) == left


@pytest.mark.parametrize("other", ["keeping", "folding", "making anew"])
async def test_forgetting_waits_for_who_is_at_it_and_they_for_it(
    analytics: Any, month: list[Message], other: str
) -> None:
    """Whichever of the two is first: nothing leads to the person when both have ended."""
    person = next(message.user_id for message in month if hasattr(message, "user_id"))
    pseudonyms = Pseudonyms(KEY)
    received = [_received(analytics.delivery(message)) for message in month]
    await analytics.hear(*month[:8])
    if other != "keeping":
        await analytics.tell(*month[8:])

    async def at_it(tx: Any) -> None:
        if other == "keeping":
            await service.keep(received[8:], pseudonyms, tx)
        elif other == "folding":
            await repository.add(tx, fold(await log.take_new(tx, 1000)))
        else:
            await log.for_folding(tx)

    async def forget(begun: asyncio.Event) -> None:
        async with analytics.database.transaction() as tx:
            begun.set()
            await service.forget(person, pseudonyms, tx)

    begun = asyncio.Event()
    async with analytics.database.transaction() as tx:
        await at_it(tx)
        forgetting = asyncio.create_task(forget(begun))
        await begun.wait()
        await wait_until_waiting(analytics)
        assert not forgetting.done()
    await forgetting
    await analytics.fold()
    kept = [await analytics.rows("SELECT * FROM facts"), await analytics.figures()]
    assert pseudonyms.of(person) not in str(kept)
    assert len(kept[0]) == len(month)  # type: ignore[arg-type]


async def test_keeping_and_adding_up_do_not_wait_for_each_other(analytics: Any, month: list[Message]) -> None:
    await analytics.hear(month[0])
    async with analytics.database.transaction() as tx:
        await log.for_folding(tx)
        async with asyncio.timeout(30):
            await analytics.tell(*month[1:])
    assert len(await analytics.rows("SELECT FROM facts WHERE NOT folded")) == len(month) - 1


async def test_what_the_release_before_wrote_during_a_rollout_is_added_up(analytics: Any, month: list[Message]) -> None:
    await analytics.tell(*month)
    wanted = (await analytics.rows("SELECT count(*) AS facts FROM facts WHERE body ? 'run'"))[0]["facts"]
    for name, word in WORDS.items():
        await analytics.execute(
            f"UPDATE facts SET body = body - '{word}' || jsonb_build_object('{name}', body -> '{word}') "  # noqa: S608
            f"WHERE body ? '{word}'"
        )
    assert len(await analytics.rows("SELECT FROM facts WHERE body ? 'run_id'")) == wanted
    await analytics.fold()
    analytics.clock.advance(timedelta(seconds=1))
    assert (await analytics.get("report"))["workflows"]["completed"] == 2
    assert (await analytics.get("revenue"))["items"][0]["received"] == 49900


async def test_another_key_waits_until_every_word_is_under_it(analytics: Any, month: list[Message]) -> None:
    """A rotation loses nothing and splits nobody in two: what is told meanwhile waits."""
    before, after = month[:14], month[14:]
    await analytics.hear(*before)
    reports = [await analytics.get(path) for path in ("usage", "funnel", "revenue")]
    new = Pseudonyms(f"{OTHER},{KEY}")
    assert len({one.of(NOBODY) for one in (Pseudonyms(KEY), Pseudonyms(OTHER), new)}) == 3

    async def with_key(pseudonyms: Pseudonyms, *messages: Message) -> None:
        consumers = Consumers("analytics")
        handlers.subscribe(consumers, pseudonyms)
        bus = Handlers()
        consumers.attach(bus, analytics.database)  # type: ignore[arg-type]
        verdicts = await bus.by_queue["analytics.facts"]([analytics.delivery(message) for message in messages])
        assert [type(one) for one in verdicts] == [type(verdicts[0])] * len(messages)
        if isinstance(verdicts[0], Retry):
            assert not verdicts[0].counted, "it is not the message's fault, however long it takes"
            raise OtherKey
        await analytics.fold()
        analytics.clock.advance(timedelta(seconds=1))

    with pytest.raises(OtherKey):
        await with_key(new, *after)
    with pytest.raises(OtherKey, match="every key"):
        async with analytics.database.transaction() as tx:
            await service.rekey(Pseudonyms(OTHER), tx)
    async with analytics.database.transaction() as tx:
        assert await service.rekey(new, tx) == 1
    async with analytics.database.transaction() as tx:
        assert await service.rekey(new, tx) == 0, "repeating it is harmless"
    with pytest.raises(OtherKey):
        await with_key(Pseudonyms(KEY), *after)
    assert [await analytics.get(path) for path in ("usage", "funnel", "revenue")] == reports
    await with_key(new, *after)
    words = {row["person"] for row in await analytics.rows("SELECT person FROM people")}
    assert words == {new.of(person) for person in _ids(month, "user_id")}
    runs = {row["run"] for row in await analytics.rows("SELECT run FROM runs")}
    assert runs == {new.of_id(run) for run in _ids(month, "run_id")}
    grown = await analytics.figures()
    await rebuild(analytics.database)
    assert await analytics.figures() == grown
    assert (await analytics.get("report"))["workflows"]["completed"] == 2


@pytest.mark.parametrize(
    "query", ["SELECT FROM people WHERE seen_at >= now()", "SELECT FROM facts WHERE type = 'x' AND at >= now()"]
)
async def test_reports_of_hours_read_by_an_index(analytics: Any, query: str) -> None:
    async with analytics.database.transaction() as tx:
        await tx.execute("SET LOCAL enable_seqscan = off")
        plan = str([dict(row) for row in await tx.fetch(f"EXPLAIN {query}")])
    assert "Seq Scan" not in plan, plan


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


@pytest.mark.parametrize("path", ["usage", "funnel", "providers", "cohorts", "revenue", "behaviour", "uptime"])
async def test_rows_as_a_file_with_their_types(analytics: Any, month: list[Message], path: str) -> None:
    async def file(**params: str) -> Any:
        async with analytics.client(_owner(analytics)) as client:
            answer = await client.get(f"/api/v1/analytics/{path}", params={"format": "parquet", **params})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/vnd.apache.parquet"
        assert answer.headers["content-disposition"] == f'attachment; filename="{path}.parquet"'
        return read_parquet(io.BytesIO(answer.content)).read_all()

    empty = await file()
    await analytics.hear(*month)
    table = await file()
    assert str(table.schema) == str(empty.schema), "the types are the fields', not the rows'"
    rows = (await analytics.get(path))["items"]
    names = list(table.column_names)
    columns = [[value.as_py() for value in table.column(name)] for name in names]
    found = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    assert len(found) == len(rows)
    for kept, said in zip(found, rows, strict=True):
        for name, value in said.items():
            assert _same(kept[name], value), (name, kept[name], value)


def _same(kept: Any, said: Any) -> bool:
    if isinstance(kept, Decimal):
        return kept == Decimal(said)
    return str(kept) == str(said) if isinstance(kept, date) else bool(kept == said)


def test_a_parquet_file_has_days_and_amounts_and_not_their_texts() -> None:
    rows = [_Row(day=date(2026, 5, 1), cost=Decimal("1.5"), share=None, at=NOW, name="=x", number=3)]
    read = read_parquet(io.BytesIO(file_of("parquet", "x", _Row, rows).body)).read_all()
    types = {name: str(read.schema.field(name).type) for name in read.column_names}
    assert [kind in types[name] for name, kind in _TYPES.items()] == [True] * 6, types
    values = {name: read.column(name)[0].as_py() for name in read.column_names}
    assert values == {"day": rows[0].day, "cost": rows[0].cost, "share": None, "at": NOW, "name": "=x", "number": 3}


class _Row(BaseModel):
    day: date
    cost: Decimal
    share: Decimal | None
    at: datetime
    name: str
    number: int


_TYPES = {
    "day": "Date32", "cost": "Decimal128(20, 4)", "share": "Decimal128(20, 4)", "at": "Timestamp", "name": "Utf8",
    "number": "Int64",
}  # fmt: skip


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
    assert await analytics.rows("SELECT FROM facts_other")
    analytics.clock.advance(timedelta(days=14 * 31))
    await daily.round()
    assert await analytics.rows("SELECT FROM facts_other") == [], "until that month is as old"
    assert await analytics.figures() == figures
    with pytest.raises(LogIncomplete, match="August 2027"):
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


async def wait_until_waiting(analytics: Any) -> None:
    """Until somebody waits for a lock."""
    async with asyncio.timeout(10):
        while not await analytics.rows(
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.02)


def _received(delivery: Any) -> Received[Any]:
    envelope = Envelope.from_headers(delivery.headers, read_id=ids.read)
    return Received(MESSAGES[envelope.type].model_validate_json(delivery.body), envelope, 1)


async def _facts(analytics: Any) -> list[Any]:
    from analytics.figures.folding import _BEGINNING

    async with analytics.database.transaction() as tx:
        return await log.page(tx, _BEGINNING, 10_000)


def _ids(month: list[Message], name: str) -> set[Any]:
    return {getattr(message, name, None) for message in month} - {None}


def _owner(analytics: Any) -> Any:
    return analytics.owner
