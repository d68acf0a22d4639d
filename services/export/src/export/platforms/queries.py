"""SQL for reading platform requirements."""

from __future__ import annotations

from chassis.data.database import Transaction
from export.platforms.models import PlatformSpecification
from export.platforms.repository import specification_of


async def of_platform(tx: Transaction, platform: str) -> list[PlatformSpecification]:
    """Every variant of a platform, the standard one first; empty for a platform not known."""
    rows = await tx.fetch(
        'SELECT platform, variant, version, key_values AS "values" FROM platform_requirements WHERE platform = $1 '
        "ORDER BY variant <> 'standard', variant",
        platform,
    )
    return [specification_of(row) for row in rows]


async def every(tx: Transaction) -> list[PlatformSpecification]:
    """The whole catalogue."""
    rows = await tx.fetch('SELECT platform, variant, version, key_values AS "values" FROM platform_requirements')
    return [specification_of(row) for row in rows]
