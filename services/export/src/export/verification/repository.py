"""The SQL of fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from export.verification.rules import Pictures, keys_of

_ADD = """
INSERT INTO fingerprints (id, user_id, run_id, kind, sha256, seconds, slots, hashes, source_type, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (user_id, sha256) DO NOTHING RETURNING id
"""
_ADD_KEYS = "INSERT INTO fingerprint_keys (key, fingerprint_id) SELECT unnest($2::int[]), $1"


@dataclass(frozen=True, slots=True)
class NewFingerprint:
    """What a delivered file looks like, and which bytes it has."""

    kind: Literal["picture", "video"]
    sha256: str
    pictures: Pictures
    seconds: float = 0.0


async def add(
    tx: Transaction, run_id: UUID, user_id: UUID, source_type: str, fingerprints: Sequence[NewFingerprint]
) -> None:
    """Keep fingerprints of a run's files; those of bytes that are known of the user already stay as they are."""
    for one in sorted(fingerprints, key=lambda one: one.sha256):
        added = await tx.fetchrow(
            _ADD,
            ids.uuid7(),
            user_id,
            run_id,
            one.kind,
            bytes.fromhex(one.sha256),
            one.seconds,
            [slot for slot, _ in one.pictures],
            [found for _, found in one.pictures],
            source_type,
            tx.now,
        )
        if added is not None:
            keys = sorted({key for _, found in one.pictures for key in keys_of(found)})
            await tx.execute(_ADD_KEYS, added["id"], keys)
