"""What a person is told of what ai-router knows about them (USR-39)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.parts import rows_of

_EVERYTHING = {
    "jobs": "SELECT id, workflow_id, job_type, status, provider, model_name, input_data, output_data, cost, "
    "quality_score, created_at, completed_at FROM ai_jobs WHERE user_id = $1 ORDER BY created_at",
}


async def everything(tx: Transaction, user_id: UUID) -> dict[str, list[Any]]:
    """All of it, by what it is."""
    return await rows_of(tx, _EVERYTHING, user_id)
