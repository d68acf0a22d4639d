"""SQL of the keys that sign."""

from __future__ import annotations

from chassis.data.database import Transaction

_NOTE = """
INSERT INTO signing_keys (key_id, public, last_signed_at) VALUES ($1, $2, $3)
ON CONFLICT (key_id) DO UPDATE SET last_signed_at = greatest(signing_keys.last_signed_at, excluded.last_signed_at)
"""


async def note(tx: Transaction, key_id: str, public: str) -> None:
    """The key with this public half (``x`` of its JWK) signs now."""
    await tx.execute(_NOTE, key_id, public, tx.now)
