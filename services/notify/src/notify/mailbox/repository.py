"""SQL of the local mail box."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction


async def put(tx: Transaction, letter_id: UUID, recipient: str, subject: str, sealed_letter: bytes) -> None:
    """Keep a letter; the same one again changes nothing."""
    await tx.execute(
        """
        INSERT INTO mailbox (id, recipient, subject, sealed_letter, created_at) VALUES ($1, lower($2), $3, $4, $5)
        ON CONFLICT DO NOTHING
        """,
        letter_id,
        recipient,
        subject,
        sealed_letter,
        tx.now,
    )
