"""SQL for finding fingerprints. Each reads a bounded number of rows, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction

OF_EACH_KEY = 200
"""So many fingerprints, the newest, are read of one entry of the index."""
COMPARED = 20
"""So many, those with the most entries in common, are compared."""

_BY_KEYS = """
SELECT user_id, run_id, kind, slots, hashes, source_type, made_at FROM (
    SELECT found.fingerprint_id AS id, count(*) AS common FROM unnest($1::int[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT fingerprint_id FROM fingerprint_keys WHERE key = asked.key ORDER BY fingerprint_id DESC LIMIT $2
    ) AS found
    GROUP BY found.fingerprint_id ORDER BY common DESC, id DESC LIMIT $3
) AS likely JOIN fingerprints USING (id) ORDER BY common DESC, id DESC
"""
_BY_BYTES = (
    "SELECT user_id, run_id, source_type, made_at FROM fingerprints WHERE sha256 = $1 "
    "ORDER BY user_id <> $2, made_at LIMIT 1"
)


async def of_bytes(tx: Transaction, sha256: str, user_id: UUID) -> asyncpg.Record | None:
    """The fingerprint of a file with exactly these bytes, the user's own first."""
    return await tx.fetchrow(_BY_BYTES, bytes.fromhex(sha256), user_id)


async def likely(tx: Transaction, keys: Sequence[int]) -> list[asyncpg.Record]:
    """The fingerprints that have most of these entries of the index."""
    return await tx.fetch(_BY_KEYS, list(keys), OF_EACH_KEY, COMPARED)
