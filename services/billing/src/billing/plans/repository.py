"""SQL of plans."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from billing.plans.catalogue import STARTING_CATALOGUE, Plan
from chassis import ids
from chassis.data.database import Database, Transaction
from contracts.enums import Priority

_COLUMNS = (
    ("product_line", "text"),
    ("plan_type", "text"),
    ("name", "text"),
    ("description", "text"),
    ("price_monthly", "numeric"),
    ("price_yearly", "numeric"),
    ("currency", "text"),
    ("credits_per_month", "int"),
    ("credits_per_minute", "int"),
    ("max_video_seconds", "int"),
    ("quotas", "jsonb"),
    ("features", "jsonb"),
    ("rate_limits", "jsonb"),
    ("run_budget", "numeric"),
    ("priority", "text"),
    ("trial_days", "int"),
    ("is_active", "boolean"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_NEW = f"""
INSERT INTO plans (id, {_NAMES})
SELECT * FROM unnest($1::uuid[], {", ".join(f"${index}::{kind}[]" for index, (_, kind) in enumerate(_COLUMNS, 2))})
ON CONFLICT (product_line, plan_type) DO NOTHING RETURNING id
"""  # noqa: S608  # of our own names
_EDIT = f"""
UPDATE plans SET version = version + 1, {", ".join(f"{name} = ${index}" for index, (name, _) in enumerate(_COLUMNS, 1))}
WHERE product_line = $1 AND plan_type = $2 RETURNING *
"""  # noqa: S608  # of our own names


async def all_of(tx: Transaction) -> list[Plan]:
    """Every plan, those that are not sold any more among them; the cheapest of each product line first."""
    return [_plan(row) for row in await tx.fetch("SELECT * FROM plans ORDER BY product_line, price_monthly")]


async def locked(tx: Transaction, product_line: str, plan_type: str) -> Plan | None:
    """A plan that nobody else edits until the transaction ends."""
    row = await tx.fetchrow(
        "SELECT * FROM plans WHERE product_line = $1 AND plan_type = $2 FOR UPDATE", product_line, plan_type
    )
    return _plan(row) if row is not None else None


async def edit(tx: Transaction, before: Plan | None, after: Plan, by: UUID, reason: str) -> Plan:
    """Write a plan as its next version, or a new one, and keep what it says and who said so."""
    if before is None:
        await tx.execute(_NEW, [ids.uuid7()], *([value] for value in _values(after)))
        row = await tx.fetchrow(
            "SELECT * FROM plans WHERE product_line = $1 AND plan_type = $2", after.product_line, after.plan_type
        )
    else:
        row = await tx.fetchrow(_EDIT, *_values(after))
    if row is None:
        raise LookupError(f"{after.product_line} {after.plan_type} was there a moment ago")
    written = _plan(row)
    await tx.execute(
        "INSERT INTO plan_versions (product_line, plan_type, version, plan, edited_by, reason, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        written.product_line,
        written.plan_type,
        written.version,
        orjson.dumps(asdict(written), default=str).decode(),
        by,
        reason,
        tx.now,
    )
    return written


async def load_starting_catalogue(database: Database) -> int:
    """The repeatable initial-data step (BIL-44): adds plans that are missing, changes none. Returns how many."""
    columns = zip(*(_values(plan) for plan in STARTING_CATALOGUE), strict=True)
    async with database.connection() as connection:
        rows = await connection.fetch(_NEW, [ids.uuid7() for _ in STARTING_CATALOGUE], *map(list, columns))
    return len(rows)


def _plan(row: asyncpg.Record) -> Plan:
    values = {name: row[name] for name in Plan.__dataclass_fields__}
    return Plan(**{**values, "priority": Priority(row["priority"])})


def _values(plan: Plan) -> list[Any]:
    return [
        orjson.dumps(value).decode() if kind == "jsonb" else value
        for (_, kind), value in zip(_COLUMNS, (getattr(plan, name) for name, _ in _COLUMNS), strict=True)
    ]
