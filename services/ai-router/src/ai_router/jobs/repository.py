"""All SQL about jobs and calls. One statement a batch where many jobs move at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from ai_router.jobs.models import WORK, CacheEntry, Call, Ending
from chassis import ids
from chassis.data.database import Transaction
from chassis.encoding import as_json
from contracts.ai_router import JobFailed, SubmitJob

_CALL_COLUMNS = (
    "id, job_id, provider, capability, attempt, paid, started_at, estimated_cost, state, vendor_job_id, duration_ms, "
    "failure, error, units, cost, from_s, to_s, clip, discarded"
)


_ADD_JOBS = """
INSERT INTO ai_jobs (id, user_id, product_line, workflow_id, job_type, input_data, deadline, created_at)
SELECT *, $8::timestamptz
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::timestamptz[])
ON CONFLICT (id) DO NOTHING RETURNING id
"""

NEW_JOBS = "new_jobs"
"""What :func:`queue_jobs` calls the jobs that were new."""


async def add_jobs(tx: Transaction, commands: Sequence[SubmitJob]) -> set[UUID]:
    """Store new jobs; returns the ids of those that were new."""
    return {row["id"] for row in await tx.fetch(_ADD_JOBS, *_job_columns(commands), tx.now)}


def queue_jobs(tx: Transaction, commands: Sequence[SubmitJob]) -> None:
    """Store new jobs with the commit; work may be added for :data:`NEW_JOBS`."""
    if commands:
        tx.later(_ADD_JOBS, *_job_columns(commands), tx.now, name=NEW_JOBS)


_RENEW = """
UPDATE ai_jobs SET deadline = asked.deadline
FROM unnest($1::uuid[], $2::timestamptz[]) AS asked (id, deadline)
WHERE ai_jobs.id = asked.id AND ai_jobs.deadline < asked.deadline AND ai_jobs.status IN ('pending', 'processing')
"""


def renew(tx: Transaction, commands: Sequence[SubmitJob]) -> None:
    """Let jobs that are known, and have not ended, wait as long as their repeated commands say. With the commit."""
    if commands:
        tx.later(_RENEW, [command.job_id for command in commands], [command.deadline for command in commands])


def _job_columns(commands: Sequence[SubmitJob]) -> list[list[Any]]:
    return [
        [command.job_id for command in commands],
        [command.user_id for command in commands],
        [command.product_line for command in commands],
        [command.run_id for command in commands],
        [command.capability.value for command in commands],
        [command_as_json(command) for command in commands],
        [command.deadline for command in commands],
    ]


def command_as_json(command: SubmitJob) -> str:
    """What ``input_data`` holds of a command: what has no column of its own."""
    return command.model_dump_json(exclude={"job_id", "user_id", "product_line", "run_id", "capability", "deadline"})


JOB_OF_WORK = """
work.payload || (
    SELECT jsonb_build_object('command', input_data || jsonb_build_object(
        'job_id', job.id, 'user_id', user_id, 'product_line', product_line, 'run_id', workflow_id,
        'capability', job_type, 'deadline', deadline
    ), 'credits', CASE WHEN hold IS NOT NULL THEN credits END, 'speaks_for', speaks_for)
    FROM ai_jobs AS job WHERE job.id = work.id
)
"""
"""The payload of a job's work with the command it came from, and what is held for it."""


async def add_cancelled(tx: Transaction, job_id: UUID, run_id: UUID | None, user_id: UUID | None) -> bool:
    """Remember that a job not heard of yet is not wanted. False when the job exists."""
    row = await tx.fetchrow(
        "INSERT INTO ai_jobs (id, workflow_id, user_id, status, completed_at) VALUES ($1, $2, $3, 'cancelled', $4) "
        "ON CONFLICT (id) DO NOTHING RETURNING id",
        job_id,
        run_id,
        user_id,
        tx.now,
    )
    return row is not None


async def cancel(tx: Transaction, job_id: UUID) -> asyncpg.Record | None:
    """Mark an open job as cancelled and remove its work. None when it has ended or is not known."""
    row = await tx.fetchrow(
        "UPDATE ai_jobs SET status = 'cancelled', completed_at = $2, updated_at = $2, "
        "hold = CASE WHEN hold IS NOT NULL THEN 'released' END "
        "WHERE id = $1 AND status IN ('pending', 'processing') RETURNING id, workflow_id, user_id, hold",
        job_id,
        tx.now,
    )
    if row is not None:
        await tx.execute("DELETE FROM work WHERE id = $1", job_id)
    return row


async def speakers(tx: Transaction, job_id: UUID) -> list[UUID]:
    """The jobs under way that make the speech for a film that was ordered by itself."""
    rows = await tx.fetch(
        "SELECT id FROM ai_jobs WHERE speaks_for = $1 AND status IN ('pending', 'processing')", job_id
    )
    return [row["id"] for row in rows]


async def find(tx: Transaction, job_id: UUID) -> asyncpg.Record | None:
    """One job."""
    return await tx.fetchrow("SELECT * FROM ai_jobs WHERE id = $1", job_id)


async def remove(tx: Transaction, job_ids: Sequence[UUID]) -> None:
    """Forget what jobs were about and what they made. What they cost stays, and that they were: they are not done
    again. Files of those that were ordered by themselves go with what their calls left, unless another job that was
    answered with them is still there, or they have become a project's."""
    await tx.execute(
        """
        WITH made AS (
            SELECT job.id, job.user_id, file.value ->> 'key' AS key
            FROM ai_jobs AS job, json_each(job.output_data::json -> 'outputs') AS file
            WHERE job.id = ANY($1::uuid[]) AND job.hold IS NOT NULL AND job.status = 'completed' AND NOT job.cache_hit
                AND NOT job.files_kept
        ), unused AS (
            SELECT id, json_agg(key) AS keys FROM made WHERE NOT EXISTS (
                SELECT FROM ai_jobs AS other, json_each(other.output_data::json -> 'outputs') AS file
                WHERE other.user_id = made.user_id AND other.cache_hit AND other.removed_at IS NULL
                    AND other.id <> ALL($1::uuid[]) AND file.value ->> 'key' = made.key
            ) GROUP BY id
        )
        UPDATE provider_calls AS call SET discarded = (
            SELECT json_agg(key)::text FROM (
                SELECT json_array_elements_text(unused.keys) AS key
                UNION SELECT json_array_elements_text(coalesce(call.discarded, '[]')::json)
            ) AS all_keys
        ) FROM unused WHERE call.job_id = unused.id AND call.attempt = (
            SELECT max(attempt) FROM provider_calls WHERE job_id = unused.id
        )
        """,
        list(job_ids),
    )
    await tx.execute(
        "UPDATE ai_jobs SET removed_at = $2, updated_at = $2, input_data = '{}', output_data = NULL, routing = NULL, "
        "error_message = NULL, progress_message = NULL WHERE id = ANY($1::uuid[])",
        list(job_ids),
        tx.now,
    )


async def ordered_before(tx: Transaction, before: datetime, most: int) -> list[UUID]:
    """Jobs that were ordered by themselves before a moment, have ended, and still say what they were about. Locked."""
    rows = await tx.fetch(
        "SELECT id FROM ai_jobs WHERE id < $1 AND hold IN ('captured', 'released', 'refused') AND removed_at IS NULL "
        "AND status NOT IN ('pending', 'processing') LIMIT $2 FOR UPDATE SKIP LOCKED",
        ids.uuid7_floor(before),
        most,
    )
    return [row["id"] for row in rows]


class Holder(NamedTuple):
    """Whether a job has not ended, and the token of the lease under which somebody carries it out."""

    open: bool
    token: UUID | None = None


async def holder(tx: Transaction, job_id: UUID) -> Holder:
    """Who has a job. Until the commit nobody can cancel it."""
    row = await tx.fetchrow(
        "SELECT lease_token FROM ai_jobs JOIN work USING (id) WHERE id = $1 AND status IN ('pending', 'processing') "
        "FOR SHARE OF ai_jobs",
        job_id,
    )
    return Holder(open=False) if row is None else Holder(True, row["lease_token"])


async def stop_now(tx: Transaction, call: Call) -> None:
    """Have a call stopped at its vendor, at once where that was to be tried later."""
    tx.add_work(call.stopping())
    await tx.execute("UPDATE work SET run_after = $2 WHERE id = $1 AND run_after > $2", call.id, tx.now)


async def calls_of(tx: Transaction, job_id: UUID) -> list[Call]:
    """Every call of a job, first to last."""
    rows = await tx.fetch(
        f"SELECT {_CALL_COLUMNS} FROM provider_calls WHERE job_id = $1 ORDER BY attempt",  # noqa: S608  a constant
        job_id,
    )
    return [Call(**dict(row)) for row in rows]


async def open_paid_calls(tx: Transaction, job_ids: Sequence[UUID]) -> list[Call]:
    """Paid calls of these jobs of which nobody knows how they ended."""
    rows = await tx.fetch(
        f"SELECT {_CALL_COLUMNS} FROM provider_calls "  # noqa: S608  a constant
        "WHERE job_id = ANY($1::uuid[]) AND paid AND state IN ('calling', 'accepted')",
        list(job_ids),
    )
    return [Call(**dict(row)) for row in rows]


async def ring(tx: Transaction, provider: str, vendor_job_id: str) -> None:
    """A vendor says that its job has ended."""
    await tx.execute(
        "UPDATE provider_calls SET rung_at = $3 WHERE provider = $1 AND vendor_job_id = $2 AND paid "
        "AND state IN ('calling', 'accepted') AND rung_at IS NULL",
        provider,
        vendor_job_id,
        tx.now,
    )


async def rung(tx: Transaction, call_ids: Sequence[UUID]) -> list[UUID]:
    """Those of these calls whose vendor has said that they have ended."""
    rows = await tx.fetch(
        "SELECT id FROM provider_calls WHERE id = ANY($1::uuid[]) AND rung_at IS NOT NULL", list(call_ids)
    )
    return [row["id"] for row in rows]


def save_calls(tx: Transaction, calls: Sequence[Call]) -> None:
    """Store calls as they are now, with the commit. A call that has ended keeps its end."""
    if calls:
        tx.later(_SAVE_CALLS, *_call_arguments(calls))


_SAVE_CALLS = f"""
INSERT INTO provider_calls ({_CALL_COLUMNS})
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::bool[], $7::timestamptz[],
                     $8::numeric[], $9::text[], $10::text[], $11::int[], $12::text[], $13::text[], $14::numeric[],
                     $15::numeric[], $16::numeric[], $17::numeric[], $18::text[], $19::text[])
    AS call (id, job_id, provider, capability, attempt, paid, started_at)
ORDER BY started_at, provider
ON CONFLICT (id) DO UPDATE SET state = excluded.state,
    vendor_job_id = coalesce(excluded.vendor_job_id, provider_calls.vendor_job_id),
    duration_ms = excluded.duration_ms, failure = excluded.failure, error = excluded.error,
    units = excluded.units, cost = excluded.cost, clip = excluded.clip,
    discarded = excluded.discarded
WHERE provider_calls.state IN ('calling', 'accepted')
"""  # noqa: S608  constants


def _call_arguments(calls: Sequence[Call]) -> list[list[Any]]:
    names = [name.strip() for name in _CALL_COLUMNS.split(",")]
    return [[getattr(call, name) for call in calls] for name in names]


async def save_progress(tx: Transaction, rows: Sequence[tuple[UUID, str, int, str]]) -> set[UUID]:
    """Store provider, percentage and message of jobs under way; returns those that are still open."""
    stored = await tx.fetch(
        """
        UPDATE ai_jobs SET status = 'processing', provider = told.provider, progress = told.progress,
            progress_message = told.message, updated_at = $5
        FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::text[]) AS told (id, provider, progress, message)
        WHERE ai_jobs.id = told.id AND ai_jobs.status IN ('pending', 'processing') RETURNING ai_jobs.id
        """,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        tx.now,
    )
    return {row["id"] for row in stored}


_FINISH = """
UPDATE ai_jobs SET status = ended.status, provider = ended.provider, model_name = ended.model,
    output_data = ended.output, routing = ended.routing, error_message = ended.error, quality_score = ended.score,
    cost = ended.cost, attempts = ended.attempts, cache_hit = ended.cache_hit,
    progress = CASE ended.status WHEN 'completed' THEN 100 ELSE ai_jobs.progress END,
    hold = CASE WHEN ai_jobs.hold = 'held' THEN ended.hold ELSE ai_jobs.hold END,
    processing_time_ms = ended.milliseconds, completed_at = $13, updated_at = $13
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::json[], $6::json[], $7::text[], $8::numeric[],
            $9::numeric[], $10::int[], $11::bool[], $12::int[], $14::text[])
    AS ended (id, status, provider, model, output, routing, error, score, cost, attempts, cache_hit, milliseconds, hold)
WHERE ai_jobs.id = ended.id AND ai_jobs.status IN ('pending', 'processing')
"""


def finish(tx: Transaction, endings: Sequence[Ending]) -> None:
    """Store, with the commit, how jobs ended, and their last calls. Jobs that have ended already keep their end."""
    tx.later(
        _FINISH,
        [ending.job.id for ending in endings],
        [ending.status.value for ending in endings],
        [ending.provider for ending in endings],
        [ending.model for ending in endings],
        [ending.event.model_dump_json() for ending in endings],
        [as_json(ending.routing) for ending in endings],
        [ending.error for ending in endings],
        [None if ending.score is None else Decimal(str(round(ending.score, 3))) for ending in endings],
        [ending.cost for ending in endings],
        [ending.attempts for ending in endings],
        [ending.cache_hit for ending in endings],
        [round(ending.seconds * 1000) for ending in endings],
        tx.now,
        ["capturing" if ending.is_paid_for else "released" for ending in endings],
    )
    save_calls(tx, [call for ending in endings for call in ending.calls])
    remember(tx, [ending.cache for ending in endings if ending.cache is not None])


async def fail(tx: Transaction, failed: Mapping[UUID, JobFailed]) -> None:
    """End jobs that have not begun, each with its event."""
    await tx.execute(
        """
        UPDATE ai_jobs SET status = 'failed', error_message = said.words, output_data = said.event, completed_at = $4,
            updated_at = $4, hold = CASE WHEN hold IS NOT NULL THEN 'released' END
        FROM unnest($1::uuid[], $2::text[], $3::json[]) AS said (id, words, event)
        WHERE ai_jobs.id = said.id AND status IN ('pending', 'processing')
        """,
        list(failed),
        [event.message for event in failed.values()],
        [event.model_dump_json() for event in failed.values()],
        tx.now,
    )


async def put_off(tx: Transaction, work_id: UUID, token: UUID, payload: dict[str, Any], until: datetime) -> bool:
    """Give work back, to be claimed after ``until`` with a new payload. False when the lease has passed on."""
    row = await tx.fetchrow(
        "UPDATE work SET lease_token = NULL, lease_until = NULL, run_after = $3, payload = $4::jsonb, attempts = 0 "
        "WHERE id = $1 AND lease_token = $2 RETURNING id",
        work_id,
        token,
        until,
        as_json(payload),
    )
    return row is not None


async def bring_forward(tx: Transaction, capability: str | None, spacing_s: float) -> int:
    """Have jobs that were put off for want of a provider tried again, one every so many seconds, in the order of their
    lanes; none later than it would have been. How many those are."""
    rows = await tx.fetch(
        """
        UPDATE work SET run_after = least(work.run_after, $2::timestamptz + make_interval(secs => turn.n * $4))
        FROM (
            SELECT work.id, row_number() OVER (ORDER BY work.lane, work.run_after, work.id) - 1 AS n
            FROM work JOIN ai_jobs AS job ON job.id = work.id
            WHERE work.kind = $1 AND work.lease_token IS NULL AND work.run_after > $2
                AND (work.payload ->> 'round')::int > 0 AND ($3::text IS NULL OR job.job_type = $3)
        ) AS turn WHERE work.id = turn.id RETURNING work.id
        """,
        WORK,
        tx.now,
        capability,
        spacing_s,
    )
    return len(rows)


def remember(tx: Transaction, entries: Sequence[CacheEntry]) -> None:
    """Keep results for the same question, with the commit; a newer one replaces."""
    unique = {entry.key: entry for entry in entries}
    if not unique:
        return
    tx.later(
        """
        INSERT INTO result_cache (key, user_id, provider, result, expires_at)
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::jsonb[], $5::timestamptz[])
        ON CONFLICT (key) DO UPDATE SET provider = excluded.provider, result = excluded.result,
            expires_at = excluded.expires_at
        """,
        list(unique),
        [entry.user_id for entry in unique.values()],
        [entry.provider for entry in unique.values()],
        [as_json(entry.result) for entry in unique.values()],
        [entry.expires_at for entry in unique.values()],
    )


async def recall(tx: Transaction, keys: Sequence[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Provider and result by key, of those keys that are known and still good."""
    rows = await tx.fetch(
        "SELECT key, provider, result FROM result_cache WHERE key = ANY($1::text[]) AND expires_at > $2",
        list(keys),
        tx.now,
    )
    return {row["key"]: (row["provider"], row["result"]) for row in rows}


_OLD = {
    "result_cache": "SELECT key FROM result_cache WHERE expires_at <= $1",
    "provider_calls": "SELECT id FROM provider_calls WHERE id < $1 AND discarded IS NULL "
    "AND state NOT IN ('calling', 'accepted')",
    "ai_jobs": "SELECT id FROM ai_jobs AS job WHERE id < $1 AND status NOT IN ('pending', 'processing') "
    "AND NOT EXISTS (SELECT FROM provider_calls WHERE job_id = job.id)",
    "paid_minutes": "SELECT minute FROM paid_minutes WHERE minute < $1",
}
"""What may go, by table: rows made before a moment, or before the first id of that moment."""


async def forget(tx: Transaction, table: str, before: datetime, most: int) -> int:
    """Remove at most so many rows of a table of :data:`_OLD` that are over since ``before``; how many went. Those that
    another process is removing are its own."""
    key = {"result_cache": "key", "paid_minutes": "minute"}.get(table, "id")
    border = before if key != "id" else ids.uuid7_floor(before)
    done: str = await tx.execute(
        f"DELETE FROM {table} WHERE {key} IN ({_OLD[table]} LIMIT $2 FOR UPDATE SKIP LOCKED)",  # noqa: S608  constants
        border,
        most,
    )
    return int(done.split()[-1])


def cleared(tx: Transaction, jobs: Sequence[UUID]) -> None:
    """Nothing that attempts at these jobs have stored is left. With the commit."""
    tx.later("UPDATE ai_jobs SET cleared_at = $2 WHERE id = ANY($1::uuid[])", list(jobs), tx.now)


async def discarded(tx: Transaction, before: datetime, most: int) -> list[tuple[UUID, list[str]]]:
    """Calls of jobs that have ended before a moment, and the keys of what they have stored for nobody. Locked."""
    rows = await tx.fetch(
        "SELECT call.id, call.discarded FROM provider_calls AS call JOIN ai_jobs AS job ON job.id = call.job_id "
        "WHERE call.discarded IS NOT NULL AND job.completed_at < $1 "
        "AND job.status NOT IN ('pending', 'processing') ORDER BY call.id LIMIT $2 FOR UPDATE OF call SKIP LOCKED",
        before,
        most,
    )
    return [(row["id"], json.loads(row["discarded"])) for row in rows]


def removed(tx: Transaction, calls: Sequence[UUID]) -> None:
    """What these calls had stored for nobody is gone, and their clips with it. With the commit."""
    tx.later("UPDATE provider_calls SET discarded = NULL, clip = NULL WHERE id = ANY($1::uuid[])", list(calls))
