"""Statements as spans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chassis.data.database import Database
from chassis.messaging.consumer import wait_until
from chassis.observe import statements, traces
from chassis.observe.metrics import REGISTRY
from chassis.observe.statements import summary_of

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = SAMPLED[:-1] + "0"


@pytest.mark.parametrize(
    ("statement", "summary"),
    [
        ("BEGIN;", "BEGIN"),
        ("SELECT id FROM runs WHERE id = ANY($1) ORDER BY id FOR UPDATE", "SELECT runs"),
        ("SELECT * FROM a JOIN b ON true FOR UPDATE SKIP LOCKED", "SELECT a b"),
        ("insert into effects values ($1)", "INSERT effects"),
        (
            "WITH x AS (UPDATE runs SET a = 1), y AS (INSERT INTO outbox SELECT * FROM unnest($1::uuid[])) SELECT 1",
            "UPDATE runs INSERT outbox",
        ),
        ("INSERT INTO keys VALUES (1) ON CONFLICT DO UPDATE SET a = 2", "INSERT keys"),
        ("DELETE\n  FROM work USING unnest($1::uuid[])", "DELETE work"),
        ("SELECT 'a script that says: from me'", "SELECT me"),
        ("", "?"),
    ],
)
def test_a_statement_is_named_by_what_it_does_to_which_tables(statement: str, summary: str) -> None:
    assert summary_of(statement) == summary


async def test_every_statement_is_timed_and_a_slow_one_told_without_what_it_was_given(
    new_service: Callable[..., Awaitable[Database]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SLOW_S", 0.05)
    database = await new_service("billing")

    def timed() -> float:
        return REGISTRY.get_sample_value("database_statement_seconds_count", {"service": "billing"}) or 0.0

    async with database.connection() as connection:
        before = timed()
        with structlog.testing.capture_logs() as lines:
            await connection.fetch("SELECT count(*) FROM effects WHERE name = $1", "a secret")
            await connection.fetch("SELECT count(*), pg_sleep(0.06) FROM effects WHERE name = $1", "a secret")
            # The driver tells of a statement in the loop's next turn.
            await wait_until(lambda: timed() - before == 2, timeout_s=5)
    [line] = [line for line in lines if line["event"] == "database.slow"]
    assert line["statement"] == "SELECT effects"
    assert line["ms"] >= 60
    assert "secret" not in str(line)


async def test_statements_of_a_recorded_trace_are_spans_and_others_are_none(
    spans: InMemorySpanExporter, new_service: Callable[..., Awaitable[Database]]
) -> None:
    database = await new_service("billing")
    with traces.start_span_from(UNSAMPLED, "work"):
        async with database.connection() as connection:
            await connection.fetchval("SELECT count(*) FROM effects")
    assert spans.get_finished_spans() == ()

    with traces.start_span_from(SAMPLED, "work"):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO effects VALUES ($1)", "a secret")
        with pytest.raises(asyncpg.UndefinedTableError):
            async with database.connection() as connection:
                await connection.fetch("SELECT * FROM nowhere")

    found = spans.get_finished_spans()
    work = next(span for span in found if span.name == "work")
    statements = [span for span in found if span.kind is SpanKind.CLIENT]
    assert work.context is not None
    assert [span.name for span in statements] == ["BEGIN", "INSERT effects", "COMMIT", "SELECT nowhere"]
    assert {span.parent.span_id for span in statements if span.parent} == {work.context.span_id}
    assert [span.status.status_code for span in statements][2:] == [StatusCode.UNSET, StatusCode.ERROR]
    assert "secret" not in "".join(span.to_json() for span in found)
