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


# The customer says which processor it is at: what a sandbox reports, it reports as Stripe does. Once a subscription,
# however often the deletion is heard of.
_END_SUBSCRIPTIONS = """
INSERT INTO payment_decisions (id, user_id, product_line, decided_by, kind, about, created_at, updated_at)
SELECT gen_random_uuid(), $1, coalesce(held.product_line, ''), $1, 'erasure',
       json_build_object('subscription', held.id, 'processor', coalesce(customer.processor, held.processor)), $2, $2
FROM payment_subscriptions AS held
LEFT JOIN payment_customers AS customer USING (customer_id)
WHERE coalesce(held.user_id, customer.user_id) = $1
    AND held.status IN ('incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused')
    AND NOT EXISTS (
        SELECT FROM payment_decisions AS earlier
        WHERE earlier.user_id = $1 AND earlier.kind = 'erasure' AND earlier.about->>'subscription' = held.id
    )
"""


async def erase(tx: Transaction, user_id: UUID) -> None:
    """Take personal details out of what was reported of the person's payments, forget what is no part of books, and
    write down which subscriptions are to be ended at the processor."""
    await tx.execute(_END_SUBSCRIPTIONS, user_id, tx.now)
    await tx.execute(_EMPTY_REPORTS, str(user_id))
    for statement in _FORGET:
        await tx.execute(statement, user_id)
