"""SQL of how providers are."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ai_router.routing.breaker import BreakerState
from chassis.data.database import Transaction
from contracts.enums import Capability, ServiceHealth

BELIEVED_S = 30.0
"""A process that has not told of its breakers for so long is taken to have ended, and they with it."""


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


async def tell_breakers(tx: Transaction, holder: UUID, states: Mapping[tuple[str, Capability], BreakerState]) -> None:
    """Keep the states of a process's breakers that are not closed, in place of those it told of before."""
    await tx.execute("DELETE FROM provider_breakers WHERE holder = $1", holder)
    await tx.execute(
        "INSERT INTO provider_breakers (holder, provider, capability, state, told_at) "
        "SELECT $1, provider, capability, state, now() "
        "FROM unnest($2::text[], $3::text[], $4::text[]) AS told (provider, capability, state)",
        holder,
        [provider for provider, _ in states],
        [capability.value for _, capability in states],
        [state.value for state in states.values()],
    )
