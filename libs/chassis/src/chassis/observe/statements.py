"""Database statements, counted and as spans: what was done to which tables and how long it took; never what with.

Through asyncpg's own hook for whoever wants to know of statements, so that no statement passes through code of ours.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

import structlog
from opentelemetry.trace import SpanKind
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis.observe import context, traces
from chassis.observe.metrics import STATEMENT_SECONDS
from chassis.observe.trace_file import STATEMENT

log = structlog.get_logger(__name__)

_PART = re.compile(
    r"\b(?:(?P<write>INSERT INTO|DELETE FROM|(?<!FOR )(?<!DO )(?<!NO KEY )UPDATE)|FROM|JOIN) (?P<table>[a-z_]\w*)",
    re.I,
)
_NO_TABLES = frozenset({"unnest", "lateral", "only"})
_LONGEST = 200


SLOW_S = 1.0
"""A statement that takes longer is told in the log (OBS-09)."""


def watch_statements(engine: AsyncEngine, service: str) -> None:
    """Time each statement on the engine's connections, tell of slow ones, make spans in recorded traces."""
    seconds = STATEMENT_SECONDS.labels(service)

    def time_it(statement: Any) -> None:
        seconds.observe(statement.elapsed)
        if statement.elapsed > SLOW_S:
            log.warning("database.slow", statement=summary_of(statement.query), ms=round(statement.elapsed * 1000))

    @event.listens_for(engine.sync_engine, "connect")
    def listen(connection: Any, _: object) -> None:
        connection.driver_connection.add_query_logger(time_it)
        if traces.recording():
            connection.driver_connection.add_query_logger(_note)


def _note(statement: Any) -> None:
    # asyncpg calls this right after the statement, in the context of the task that ran it.
    parent = context.current().traceparent
    if parent is None or not traces.records(parent):
        return
    ended = time.time_ns()
    summary = summary_of(statement.query)
    span = traces.begin(
        parent,
        summary,
        kind=SpanKind.CLIENT,
        start_ns=ended - int(statement.elapsed * 1e9),
        attributes={
            "db.system.name": "postgresql",
            "db.namespace": statement.conn_params.database,
            STATEMENT: summary,
        },
    )
    if statement.exception is not None:
        traces.failed(span, statement.exception)
    span.end(ended)


@lru_cache(maxsize=1024)
def summary_of(statement: str) -> str:
    """What a statement does to which tables: ``INSERT outbox``; all its writes, or what it reads."""
    text = " ".join(statement.split())
    writes: dict[str, None] = {}
    reads: dict[str, None] = {}
    for found in _PART.finditer(text):
        table = found["table"].lower()
        if found["write"]:
            writes[f"{found['write'].split()[0].upper()} {table}"] = None
        elif table not in _NO_TABLES:
            reads[table] = None
    if writes:
        return " ".join(writes)[:_LONGEST]
    verb = text.partition(" ")[0].rstrip(";").upper() or "?"
    return " ".join(["SELECT" if verb == "WITH" else verb, *reads])[:_LONGEST]
