"""SQL for runs. The hot path takes two statements a batch: lock and read, then everything written with the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from chassis.clock import since, tick
from chassis.data.database import Transaction
from contracts.enums import Status
from workflow.accounts.entitlement import Entitlement, entitlement_of_row
from workflow.engine.advance import Entry
from workflow.engine.signals import dump_signal
from workflow.engine.state import Brief, RunState, dump_state
from workflow.paces.models import Pace, Paces
from workflow.platforms.limits import Limit
from workflow.prices.models import Price
from workflow.products.product import Ahead
from workflow.runs.models import Row
from workflow.settings import Settings

COLUMNS = """
id, user_id, product_line, workflow_type, definition, version, created_at, input, state::text AS state, wake_at,
correlation_id, traceparent, parked_reason, file_id, title, description, status, progress, estimated_cost, lane,
finished_at, cleaned_at, updated_at, began, seconds, parent_id
"""

# Rows are locked in the order of their ids by whoever locks several, so that two batches cannot wait for each other.
_LOCK = f"""
SELECT {COLUMNS}, EXISTS (SELECT FROM runs WHERE status = 'pending') AS others_wait
FROM runs WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""  # noqa: S608

_LOCK_DUE = f"""
SELECT {COLUMNS} FROM runs WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""  # noqa: S608

_ADMISSION_LOCK = 5_710_394_820_114_507
# In a lane users take turns: whoever has the fewest places comes first, and of those whoever has waited longest.
# ``nth`` is how many places its owner would have with this run and all of the owner's that come before it.
PLACES = """
WITH taken AS (
    SELECT user_id, count(*) AS places FROM runs WHERE status = 'processing' AND NOT rests GROUP BY user_id
), room AS (
    SELECT greatest(0, $1 - coalesce(sum(places), 0))::bigint AS places FROM taken
), waiting AS (
    SELECT id, lane, created_at, user_id, coalesce(taken.places, 0) + row_number() OVER (
        PARTITION BY user_id ORDER BY lane, created_at, id
    ) AS nth
    FROM runs LEFT JOIN taken USING (user_id) WHERE status = 'pending'
)
"""
_LOCK_WAITING = f"""
{PLACES}, next AS (
    SELECT id, row_number() OVER (ORDER BY lane, nth, created_at, id) AS turn FROM waiting WHERE nth <= $2
)
SELECT {COLUMNS} FROM runs JOIN next USING (id) WHERE turn <= (SELECT places FROM room)
ORDER BY turn FOR UPDATE OF runs SKIP LOCKED
"""  # noqa: S608
_HAS_PLACE = f"""
{PLACES}, mine AS (
    SELECT 1 + coalesce((SELECT places FROM taken WHERE user_id = $3), 0) + (
        SELECT count(*) FROM waiting WHERE user_id = $3 AND (lane, created_at) <= ($4::smallint, $5::timestamptz)
    ) AS nth
)
SELECT nth <= $2 AND (SELECT places FROM room) > (
    SELECT count(*) FROM waiting WHERE waiting.nth <= $2
    AND (lane, waiting.nth, created_at) <= ($4::smallint, mine.nth, $5::timestamptz)
) AS found FROM mine
"""  # noqa: S608

_WRITE = """
UPDATE runs SET state = c.state, status = c.status, progress = c.progress, wake_at = c.wake_at,
    finished_at = c.finished_at, began = c.began, seconds = c.seconds, rests = c.rests, updated_at = $10
FROM unnest($1::uuid[], $2::json[], $3::text[], $4::smallint[], $5::timestamptz[], $6::timestamptz[], $7::text[],
            $8::float8[], $9::boolean[])
    AS c (id, state, status, progress, wake_at, finished_at, began, seconds, rests)
WHERE runs.id = c.id
"""

_TELL = """
INSERT INTO run_history (run_id, number, at, signal, decision)
SELECT * FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::json[], $5::json[])
"""

_CREATE = """
INSERT INTO runs (
    id, user_id, product_line, workflow_type, definition, version, created_at, file_id, title, description, input,
    target_duration, estimated_cost, estimated_seconds, lane, correlation_id, traceparent, status, progress,
    state, wake_at, parent_id, updated_at, began
)
SELECT *, $23::timestamptz, $24::text FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::timestamptz[], $8::uuid[],
    $9::text[], $10::text[], $11::jsonb[], $12::integer[], $13::numeric[], $14::real[], $15::smallint[], $16::text[],
    $17::text[], $18::text[], $19::smallint[], $20::json[], $21::timestamptz[],
    $22::uuid[]
)
"""

_BEFORE_CREATE = """
SELECT
    (SELECT to_jsonb(f) FROM (
        SELECT id, prepared, width, height, scan_status, kind, findings, storage_backend FROM files
        WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL AND (expires_at IS NULL OR expires_at > $4)
    ) AS f) AS file,
    (SELECT is_active FROM users WHERE user_id = $2) AS is_active,
    (SELECT email_verified FROM users WHERE user_id = $2) AS email_verified,
    (SELECT to_jsonb(e) FROM entitlements AS e WHERE user_id = $2 AND product_line = $3) AS entitlement,
    (SELECT coalesce(array_agg(estimated_seconds * (1 - progress / 100.0)), '{}')::float8[] FROM runs
        WHERE status = 'processing') AS left_s,
    (SELECT coalesce(sum(estimated_seconds), 0)::float8 FROM runs WHERE status = 'pending') AS waiting_s,
    (SELECT jsonb_object_agg(definition || '/' || step, jsonb_build_array(pace, cost)) FROM (
        SELECT DISTINCT ON (definition, step) definition, step, pace, cost FROM paces
        ORDER BY definition, step, plan IS NOT DISTINCT FROM (
            SELECT plan FROM entitlements WHERE user_id = $2 AND product_line = $3
        ) DESC, seen_at DESC
    ) AS newest) AS paces,
    (SELECT jsonb_object_agg(platform, to_jsonb(l)) FROM platform_limits AS l) AS limits,
    (SELECT jsonb_object_agg(capability, jsonb_build_array(least_cost::text, unit, per_unit::text))
        FROM capability_prices) AS prices
"""


@dataclass(frozen=True, slots=True)
class Places:
    """How many runs are made at once: of ``all`` users together, and of ``each`` (WFL-35)."""

    all: int
    each: int


@dataclass(frozen=True, slots=True)
class Change:
    """A run after a batch: its new state and what is to be added to its history."""

    row: Row
    begins: bool
    """It is begun by this, for the first time or again."""
    state: RunState
    entries: Sequence[Entry]
    wake_at: datetime | None
    rests: bool = False
    """Nothing is done for it until its owner has decided, so that it needs no place."""


_ITS_PROJECTS = """
SELECT FROM projects WHERE id IN (SELECT project_id FROM project_runs WHERE run_id = $1) ORDER BY id FOR UPDATE
"""
_BESIDE = """
SELECT r.id FROM project_runs AS mine JOIN project_runs AS other USING (project_id)
JOIN runs AS r ON r.id = other.run_id
WHERE mine.run_id = $1 AND other.run_id <> $1 AND r.status IN ('pending', 'processing') LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a run is created."""

    file: dict[str, Any] | None
    is_active: bool | None
    email_verified: bool
    entitlement: Entitlement | None
    ahead: Ahead
    paces: Mapping[str, Pace]
    """By definition and step: with whom the plan had it done last."""
    limits: Mapping[str, Limit]
    """Of platforms, by their name."""
    prices: Mapping[str, Price]
    """What capabilities cost at least, by their name."""

    def paces_of(self, definition: str) -> Paces:
        """The paces of a definition's steps, by their name."""
        prefix = f"{definition}/"
        return {name.removeprefix(prefix): pace for name, pace in self.paces.items() if name.startswith(prefix)}


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be created, as its first signals leave it."""

    brief: Brief
    file_id: UUID | None
    title: str | None
    description: str | None
    target_duration: int | None
    estimated_cost: Decimal
    estimated_seconds: float
    lane: int
    correlation_id: str | None
    traceparent: str | None
    state: RunState
    entries: Sequence[Entry]
    wake_at: datetime | None
    parent_id: UUID | None = None


def places(settings: Settings) -> Places:
    """How many runs are made at once."""
    return Places(settings.max_processing, settings.max_processing_per_user)


async def beside(tx: Transaction, run_id: UUID) -> bool:
    """Whether another run of one of a run's projects has not ended. Until the commit none is begun there."""
    await tx.execute(_ITS_PROJECTS, run_id)
    return await tx.fetchrow(_BESIDE, run_id) is not None


async def before_create(tx: Transaction, file_id: UUID | None, user_id: UUID, product_line: str) -> Known:
    """Everything that decides whether a run may be created, in one statement."""
    record = await tx.fetchrow(_BEFORE_CREATE, file_id, user_id, product_line, tx.now)
    assert record is not None  # noqa: S101  a SELECT without FROM has one row
    entitlement = record["entitlement"]
    return Known(
        file=record["file"],
        is_active=record["is_active"],
        email_verified=bool(record["email_verified"]),
        entitlement=entitlement_of_row(entitlement) if entitlement is not None else None,
        ahead=Ahead(record["left_s"], record["waiting_s"]),
        paces={key: Pace(pace, cost) for key, (pace, cost) in (record["paces"] or {}).items()},
        limits={
            platform: Limit(limit["display_name"], limit["longest_s"])
            for platform, limit in (record["limits"] or {}).items()
        },
        prices={
            capability: Price(Decimal(least), unit, Decimal(per_unit))
            for capability, (least, unit, per_unit) in (record["prices"] or {}).items()
        },
    )


def create(tx: Transaction, new: Sequence[NewRun]) -> None:
    """Store new runs with their first history, with the commit."""
    rows = [_new_row(run) for run in new]
    tx.later(_CREATE, *(list(column) for column in zip(*rows, strict=True)), tx.now, tick())
    _tell(tx, [(run.brief.id, entry) for run in new for entry in run.entries])


def _new_row(new: NewRun) -> tuple[Any, ...]:
    brief, state = new.brief, new.state
    return (
        brief.id,
        brief.user_id,
        brief.product_line,
        brief.workflow_type,
        brief.definition,
        brief.version,
        brief.created_at,
        new.file_id,
        new.title,
        new.description,
        orjson.dumps(brief.input).decode(),
        new.target_duration,
        new.estimated_cost,
        new.estimated_seconds,
        new.lane,
        new.correlation_id,
        new.traceparent,
        state.phase.status.value,
        state.progress,
        dump_state(state),
        new.wake_at,
        new.parent_id,
    )


async def lock(tx: Transaction, run_ids: Sequence[UUID]) -> list[Row]:
    """Lock and read runs, in the order of their ids; unknown ids are left out."""
    return [row_of(record) for record in await tx.fetch(_LOCK, list(run_ids))]


async def lock_due(tx: Transaction, limit: int) -> list[Row]:
    """Lock and read runs whose time has come and that nobody else works on."""
    return [row_of(record) for record in await tx.fetch(_LOCK_DUE, tx.now, limit)]


async def lock_waiting(tx: Transaction, places: Places) -> list[Row]:
    """Lock and read the waiting runs that there is room for, the first of the highest lane first.

    Whoever gives places away holds one lock until the commit, so that nobody gives the same one away.
    """
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _ADMISSION_LOCK)
    return [row_of(record) for record in await tx.fetch(_LOCK_WAITING, places.all, places.each)]


async def take_place(tx: Transaction, places: Places, user_id: UUID, lane: int, since: datetime) -> bool:
    """Whether there is room for a run that has waited ``since`` then, and nobody with a better right to it waits.

    The place is kept for this transaction. See :func:`lock_waiting`.
    """
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _ADMISSION_LOCK)
    record = await tx.fetchrow(_HAS_PLACE, places.all, places.each, user_id, lane, since)
    return record is not None and bool(record["found"])


def write(tx: Transaction, changes: Sequence[Change]) -> None:
    """Store every change with its history, with the commit."""
    began = [tick() if change.begins else change.row.began for change in changes]
    tx.later(
        _WRITE,
        [change.row.brief.id for change in changes],
        [dump_state(change.state) for change in changes],
        [change.state.phase.status.value for change in changes],
        [change.state.progress for change in changes],
        [change.wake_at for change in changes],
        [change.state.finished_at for change in changes],
        began,
        [
            since(start) if start is not None and change.state.finished_at is not None else None
            for start, change in zip(began, changes, strict=True)
        ],
        [change.rests for change in changes],
        tx.now,
    )
    _tell(tx, [(change.row.brief.id, entry) for change in changes for entry in change.entries])


def _tell(tx: Transaction, entries: Sequence[tuple[UUID, Entry]]) -> None:
    if entries:
        tx.later(
            _TELL,
            [run_id for run_id, _ in entries],
            [entry.number for _, entry in entries],
            [entry.at for _, entry in entries],
            [dump_signal(entry.signal) for _, entry in entries],
            [_decision(entry) for _, entry in entries],
        )


async def park(tx: Transaction, run_id: UUID, reason: str) -> None:
    """Take a run out of circulation as it is; others go on."""
    await tx.execute(
        "UPDATE runs SET status = 'failed', parked_reason = $2, wake_at = NULL, finished_at = $3, updated_at = $3 "
        "WHERE id = $1",
        run_id,
        reason[:2000],
        tx.now,
    )


async def release(tx: Transaction, run_id: UUID, status: Status) -> None:
    """Put a parked run back into circulation."""
    await tx.execute("UPDATE runs SET status = $2, parked_reason = NULL WHERE id = $1", run_id, status.value)


def row_of(record: asyncpg.Record) -> Row:
    """A record with all columns of a run."""
    return Row(
        brief=Brief(
            id=record["id"],
            user_id=record["user_id"],
            product_line=record["product_line"],
            workflow_type=record["workflow_type"],
            definition=record["definition"],
            version=record["version"],
            created_at=record["created_at"],
            input=record["input"],
        ),
        state=record["state"],
        wake_at=record["wake_at"],
        correlation_id=record["correlation_id"],
        traceparent=record["traceparent"],
        parked_reason=record["parked_reason"],
        file_id=record["file_id"],
        title=record["title"],
        description=record["description"],
        status=record["status"],
        progress=record["progress"],
        estimated_cost=record["estimated_cost"],
        lane=record["lane"],
        finished_at=record["finished_at"],
        cleaned_at=record["cleaned_at"],
        updated_at=record["updated_at"],
        began=record["began"],
        seconds=record["seconds"],
        parent_id=record["parent_id"],
        others_wait=record.get("others_wait", False),
    )


def _decision(entry: Entry) -> str:
    return orjson.dumps({"phase": entry.phase.value, "commands": entry.commands, "events": entry.events}).decode()


async def somebody_waits(connection: asyncpg.Connection) -> bool:
    """Whether runs wait for room."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM runs WHERE status = 'pending')"))
