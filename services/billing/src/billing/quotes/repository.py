"""SQL of quotes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from billing.quotes.rules import Range
from chassis.data.database import Transaction

_LATELY = 500
"""Attempts of a capability that tell what it costs."""


async def lately(tx: Transaction, capabilities: Collection[str]) -> dict[str, Range]:
    """By capability, what its last attempts cost: the least, the middle and the most."""
    rows = await tx.fetch(
        """
        SELECT asked.capability, min(cost) AS minimum, max(cost) AS maximum,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY cost) AS expected
        FROM unnest($1::text[]) AS asked (capability)
        CROSS JOIN LATERAL (
            SELECT cost FROM cost_records WHERE cost_records.capability = asked.capability
            ORDER BY created_at DESC LIMIT $2
        ) AS last
        GROUP BY asked.capability
        """,
        list(capabilities),
        _LATELY,
    )
    return {row["capability"]: Range(row["minimum"], row["expected"], row["maximum"]) for row in rows}


async def keep(
    tx: Transaction,
    quote_id: UUID,
    user_id: UUID,
    product_line: str,
    kind: str,
    credits: int,
    answer: dict[str, Any],
    valid_until: datetime,
) -> None:
    """Remember what somebody was told."""
    await tx.execute(
        "INSERT INTO quotes (id, user_id, product_line, kind, minimum, expected, maximum, answer, valid_until, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8)",
        quote_id,
        user_id,
        product_line,
        kind,
        credits,
        orjson.dumps(answer).decode(),
        valid_until,
        tx.now,
    )


async def answer(tx: Transaction, user_id: UUID, quote_id: UUID) -> dict[str, Any] | None:
    """What somebody was told."""
    row = await tx.fetchrow("SELECT answer FROM quotes WHERE id = $1 AND user_id = $2", quote_id, user_id)
    return dict(row["answer"]) if row is not None else None


async def most(tx: Transaction, quote_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], int]:
    """By quote and user, the most credits that were agreed on."""
    rows = await tx.fetch("SELECT id, user_id, maximum FROM quotes WHERE id = ANY($1::uuid[])", list(quote_ids))
    return {(row["id"], row["user_id"]): row["maximum"] for row in rows}
