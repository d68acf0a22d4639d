"""SQL of invoices and payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from billing.payments.events import InvoiceReported
from billing.payments.money import Money, to_minor
from chassis import ids
from chassis.data.database import Transaction


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment as it is stored; ``refunded_minor`` of ``amount_minor`` was given back."""

    id: UUID
    user_id: UUID
    product_line: str
    purchase_id: UUID | None
    amount_minor: int
    refunded_minor: int
    currency: str
    status: str


async def lock(tx: Transaction, *names: str) -> None:
    """Let what is said of an invoice or a payment, by the processor's names for them, be taken in by one at a time:
    two who cannot see each other's half would each leave the whole to the other."""
    for name in names:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"receipt {name}")


async def keep_invoice(tx: Transaction, invoice: InvoiceReported, user_id: UUID, product_line: str) -> UUID | None:
    """Keep an invoice; one that was paid stays so. Returns our id of it the moment it is known to be paid."""
    row = await tx.fetchrow(
        """
        INSERT INTO invoices AS held (id, processor_invoice_id, user_id, product_line, number, amount_minor, tax_minor,
                                      currency, status, page_url, pdf_url, issued_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
        ON CONFLICT (processor_invoice_id) DO UPDATE
        SET number = excluded.number, amount_minor = excluded.amount_minor, tax_minor = excluded.tax_minor,
            status = excluded.status, page_url = excluded.page_url, pdf_url = excluded.pdf_url,
            updated_at = excluded.updated_at
        WHERE held.status <> 'paid'
        RETURNING id, status
        """,
        ids.uuid7(),
        invoice.invoice_id,
        user_id,
        product_line,
        invoice.number,
        to_minor(invoice.total),
        to_minor(invoice.tax),
        invoice.total.currency,
        "paid" if invoice.paid else "open",
        invoice.page_url,
        invoice.pdf_url,
        invoice.issued_at,
        tx.now,
    )
    return row["id"] if row is not None and row["status"] == "paid" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A payment as it was reported: of an invoice, or of a purchase."""

    user_id: UUID
    product_line: str
    processor: str
    money: Money
    completed: bool
    description: str
    plan_type: str | None
    payment_id: str | None = None
    invoice_id: str | None = None
    purchase_id: UUID | None = None
    failure_reason: str | None = None
    attempts: int = 1
    period_start: datetime | None = None
    period_end: datetime | None = None


async def keep_payment(tx: Transaction, new: NewPayment) -> UUID | None:
    """Keep a payment; one that came stays so. Returns our id of it, None where nothing new was said of it."""
    row = await tx.fetchrow(
        """
        INSERT INTO payments AS held (
            id, user_id, product_line, processor, processor_payment_id, processor_invoice_id, purchase_id,
            amount_minor, currency, status, description, plan_type, failure_reason, attempts, billing_period_start,
            billing_period_end, created_at, updated_at)
        VALUES ($1, $2, $3, $4,
                coalesce($5, (SELECT processor_payment_id FROM payment_facts WHERE processor_invoice_id = $6)),
                $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
        ON CONFLICT (processor_invoice_id) DO UPDATE
        SET status = excluded.status, amount_minor = excluded.amount_minor, failure_reason = excluded.failure_reason,
            attempts = excluded.attempts, updated_at = excluded.updated_at,
            processor_payment_id = coalesce(held.processor_payment_id, excluded.processor_payment_id)
        WHERE held.status = 'failed' AND (excluded.status = 'completed' OR excluded.attempts > held.attempts)
        RETURNING id
        """,
        ids.uuid7(),
        new.user_id,
        new.product_line,
        new.processor,
        new.payment_id,
        new.invoice_id,
        new.purchase_id,
        to_minor(new.money),
        new.money.currency,
        "completed" if new.completed else "failed",
        new.description[:500],
        new.plan_type,
        new.failure_reason,
        new.attempts,
        new.period_start,
        new.period_end,
        tx.now,
    )
    return row["id"] if row is not None else None


async def say_which(
    tx: Transaction, payment_id: str, *, invoice_id: str | None = None, refunded_minor: int = 0
) -> None:
    """Keep what was said of a payment: the invoice it is of, the most that is known to have been given back."""
    await tx.execute(
        """
        INSERT INTO payment_facts AS held (processor_payment_id, processor_invoice_id, refunded_minor, updated_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (processor_payment_id) DO UPDATE
        SET processor_invoice_id = coalesce(held.processor_invoice_id, excluded.processor_invoice_id),
            refunded_minor = greatest(held.refunded_minor, excluded.refunded_minor), updated_at = excluded.updated_at
        """,
        payment_id,
        invoice_id,
        refunded_minor,
        tx.now,
    )
    await tx.execute(
        "UPDATE payments SET processor_payment_id = $1 "
        "WHERE processor_invoice_id = $2 AND processor_payment_id IS NULL",
        payment_id,
        invoice_id,
    )


async def payment(tx: Transaction, payment_id: UUID) -> Paid | None:
    """A payment by our id; its row is locked."""
    row = await tx.fetchrow("SELECT * FROM payments WHERE id = $1 FOR UPDATE", payment_id)
    return _paid(row) if row is not None else None


async def paid_with(tx: Transaction, payment_id: UUID) -> str | None:
    """What the processor calls a payment of ours, where it has said so."""
    row = await tx.fetchrow("SELECT processor_payment_id FROM payments WHERE id = $1", payment_id)
    return row["processor_payment_id"] if row is not None else None


async def owed_back(tx: Transaction, payment_id: str) -> tuple[Paid, int] | None:
    """A payment of which more was given back than is written, and how much that is in all; its row is locked."""
    row = await tx.fetchrow(
        """
        SELECT payment.*, least(fact.refunded_minor, payment.amount_minor) AS given FROM payments AS payment
        JOIN payment_facts AS fact USING (processor_payment_id)
        WHERE payment.processor_payment_id = $1 AND fact.refunded_minor > payment.refunded_minor
        FOR UPDATE OF payment
        """,
        payment_id,
    )
    if row is None or row["given"] <= row["refunded_minor"]:
        return None
    return _paid(row), row["given"]


async def refunded(tx: Transaction, paid: Paid, refunded_minor: int) -> None:
    """Write how much of a payment was given back in all."""
    await tx.execute(
        "UPDATE payments SET refunded_minor = $2, status = $3, updated_at = $4 WHERE id = $1",
        paid.id,
        refunded_minor,
        "refunded" if refunded_minor == paid.amount_minor else paid.status,
        tx.now,
    )


def _paid(row: asyncpg.Record) -> Paid:
    return Paid(**{name: row[name] for name in Paid.__dataclass_fields__})
