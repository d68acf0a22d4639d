"""The SQL of erasing a person: books stay, and say nothing but an id."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction

# What the payment processor reported of a customer has name, addresses and card in it.
_EMPTY_REPORTS = """
UPDATE payment_events SET body = json_build_object('id', id, 'type', type, 'erased', true)::text
WHERE (body LIKE '%' || $1::text || '%' OR EXISTS (
    SELECT FROM payment_subscriptions AS of_person
    WHERE of_person.user_id = $1::text::uuid AND (
        payment_events.body LIKE '%"' || of_person.customer_id || '"%' OR payment_events.object_id = of_person.id
    )
)) AND processed_at IS NOT NULL
"""

_FORGET = (
    "UPDATE invoices SET page_url = NULL, pdf_url = NULL WHERE user_id = $1",
    "DELETE FROM quotes WHERE user_id = $1",
    "DELETE FROM idempotency_keys WHERE user_id = $1",
)


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Take personal details out of what was reported of the person's payments, and forget what is no part of books."""
    await tx.execute(_EMPTY_REPORTS, str(user_id))
    for statement in _FORGET:
        await tx.execute(statement, user_id)
