"""SQL of entitlements."""

from __future__ import annotations

import orjson

from chassis.data.database import Transaction
from contracts.billing import EntitlementsChanged


async def put(tx: Transaction, event: EntitlementsChanged) -> None:
    """Keep a copy; an older version changes nothing."""
    await tx.execute(
        """
        INSERT INTO entitlements (user_id, product_line, features, version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id, product_line) DO UPDATE SET features = excluded.features, version = excluded.version
        WHERE entitlements.version < excluded.version
        """,
        event.user_id,
        event.product_line,
        orjson.dumps(event.features).decode(),
        event.version,
    )
