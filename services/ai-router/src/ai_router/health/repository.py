"""SQL of how providers are."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from ai_router.routing.breaker import PROBE_S, Key
from chassis.data.database import Transaction
from contracts.enums import ServiceHealth


async def keep(tx: Transaction, provider: str, milliseconds: int, error: str | None) -> bool:
    """Keep the last check of a provider: how long it took, and what went wrong, if anything. Whether it is otherwise
    than it was; one that was never checked is taken to have been well."""
    status = (ServiceHealth.HEALTHY if error is None else ServiceHealth.UNHEALTHY).value
    row = await tx.fetchrow(
        "INSERT INTO provider_health (provider, status, response_time_ms, checked_at, error_message) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (provider) DO UPDATE SET status = excluded.status, "
        "response_time_ms = excluded.response_time_ms, checked_at = excluded.checked_at, "
        "error_message = excluded.error_message "
        "RETURNING (SELECT status FROM provider_health AS before WHERE before.provider = $1) AS before",
        provider,
        status,
        milliseconds,
        tx.now,
        error,
    )
    before = row["before"] if row is not None else None
    return status != (before or ServiceHealth.HEALTHY.value)


async def tell_breakers(tx: Transaction, changes: Mapping[Key, tuple[float, str] | None]) -> None:
    """Share what has happened to breakers of a process: those that opened, for so many seconds and why, and those that
    a call has closed. What an operator holds open stays so."""
    opened = [(key, *change) for key, change in changes.items() if change is not None]
    closed = [key for key, change in changes.items() if change is None]
    if opened:
        await tx.execute(
            """
            INSERT INTO breakers (provider, capability, model, opened_until, why, updated_at)
            SELECT provider, capability, model, $6::timestamptz + make_interval(secs => seconds), why, $6
            FROM unnest($1::text[], $2::text[], $3::text[], $4::float[], $5::text[])
                AS told (provider, capability, model, seconds, why) ORDER BY 1, 2, 3
            ON CONFLICT (provider, capability, model) DO UPDATE SET
                opened_until = greatest(breakers.opened_until, excluded.opened_until), probe_until = NULL,
                probe_by = NULL, why = excluded.why, updated_at = excluded.updated_at
            """,
            [key.provider for key, _, _ in opened],
            [key.capability for key, _, _ in opened],
            [key.model for key, _, _ in opened],
            [seconds for _, seconds, _ in opened],
            [why for _, _, why in opened],
            tx.now,
        )
    if closed:
        await tx.execute(
            "DELETE FROM breakers USING unnest($1::text[], $2::text[], $3::text[]) "
            "AS told (provider, capability, model) WHERE breakers.provider = told.provider "
            "AND breakers.capability = told.capability AND breakers.model = told.model "
            "AND (held_by IS NULL OR opened_until <= $4)",
            [key.provider for key in closed],
            [key.capability for key in closed],
            [key.model for key in closed],
            tx.now,
        )


async def claim_probe(tx: Transaction, key: Key, by: UUID) -> bool:
    """Be the one call that tries a half-open breaker. False where it is not half-open any more, or somebody else is."""
    row = await tx.fetchrow(
        "UPDATE breakers SET probe_until = $4::timestamptz + make_interval(secs => $5), probe_by = $6 "
        "WHERE provider = $1 AND capability = $2 AND model = $3 AND opened_until <= $4 "
        "AND (probe_until IS NULL OR probe_until <= $4) RETURNING provider",
        *key,
        tx.now,
        PROBE_S,
        by,
    )
    return row is not None


async def hold_open(tx: Transaction, key: Key, seconds: float, by: UUID, why: str) -> None:
    """Have nobody ask a provider for so long, because an operator says so."""
    await tx.execute(
        "INSERT INTO breakers (provider, capability, model, opened_until, why, held_by, updated_at) "
        "VALUES ($1, $2, $3, $5::timestamptz + make_interval(secs => $4), $6, $7, $5) "
        "ON CONFLICT (provider, capability, model) DO UPDATE SET opened_until = excluded.opened_until, "
        "probe_until = NULL, probe_by = NULL, why = excluded.why, held_by = excluded.held_by, reset_at = NULL, "
        "updated_at = excluded.updated_at",
        *key,
        seconds,
        tx.now,
        why,
        by,
    )


async def reset(tx: Transaction, key: Key, by: UUID, why: str) -> None:
    """Close a breaker for all processes, because an operator says so."""
    await tx.execute(
        "INSERT INTO breakers (provider, capability, model, opened_until, why, held_by, reset_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $4, $4) ON CONFLICT (provider, capability, model) DO UPDATE SET "
        "opened_until = excluded.opened_until, probe_until = NULL, probe_by = NULL, why = excluded.why, "
        "held_by = excluded.held_by, reset_at = excluded.reset_at, updated_at = excluded.updated_at",
        *key,
        tx.now,
        why,
        by,
    )
