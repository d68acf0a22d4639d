"""SQL for the copy of the platforms' limits."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.export import PlatformLimitChanged

_KEEP = """
INSERT INTO platform_limits (platform, display_name, longest_s, as_of) VALUES ($1, $2, $3, $4)
ON CONFLICT (platform) DO UPDATE SET
    display_name = excluded.display_name, longest_s = excluded.longest_s, as_of = excluded.as_of
WHERE platform_limits.as_of < excluded.as_of
"""


async def keep(tx: Transaction, event: PlatformLimitChanged) -> None:
    """Keep how long a video a platform takes, unless something newer is known."""
    await tx.execute(_KEEP, event.platform.value, event.display_name, event.longest_s, event.as_of)
