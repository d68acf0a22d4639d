"""SQL of feature flags."""

from __future__ import annotations

from typing import Any

from chassis.data.database import Transaction

_COLUMNS = "key, says, enabled, environments, product_lines, percent, created_at, updated_at"


async def all_of_them(tx: Transaction) -> list[dict[str, Any]]:
    """Every flag, by name."""
    return [dict(row) for row in await tx.fetch(f"SELECT {_COLUMNS} FROM feature_flags ORDER BY key")]  # noqa: S608


async def put(
    tx: Transaction,
    key: str,
    *,
    says: str,
    enabled: bool,
    environments: list[str],
    product_lines: list[str],
    percent: int,
) -> dict[str, Any]:
    """Make a flag, or have it say something else."""
    row = await tx.fetchrow(
        f"""
        INSERT INTO feature_flags ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (key) DO UPDATE
        SET says = excluded.says, enabled = excluded.enabled, environments = excluded.environments,
            product_lines = excluded.product_lines, percent = excluded.percent, updated_at = excluded.updated_at
        RETURNING {_COLUMNS}
        """,  # noqa: S608
        key,
        says,
        enabled,
        environments,
        product_lines,
        percent,
        tx.now,
    )
    assert row is not None  # noqa: S101  it returns what it wrote
    return dict(row)


async def remove(tx: Transaction, key: str) -> bool:
    """Whether there was one."""
    return await tx.fetchrow("DELETE FROM feature_flags WHERE key = $1 RETURNING key", key) is not None
