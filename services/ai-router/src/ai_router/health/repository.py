"""SQL of how providers are."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.enums import ServiceHealth


async def keep(tx: Transaction, provider: str, milliseconds: int, error: str | None) -> None:
    """Keep the last check of a provider: how long it took, and what went wrong, if anything."""
    await tx.execute(
        "INSERT INTO provider_health (provider, status, response_time_ms, checked_at, error_message) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (provider) DO UPDATE SET status = excluded.status, "
        "response_time_ms = excluded.response_time_ms, checked_at = excluded.checked_at, "
        "error_message = excluded.error_message",
        provider,
        (ServiceHealth.HEALTHY if error is None else ServiceHealth.UNHEALTHY).value,
        milliseconds,
        tx.now,
        error,
    )
