"""The SQL of erasing a person."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction

_ERASE = (
    "DELETE FROM client_events WHERE user_id = $1",
    "DELETE FROM notifications WHERE user_id = $1",
    "DELETE FROM mailbox USING recipients AS r WHERE r.user_id = $1 AND lower(recipient) = lower(r.email)",
    "DELETE FROM recipients WHERE user_id = $1",
    "DELETE FROM preferences WHERE user_id = $1",
    "DELETE FROM entitlements WHERE user_id = $1",
    "DELETE FROM webhook_endpoints WHERE user_id = $1",
    "DELETE FROM user_logs WHERE user_id = $1",
)


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Remove the person's messages, and what was kept of them to write any."""
    for statement in _ERASE:
        await tx.execute(statement, user_id)
