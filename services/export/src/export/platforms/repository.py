"""The SQL of platform requirements."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import asyncpg

from chassis.data.database import Transaction
from contracts.enums import Platform
from export.platforms.models import STANDARD, PlatformSpecification
from export.platforms.starting import SPECIFICATIONS


async def add_missing(tx: Transaction) -> None:
    """Add the starting specifications that are missing; change none."""
    for specification in SPECIFICATIONS:
        await tx.execute(
            "INSERT INTO platform_requirements (platform, variant, key_values, version) VALUES ($1, $2, $3::jsonb, $4) "
            "ON CONFLICT DO NOTHING",
            specification.platform,
            specification.variant,
            specification.values.model_dump_json(),
            specification.version,
        )


async def standard(tx: Transaction, platforms: Sequence[str]) -> dict[str, PlatformSpecification]:
    """The standard specification of each platform that is known."""
    rows = await tx.fetch(
        'SELECT platform, variant, version, key_values AS "values" FROM platform_requirements '
        "WHERE platform = ANY($1::text[]) AND variant = $2",
        list(platforms),
        STANDARD,
    )
    return {row["platform"]: specification_of(row) for row in rows}


async def named(tx: Transaction, names: Collection[str]) -> dict[str, PlatformSpecification]:
    """The rows by their names: ``platform``, or ``platform:shape``; without those that are not there."""
    rows = await tx.fetch(
        'SELECT platform, variant, version, key_values AS "values" FROM platform_requirements '
        "WHERE platform = ANY($1::text[])",
        [name.partition(":")[0] for name in names],
    )
    found = {one.name: one for one in map(specification_of, rows)}
    return {name: found[name] for name in names if name in found}


async def to_announce(tx: Transaction) -> list[PlatformSpecification]:
    """Standard specifications whose limit is not what was last told; they count as told with the commit.

    Only of platforms that runs can be ordered for: others are exported from finished runs.
    """
    rows = await tx.fetch(
        """
        UPDATE platform_requirements SET told = jsonb_build_array(key_values->'name', key_values->'max_duration_s')
        WHERE variant = $1 AND platform = ANY($2::text[])
        AND told IS DISTINCT FROM jsonb_build_array(key_values->'name', key_values->'max_duration_s')
        RETURNING platform, variant, version, key_values AS "values"
        """,
        STANDARD,
        list(Platform),
    )
    return [specification_of(row) for row in rows]


def specification_of(row: asyncpg.Record) -> PlatformSpecification:
    """A row as the specification it keeps."""
    return PlatformSpecification.model_validate(dict(row))
