"""Doing the work of a request once, however often it comes with its ``Idempotency-Key`` (PLT-21).

The service has a table ``idempotency_keys (user_id uuid, key varchar(255), body_sha256 char(64), answer jsonb,
created_at timestamptz)`` with the first two as its primary key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from chassis.data.transaction import Transaction
from chassis.http.idempotency import key_reused

KEY_LIFE = timedelta(hours=24)

Answer = TypeVar("Answer", bound=BaseModel)

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_REMEMBERED = "SELECT body_sha256, answer FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND created_at >= $3"
_REMEMBER = """
INSERT INTO idempotency_keys (user_id, key, body_sha256, answer, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id, key) DO UPDATE
SET body_sha256 = excluded.body_sha256, answer = excluded.answer, created_at = excluded.created_at
"""


async def once(
    tx: Transaction,
    user_id: UUID,
    key: str | None,
    asked: str,
    work: Callable[[], Awaitable[Answer]],
    kind: type[Answer],
) -> tuple[Answer, bool]:
    """What ``work`` answers to ``asked``, or what ``key`` was answered before, and whether it was.

    Requests with one key come one after the other. Raises ``KeyReused`` for a key that stands for something else.
    """
    if key is None:
        return await work(), False
    await tx.execute(_LOCK, f"idempotency {user_id} {key}")
    before = await answered(tx, user_id, key, asked, kind)
    if before is not None:
        return before, True
    answer = await work()
    await tx.execute(_REMEMBER, user_id, key, _digest(asked), answer.model_dump_json(), tx.now)
    return answer, False


async def answered(tx: Transaction, user_id: UUID, key: str, asked: str, kind: type[Answer]) -> Answer | None:
    """What ``key`` was answered before, if anything: for whoever wants to know before much is done for a request.

    Raises ``KeyReused`` for a key that stands for something else.
    """
    stored = await tx.fetchrow(_REMEMBERED, user_id, key, tx.now - KEY_LIFE)
    if stored is None:
        return None
    if stored["body_sha256"] != _digest(asked):
        raise key_reused()
    return kind.model_validate(stored["answer"])


def _digest(asked: str) -> str:
    return hashlib.sha256(asked.encode()).hexdigest()
