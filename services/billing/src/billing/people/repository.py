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


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Take personal details out of what was reported of the person's payments."""
    await tx.execute(_EMPTY_REPORTS, str(user_id))
