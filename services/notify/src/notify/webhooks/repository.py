"""SQL of webhooks, their deliveries and the work of carrying them out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from chassis.data.leased_work import WorkItem
from notify.webhooks.models import FEATURE, Told


async def entitled(tx: Transaction, user_id: UUID, product_line: str) -> bool:
    """Whether the user's plan comes with webhooks."""
    row = await tx.fetchrow(
        "SELECT features->>$3 = 'true' AS has FROM entitlements WHERE user_id = $1 AND product_line = $2",
        user_id,
        product_line,
        FEATURE,
    )
    return bool(row and row["has"])


async def add(
    tx: Transaction,
    endpoint_id: UUID,
    user_id: UUID,
    product_line: str,
    url: str,
    event_types: Sequence[str],
    active: bool,
    sealed_secret: str,
    most: int,
) -> asyncpg.Record | None:
    """Keep a new endpoint; None when its user has as many as there may be."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || $1::text, 0))", str(user_id))
    return await tx.fetchrow(
        """
        INSERT INTO webhook_endpoints
            (id, user_id, product_line, url, event_types, active, sealed_secret, created_at, updated_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $8
        WHERE (SELECT count(*) FROM webhook_endpoints WHERE user_id = $2) < $9 RETURNING *
        """,
        endpoint_id,
        user_id,
        product_line,
        url,
        list(event_types),
        active,
        sealed_secret,
        tx.now,
        most,
    )


async def lock(tx: Transaction, endpoint_id: UUID, user_id: UUID | None = None) -> asyncpg.Record | None:
    """An endpoint, to be changed: nobody adds a delivery to it meanwhile. None when it is gone, or another user's."""
    return await tx.fetchrow(
        "SELECT * FROM webhook_endpoints WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2) FOR UPDATE",
        endpoint_id,
        user_id,
    )


async def change(
    tx: Transaction, endpoint_id: UUID, url: str, event_types: Sequence[str], active: bool
) -> asyncpg.Record:
    """Change what its owner decides. An endpoint that is switched on begins without failures."""
    [row] = await tx.fetch(
        """
        UPDATE webhook_endpoints
        SET url = $2, event_types = $3, active = $4, updated_at = $5,
            failures = CASE WHEN $4 AND NOT active THEN 0 ELSE failures END,
            disabled_at = CASE WHEN $4 THEN NULL ELSE disabled_at END
        WHERE id = $1 RETURNING *
        """,
        endpoint_id,
        url,
        list(event_types),
        active,
        tx.now,
    )
    return row


async def rotate(tx: Transaction, endpoint_id: UUID, sealed_secret: str, old_until: datetime) -> None:
    """Put a new secret in front; the present one stays good until ``old_until``."""
    await tx.execute(
        """
        UPDATE webhook_endpoints SET sealed_old_secret = sealed_secret, old_secret_until = $3, sealed_secret = $2,
            updated_at = $4
        WHERE id = $1
        """,
        endpoint_id,
        sealed_secret,
        old_until,
        tx.now,
    )


async def remove(tx: Transaction, endpoint_id: UUID, user_id: UUID) -> bool:
    """Remove an endpoint and its deliveries; whether there was one."""
    rows = await tx.fetch(
        "DELETE FROM webhook_endpoints WHERE id = $1 AND user_id = $2 RETURNING id", endpoint_id, user_id
    )
    return bool(rows)


async def hold(tx: Transaction, user_ids: Collection[UUID]) -> list[asyncpg.Record]:
    """The endpoints of these users whose plans come with them; none of them is changed until the commit."""
    return await tx.fetch(
        """
        SELECT endpoint.id, endpoint.user_id, endpoint.event_types
        FROM webhook_endpoints AS endpoint
        JOIN entitlements AS plan USING (user_id, product_line)
        WHERE endpoint.user_id = ANY($1::uuid[]) AND plan.features->>$2 = 'true'
        ORDER BY endpoint.id FOR SHARE OF endpoint
        """,
        list(user_ids),
        FEATURE,
    )


async def add_deliveries(tx: Transaction, made: Sequence[tuple[UUID, UUID, Told]]) -> list[asyncpg.Record]:
    """Keep deliveries, each once: its id, the endpoint's, what is told. Those that can go out are returned.

    One whose endpoint is off, or that follows on one of its run that did not arrive, waits to be recovered.
    """
    return await tx.fetch(
        """
        WITH kept AS (
            INSERT INTO webhook_deliveries
                (id, endpoint_id, event_id, lane, sequence, type, body, status, created_at)
            SELECT new.id, new.endpoint_id, new.event_id, new.lane, new.sequence, new.type, new.body,
                   CASE WHEN NOT endpoint.active OR EXISTS (
                       SELECT FROM webhook_deliveries AS earlier
                       WHERE earlier.endpoint_id = new.endpoint_id AND earlier.lane = new.lane
                             AND earlier.status IN ('failed', 'missed')
                   ) THEN 'missed' ELSE 'pending' END, $8
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::text[], $7::text[])
                AS new (id, endpoint_id, event_id, lane, sequence, type, body)
            JOIN webhook_endpoints AS endpoint ON endpoint.id = new.endpoint_id
            ON CONFLICT DO NOTHING RETURNING id, endpoint_id, lane, status
        )
        SELECT DISTINCT endpoint_id, lane FROM kept WHERE status = 'pending'
        """,
        [delivery_id for delivery_id, _, _ in made],
        [endpoint_id for _, endpoint_id, _ in made],
        [told.id for _, _, told in made],
        [told.lane for _, _, told in made],
        [told.sequence for _, _, told in made],
        [told.type for _, _, told in made],
        [told.body for _, _, told in made],
        tx.now,
    )


async def head(tx: Transaction, endpoint_id: UUID, lane: UUID) -> asyncpg.Record | None:
    """What is to be sent next in a lane, with its endpoint; None when there is nothing, or the endpoint is off."""
    return await tx.fetchrow(
        """
        SELECT delivery.*, endpoint.url, endpoint.sealed_secret, endpoint.sealed_old_secret, endpoint.old_secret_until
        FROM webhook_deliveries AS delivery JOIN webhook_endpoints AS endpoint ON endpoint.id = delivery.endpoint_id
        WHERE delivery.endpoint_id = $1 AND delivery.lane = $2 AND delivery.status = 'pending' AND endpoint.active
        ORDER BY delivery.sequence, delivery.id LIMIT 1
        """,
        endpoint_id,
        lane,
    )


async def delivered(tx: Transaction, delivery_id: UUID, endpoint_id: UUID, response_status: int) -> None:
    """Keep that a delivery has arrived; its endpoint has no failures in a row any more."""
    await tx.execute(
        """
        UPDATE webhook_deliveries
        SET status = 'delivered', attempts = attempts + 1, response_status = $2, error = NULL, ended_at = $3
        WHERE id = $1
        """,
        delivery_id,
        response_status,
        tx.now,
    )
    await tx.execute("UPDATE webhook_endpoints SET failures = 0 WHERE id = $1 AND failures > 0", endpoint_id)


async def failed(
    tx: Transaction, delivery_id: UUID, endpoint_id: UUID, response_status: int | None, error: str
) -> tuple[int, int]:
    """Keep a failed attempt; how many of this delivery and how many of its endpoint in a row that makes."""
    [delivery] = await tx.fetch(
        "UPDATE webhook_deliveries SET attempts = attempts + 1, response_status = $2, error = $3 "
        "WHERE id = $1 RETURNING attempts",
        delivery_id,
        response_status,
        error,
    )
    [endpoint] = await tx.fetch(
        "UPDATE webhook_endpoints SET failures = failures + 1 WHERE id = $1 RETURNING failures", endpoint_id
    )
    return delivery["attempts"], endpoint["failures"]


async def give_up(tx: Transaction, delivery_id: UUID, endpoint_id: UUID, lane: UUID) -> None:
    """A delivery has failed for good, and what follows on it is not sent either."""
    await tx.execute(
        """
        UPDATE webhook_deliveries SET status = CASE WHEN id = $1 THEN 'failed' ELSE 'missed' END, ended_at = $4
        WHERE endpoint_id = $2 AND lane = $3 AND status = 'pending'
        """,
        delivery_id,
        endpoint_id,
        lane,
        tx.now,
    )


async def switch_off(tx: Transaction, endpoint_id: UUID) -> None:
    """Send nothing there any more; what waits can be recovered."""
    await tx.execute(
        "UPDATE webhook_endpoints SET active = false, disabled_at = $2, updated_at = $2 WHERE id = $1",
        endpoint_id,
        tx.now,
    )
    await tx.execute(
        """
        UPDATE webhook_deliveries SET status = CASE WHEN attempts > 0 THEN 'failed' ELSE 'missed' END, ended_at = $2
        WHERE endpoint_id = $1 AND status = 'pending'
        """,
        endpoint_id,
        tx.now,
    )


async def recover(tx: Transaction, endpoint_id: UUID, since: datetime) -> list[asyncpg.Record]:
    """Switch an endpoint on, and have sent what did not arrive since; the lane of each."""
    await tx.execute(
        "UPDATE webhook_endpoints SET active = true, failures = 0, disabled_at = NULL, updated_at = $2 WHERE id = $1",
        endpoint_id,
        tx.now,
    )
    return await tx.fetch(
        """
        UPDATE webhook_deliveries SET status = 'pending', attempts = 0, ended_at = NULL
        WHERE endpoint_id = $1 AND status IN ('failed', 'missed') AND created_at >= $2 RETURNING lane
        """,
        endpoint_id,
        since,
    )


async def resend(tx: Transaction, endpoint_id: UUID, delivery_id: UUID) -> asyncpg.Record | None:
    """Have one delivery sent again, whatever became of it; None when there is none."""
    return await tx.fetchrow(
        """
        UPDATE webhook_deliveries SET status = 'pending', attempts = 0, ended_at = NULL
        WHERE id = $1 AND endpoint_id = $2 RETURNING *
        """,
        delivery_id,
        endpoint_id,
    )


async def put_off(tx: Transaction, item: WorkItem, until: datetime) -> None:
    """Let a lane rest; whoever is free goes on with it then."""
    await tx.execute(
        "UPDATE work SET lease_token = NULL, lease_until = NULL, run_after = $3, attempts = 0 "
        "WHERE id = $1 AND lease_token = $2",
        item.id,
        item.token,
        until,
    )


async def hurry(tx: Transaction, work_ids: Sequence[UUID]) -> None:
    """Go on at once with lanes that rest."""
    await tx.execute(
        "UPDATE work SET run_after = $2 WHERE id = ANY($1::uuid[]) AND run_after > $2", list(work_ids), tx.now
    )
