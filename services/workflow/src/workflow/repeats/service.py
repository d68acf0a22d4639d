"""Doing the work of a request once, however often it comes with its key."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from chassis.data.database import Transaction
from chassis.http.idempotency import key_reused
from workflow.repeats import repository
from workflow.repeats.repository import Remember

Answer = TypeVar("Answer", bound=BaseModel)


async def once(
    tx: Transaction,
    user_id: UUID,
    key: str | None,
    asked: str,
    work: Callable[[], Awaitable[Answer]],
    kind: type[Answer],
) -> tuple[Answer, bool]:
    """What ``work`` answers to ``asked``, or what ``key`` was answered before, and whether it was (PLT-21).

    Raises ``KeyReused`` for a key that stands for something else.
    """
    if key is None:
        return await work(), False
    asked_digest = digest(asked)
    await repository.lock(tx, user_id, key)
    if (stored := await repository.remembered(tx, user_id, key)) is not None:
        return kind.model_validate(answer_of(stored, asked_digest)), True
    answer = await work()
    if not await repository.claim(tx, user_id, Remember(key, asked_digest, answer.model_dump(mode="json"))):
        raise key_reused()
    return answer, False


def digest(asked: str) -> str:
    """What a key stands for, in the form that is remembered."""
    return hashlib.sha256(asked.encode()).hexdigest()


def answer_of(stored: Mapping[str, Any], asked_digest: str) -> dict[str, Any]:
    """What was answered under a key. Raises ``KeyReused`` when that was something else."""
    if stored.get("body_sha256") != asked_digest:
        raise key_reused()
    answer: dict[str, Any] = stored["answer"]
    return answer
