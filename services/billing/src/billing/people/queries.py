"""What a person is told of what billing knows about them (USR-39)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.storage.parts import rows_of

_EVERYTHING = {
    "credit_accounts": "SELECT product_line, plan_type, settled, held, bought, used, period_start, period_end, "
    "created_at FROM credit_accounts WHERE user_id = $1",
    "holds": "SELECT id, run_id, product_line, credits, captured, state, created_at FROM holds WHERE user_id = $1 "
    "ORDER BY created_at",
    "costs": "SELECT job_id, run_id, provider, capability, cost, currency, created_at FROM cost_records "
    "WHERE user_id = $1 ORDER BY created_at",
    "subscriptions": "SELECT id, product_line, status, interval, period_start, period_end, ended_at, created_at "
    "FROM payment_subscriptions WHERE user_id = $1 ORDER BY created_at",
    "payments": "SELECT id, (body::jsonb #>> '{data,object,amount_paid}')::numeric / 100 AS amount, "
    "upper(body::jsonb #>> '{data,object,currency}') AS currency, created AS created_at, "
    "body::jsonb #>> '{data,object,status}' AS status FROM payment_events WHERE type = 'invoice.paid' "
    "AND result IS DISTINCT FROM 'unreadable' AND EXISTS (SELECT FROM payment_subscriptions AS s WHERE s.user_id = $1 "
    "AND body LIKE '%\"' || s.customer_id || '\"%') ORDER BY created",
}


async def everything(tx: Transaction, user_id: UUID) -> dict[str, list[Any]]:
    """All of it, by what it is."""
    return await rows_of(tx, _EVERYTHING, user_id)
