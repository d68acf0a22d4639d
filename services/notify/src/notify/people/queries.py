"""What a person is told of what notify knows about them (USR-39)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.parts import rows_of

_EVERYTHING = {
    "notifications": "SELECT id, product_line, kind, title, body, read_at, created_at FROM notifications "
    "WHERE user_id = $1 ORDER BY created_at",
    "recipient": "SELECT name, language FROM recipients WHERE user_id = $1",
}


async def everything(tx: Transaction, user_id: UUID) -> dict[str, list[Any]]:
    """All of it, by what it is."""
    return await rows_of(tx, _EVERYTHING, user_id)
