"""SQL of alerts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from chassis.data.database import Transaction
from notify.alerts.models import Alert


async def add(tx: Transaction, alert_id: UUID, alert: Alert) -> bool:
    """Keep an alert that nobody has heard of, as told now; False where there is one like it."""
    rows = await tx.fetch(
        """
        INSERT INTO alerts (id, fingerprint, severity, service, message, told, told_at, raised_at, last_at)
        VALUES ($1, $2, $3, $4, $5, 'raised', $6, $6, $6) ON CONFLICT DO NOTHING RETURNING id
        """,
        alert_id,
        alert.fingerprint,
        alert.severity,
        alert.service,
        alert.message,
        tx.now,
    )
    return bool(rows)


async def lock(tx: Transaction, fingerprint: str) -> asyncpg.Record | None:
    """An alert, to be changed."""
    return await tx.fetchrow("SELECT * FROM alerts WHERE fingerprint = $1 FOR UPDATE", fingerprint)


async def lock_by_id(tx: Transaction, alert_id: UUID) -> asyncpg.Record | None:
    """The same, by its id."""
    return await tx.fetchrow("SELECT * FROM alerts WHERE id = $1 FOR UPDATE", alert_id)


async def heard(tx: Transaction, alert_id: UUID, alert: Alert, *, anew: bool) -> asyncpg.Record:
    """An alert goes on, or has come back: ``anew`` counts from one."""
    [row] = await tx.fetch(
        """
        UPDATE alerts SET severity = $2, message = $3, last_at = $4, resolved_at = NULL,
            times = CASE WHEN $5 THEN 1 ELSE times + 1 END, raised_at = CASE WHEN $5 THEN $4 ELSE raised_at END
        WHERE id = $1 RETURNING *
        """,
        alert_id,
        alert.severity,
        alert.message,
        tx.now,
        anew,
    )
    return row


async def resolved(tx: Transaction, alert_id: UUID, at: datetime) -> None:
    """An alert is over."""
    await tx.execute("UPDATE alerts SET resolved_at = $2, last_at = $2 WHERE id = $1", alert_id, at)


async def told(tx: Transaction, alert_id: UUID, what: str) -> None:
    """Operators are told this now."""
    await tx.execute("UPDATE alerts SET told = $2, told_at = $3 WHERE id = $1", alert_id, what, tx.now)
