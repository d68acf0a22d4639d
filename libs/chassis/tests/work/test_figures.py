"""Gauges that are read from the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Gauge

from chassis.data.database import Database
from chassis.observe.metrics import REGISTRY
from chassis.work.figures import SELDOM, Figure, Figures

NewService = Callable[..., Awaitable[Database]]


async def test_what_is_not_in_the_rows_any_more_is_not_shown_any_more(new_service: NewService) -> None:
    database = await new_service("billing")
    shown = CollectorRegistry()
    many = Gauge("many", "", ("state",), registry=shown)
    sizes = Gauge("sizes", "", ("state",), registry=shown)
    alone = Gauge("alone", "", registry=shown)
    figures = Figures(
        database,
        (
            Figure((many, sizes), "SELECT left(name, 1), count(*), sum(length(name)) FROM effects GROUP BY 1"),
            Figure((alone,), "SELECT count(*) FROM effects"),
        ),
    )

    await _have(database, "ab", "abc", "b")
    await figures.round()
    assert [shown.get_sample_value(name, {"state": "a"}) for name in ("many", "sizes")] == [2, 5]
    assert shown.get_sample_value("many", {"state": "b"}) == 1
    assert shown.get_sample_value("alone") == 3

    async with database.connection() as connection:
        await connection.execute("DELETE FROM effects WHERE name LIKE 'a%'")
    await figures.round()
    assert shown.get_sample_value("many", {"state": "a"}) is None
    assert shown.get_sample_value("many", {"state": "b"}) == 1
    assert shown.get_sample_value("alone") == 1


async def test_whole_tables_are_looked_through_seldom(new_service: NewService) -> None:
    database = await new_service("billing")
    shown = CollectorRegistry()
    often, seldom = Gauge("often", "", registry=shown), Gauge("seldom", "", registry=shown)
    query = "SELECT count(*) FROM effects"
    figures = Figures(database, (Figure((often,), query), Figure((seldom,), query, seldom=True)))
    await figures.round()
    await _have(database, "one")
    read = []
    for _ in range(SELDOM):
        await figures.round()
        read.append((shown.get_sample_value("often"), shown.get_sample_value("seldom")))
    assert read == [(1, 0)] * (SELDOM - 1) + [(1, 1)]


async def test_every_service_shows_the_work_that_nobody_has_taken_up(new_service: NewService) -> None:
    database = await new_service("export")
    figures = Figures(database)
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO work (id, kind, payload, run_after, lease_until) VALUES "
            "(gen_random_uuid(), 'export.kit', '{}', now() - interval '90 s', NULL), "
            "(gen_random_uuid(), 'export.kit', '{}', now() - interval '10 s', now() - interval '1 s'), "
            "(gen_random_uuid(), 'export.kit', '{}', now() - interval '300 s', now() + interval '60 s'), "
            "(gen_random_uuid(), 'export.kit', '{}', now() + interval '60 s', NULL)"
        )
    await figures.round()
    labels = {"service": "export", "kind": "export.kit"}
    assert REGISTRY.get_sample_value("work_waiting", labels) == 2
    assert 90 <= (REGISTRY.get_sample_value("work_oldest_seconds", labels) or 0) < 120


async def _have(database: Database, *names: str) -> None:
    async with database.connection() as connection:
        await connection.executemany("INSERT INTO effects VALUES ($1)", [(name,) for name in names])
