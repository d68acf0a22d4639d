"""SQL of orders: what is held for jobs, and how they move with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from ai_router.jobs.repository import command_as_json
from chassis.data.database import Transaction
from contracts.ai_router import SubmitJob
from contracts.billing import EntitlementsChanged


async def add(tx: Transaction, commands: Sequence[SubmitJob], credits: int, project_id: UUID | None) -> None:
    """Store ordered jobs, for which credits are being asked."""
    await tx.execute(
        """
        INSERT INTO ai_jobs (id, user_id, product_line, project_id, job_type, input_data, deadline, hold, credits, told,
            created_at, updated_at)
        SELECT id, user_id, product_line, $7, job_type, input_data, deadline, 'asked', $8, 0, $9, $9
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[])
            AS new (id, user_id, product_line, job_type, input_data, deadline)
        """,
        [command.job_id for command in commands],
        [command.user_id for command in commands],
        [command.product_line for command in commands],
        [command.capability.value for command in commands],
        [command_as_json(command) for command in commands],
        [command.deadline for command in commands],
        project_id,
        credits,
        tx.now,
    )


async def lock(tx: Transaction, job_ids: Collection[UUID]) -> dict[UUID, asyncpg.Record]:
    """Those of these that are ordered jobs, locked in the order of their ids."""
    rows = await tx.fetch(
        "SELECT * FROM ai_jobs WHERE id = ANY($1::uuid[]) AND hold IS NOT NULL ORDER BY id FOR UPDATE", list(job_ids)
    )
    return {row["id"]: row for row in rows}


async def begin(tx: Transaction, held: Sequence[tuple[UUID, str, Decimal, datetime]]) -> None:
    """What was asked for is held: by the plan, with the budget, and to have begun by then."""
    await tx.execute(
        """
        UPDATE ai_jobs SET hold = 'held', deadline = given.deadline, updated_at = $5,
            input_data = input_data || jsonb_build_object('plan', given.plan, 'budget', given.budget)
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS given (id, plan, budget, deadline)
        WHERE ai_jobs.id = given.id AND hold = 'asked' AND status = 'pending'
        """,
        [one[0] for one in held],
        [one[1] for one in held],
        [str(one[2]) for one in held],
        [one[3] for one in held],
        tx.now,
    )


def command_of(row: Mapping[str, Any]) -> SubmitJob:
    """The command that a row was made of."""
    return SubmitJob.model_validate(
        {
            **row["input_data"],
            "job_id": row["id"],
            "user_id": row["user_id"],
            "product_line": row["product_line"],
            "capability": row["job_type"],
            "deadline": row["deadline"],
        }
    )


async def take_inputs(tx: Transaction, command: SubmitJob) -> None:
    """Keep a command that has been given more to work with."""
    await tx.execute(
        "UPDATE ai_jobs SET input_data = $2::jsonb, updated_at = $3 WHERE id = $1",
        command.job_id,
        command_as_json(command),
        tx.now,
    )


async def add_speech(tx: Transaction, commands: Sequence[tuple[SubmitJob, UUID]]) -> None:
    """Store the jobs that make the speech of films, by the film each is for. Once each."""
    await tx.execute(
        """
        INSERT INTO ai_jobs (id, user_id, product_line, job_type, input_data, deadline, speaks_for, created_at)
        SELECT *, $8::timestamptz
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::uuid[])
        ON CONFLICT (id) DO NOTHING
        """,
        [command.job_id for command, _ in commands],
        [command.user_id for command, _ in commands],
        [command.product_line for command, _ in commands],
        [command.capability.value for command, _ in commands],
        [command_as_json(command) for command, _ in commands],
        [command.deadline for command, _ in commands],
        [film for _, film in commands],
        tx.now,
    )


async def refuse(tx: Transaction, refused: Sequence[tuple[UUID, str, str]]) -> None:
    """What was asked for is refused: the words for the person, and the event as JSON."""
    await tx.execute(
        """
        UPDATE ai_jobs SET status = 'failed', hold = 'refused', error_message = said.words, output_data = said.event,
            completed_at = $4, updated_at = $4
        FROM unnest($1::uuid[], $2::text[], $3::json[]) AS said (id, words, event)
        WHERE ai_jobs.id = said.id AND hold = 'asked' AND status = 'pending'
        """,
        [one[0] for one in refused],
        [one[1] for one in refused],
        [one[2] for one in refused],
        tx.now,
    )


async def settle(tx: Transaction, settled: Sequence[tuple[UUID, str, int]]) -> None:
    """What was being spent is spent, or was not there any more: the state of the hold, and the credits."""
    await tx.execute(
        """
        UPDATE ai_jobs SET hold = done.hold, credits_used = done.credits, updated_at = $4
        FROM unnest($1::uuid[], $2::text[], $3::int[]) AS done (id, hold, credits)
        WHERE ai_jobs.id = done.id AND ai_jobs.hold = 'capturing'
        """,
        [one[0] for one in settled],
        [one[1] for one in settled],
        [one[2] for one in settled],
        tx.now,
    )


async def count_told(tx: Transaction, job_ids: Collection[UUID]) -> list[asyncpg.Record]:
    """Those of these that are ordered jobs, each with the number of what is told of it next."""
    if not job_ids:
        return []
    return await tx.fetch(
        "UPDATE ai_jobs SET told = told + 1 WHERE id = ANY($1::uuid[]) AND hold IS NOT NULL "
        "RETURNING id, user_id, product_line, job_type, status, hold, progress, progress_message, error_message, "
        "provider, cost, credits_used, told, project_id, "
        "CASE WHEN status = 'completed' AND hold <> 'capturing' THEN output_data END AS output_data, "
        "CASE WHEN status = 'completed' AND hold <> 'capturing' THEN input_data END AS input_data",
        sorted(job_ids),
    )


async def keep_files(tx: Transaction, user_id: UUID, keys: Collection[str]) -> None:
    """Leave these files, which have become a project's, when the user's jobs that made them are removed."""
    await tx.execute(
        """
        UPDATE ai_jobs SET files_kept = true WHERE user_id = $1 AND hold IS NOT NULL AND status = 'completed'
            AND removed_at IS NULL AND NOT files_kept AND EXISTS (
                SELECT FROM json_each(output_data::json -> 'outputs') AS file
                WHERE file.value ->> 'key' = ANY($2::text[])
            )
        """,
        user_id,
        list(keys),
    )


async def unsettled(tx: Transaction, before: datetime, most: int) -> list[asyncpg.Record]:
    """Jobs that have waited for billing's answer since before a moment; nobody else looks at them for as long."""
    return await tx.fetch(
        """
        UPDATE ai_jobs SET updated_at = $2 WHERE id IN (
            SELECT id FROM ai_jobs WHERE hold IN ('asked', 'capturing') AND updated_at < $1 ORDER BY updated_at
            LIMIT $3 FOR UPDATE SKIP LOCKED
        ) RETURNING id, user_id, product_line, job_type, hold, credits, cost, deadline, input_data
        """,
        before,
        tx.now,
        most,
    )


async def open_of(tx: Transaction, user_id: UUID) -> int:
    """How many jobs of a user are under way. Until the commit nobody else can order for them."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"ai_router.orders {user_id}")
    row = await tx.fetchrow(
        "SELECT count(*) AS jobs FROM ai_jobs WHERE user_id = $1 AND hold IS NOT NULL "
        "AND status IN ('pending', 'processing')",
        user_id,
    )
    return int(row["jobs"]) if row is not None else 0


async def spend(tx: Transaction, key_id: UUID, credits: int, cap: int) -> bool:
    """Count ``credits`` to an API key's day (UTC), unless that makes more than ``cap``."""
    row = await tx.fetchrow(
        "INSERT INTO key_spending (key_id, day, credits) "
        "SELECT $1::uuid, $2::date, $3::integer WHERE $3 <= $4::integer "
        "ON CONFLICT (key_id, day) DO UPDATE SET credits = key_spending.credits + excluded.credits "
        "WHERE key_spending.credits + excluded.credits <= $4 RETURNING credits",
        key_id,
        tx.now.date(),
        credits,
        cap,
    )
    return row is not None


async def keep_entitlements(tx: Transaction, event: EntitlementsChanged) -> None:
    """Keep how many credits an account has in a product line, unless something newer is known."""
    await tx.execute(
        """
        INSERT INTO entitlements
            (user_id, product_line, credits_available, credits_anew, period_ends_at, counts_more, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (user_id, product_line) DO UPDATE SET credits_available = excluded.credits_available,
            credits_anew = excluded.credits_anew, period_ends_at = excluded.period_ends_at,
            counts_more = excluded.counts_more, version = excluded.version
        WHERE entitlements.version < excluded.version
        """,
        event.user_id,
        event.product_line,
        event.credits_available,
        event.credits_anew,
        event.period_ends_at,
        bool(event.limits),
        event.version,
    )


async def known_credits(tx: Transaction, user_id: UUID, product_line: str) -> int | None:
    """How many credits an account is known to have; None where that is not known, or its plan counts more than them."""
    row = await tx.fetchrow(
        "SELECT CASE WHEN period_ends_at <= $3 THEN credits_anew ELSE credits_available END AS credits "
        "FROM entitlements WHERE user_id = $1 AND product_line = $2 AND NOT counts_more",
        user_id,
        product_line,
        tx.now,
    )
    return None if row is None else row["credits"]


async def price(tx: Transaction, capability: str, providers: Sequence[str], model: str | None) -> int:
    """Credits that one job takes: of the model that is named, else the least among those providers' models."""
    row = await tx.fetchrow(
        "SELECT min(credits_per_use) AS credits FROM ai_models WHERE is_active AND model_type = $1 "
        "AND provider = ANY($2::text[]) AND ($3::text IS NULL OR name = $3)",
        capability,
        list(providers),
        model,
    )
    return 1 if row is None or row["credits"] is None else int(row["credits"])


async def result_of(tx: Transaction, job_id: UUID, user_id: UUID) -> dict[str, Any] | None:
    """What an own ordered job has made and handed out."""
    row = await tx.fetchrow(
        "SELECT output_data FROM ai_jobs WHERE id = $1 AND user_id = $2 AND removed_at IS NULL "
        "AND status = 'completed' AND hold IN ('captured', 'released')",
        job_id,
        user_id,
    )
    return None if row is None else row["output_data"]
