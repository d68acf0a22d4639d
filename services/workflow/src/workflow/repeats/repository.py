"""SQL for idempotency keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from chassis.data.database import Transaction

KEY_LIFE = timedelta(hours=24)
"""How long an idempotency key is remembered (PLT-21)."""

_CLAIM = """
INSERT INTO idempotency_keys (user_id, key, body_sha256, answer, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id, key) DO UPDATE
    SET body_sha256 = excluded.body_sha256, answer = excluded.answer, created_at = excluded.created_at
    WHERE idempotency_keys.created_at < $6
RETURNING key
"""

_REMEMBERED = "SELECT body_sha256, answer FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND created_at >= $3"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


@dataclass(frozen=True, slots=True)
class Remember:
    """An idempotency key with the body it stands for and the answer it gets."""

    key: str
    body_sha256: str
    answer: dict[str, Any]


async def claim(tx: Transaction, user_id: UUID, remember: Remember) -> bool:
    """Remember an answer under an idempotency key; False when the key has one already."""
    record = await tx.fetchrow(
        _CLAIM,
        user_id,
        remember.key,
        remember.body_sha256,
        orjson.dumps(remember.answer).decode(),
        tx.now,
        tx.now - KEY_LIFE,
    )
    return record is not None


async def lock(tx: Transaction, user_id: UUID, key: str) -> None:
    """Let requests with one key come one after the other."""
    await tx.execute(_LOCK, f"{user_id} {key}")


async def remembered(tx: Transaction, user_id: UUID, key: str) -> dict[str, Any] | None:
    """What was answered under an idempotency key."""
    record = await tx.fetchrow(_REMEMBERED, user_id, key, tx.now - KEY_LIFE)
    return dict(record) if record is not None else None
