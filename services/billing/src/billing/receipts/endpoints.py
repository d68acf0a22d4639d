"""What somebody paid, and the invoices for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from billing.payments.money import from_minor
from billing.receipts import queries
from chassis.http.outputs import Amount
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])


class PaymentOut(BaseModel):
    """One payment; ``refunded`` of it was given back."""

    id: UUID = Field(description="Of the payment.")
    amount: Amount = Field(description="In `currency`, with tax.")
    refunded: Amount = Field(description="Of that, what was given back.", examples=["0.00"])
    currency: str = Field(description="As ISO 4217 says.", examples=["INR"])
    status: str = Field(description="`completed`, `failed` or `refunded`.", examples=["completed"])
    description: str = Field(description="What was paid for.", examples=["Starter plan"])
    plan_type: str | None = Field(description="The plan it was for.", examples=["starter"])
    failure_reason: str | None = Field(description="Why it did not come about; null where it did.")
    billing_period_start: datetime | None = Field(description="From when it is for; null where it is for no time.")
    billing_period_end: datetime | None = Field(description="Until when it is for; null where it is for no time.")
    created_at: datetime = Field(description="When it was first tried.")


class InvoiceOut(BaseModel):
    """One invoice. Whoever has a link can read it."""

    id: UUID = Field(description="Of the invoice.")
    number: str | None = Field(description="As it stands on the invoice.", examples=["TP-000042"])
    amount: Amount = Field(description="In `currency`, with tax.")
    tax: Amount = Field(description="Of that, the tax.", examples=["76.12"])
    currency: str = Field(description="As ISO 4217 says.", examples=["INR"])
    status: str = Field(description="`open` or `paid`.", examples=["paid"])
    page_url: str | None = Field(description="Where it can be seen, and paid if it is open.")
    pdf_url: str | None = Field(description="Where its PDF is.")
    issued_at: datetime = Field(description="When it was made out.")


@router.get("/payments")
async def list_payments(caller: Caller, page: Page, tx: Tx) -> Paged[PaymentOut]:
    """Your payments in the product line of the session, newest first (BIL-08)."""
    rows, total = await queries.payments(tx, caller.user_id, caller.product_line, page)
    items = [
        PaymentOut(
            amount=from_minor(row["amount_minor"], row["currency"]).amount,
            refunded=from_minor(row["refunded_minor"], row["currency"]).amount,
            **{name: row[name] for name in PaymentOut.model_fields if name not in ("amount", "refunded")},
        )
        for row in rows
    ]
    return Paged[PaymentOut].of(items, total, page)


@router.get("/invoices")
async def list_invoices(caller: Caller, page: Page, tx: Tx) -> Paged[InvoiceOut]:
    """Your invoices in the product line of the session, newest first (BIL-09)."""
    rows, total = await queries.invoices(tx, caller.user_id, caller.product_line, page)
    items = [
        InvoiceOut(
            amount=from_minor(row["amount_minor"], row["currency"]).amount,
            tax=from_minor(row["tax_minor"], row["currency"]).amount,
            **{name: row[name] for name in InvoiceOut.model_fields if name not in ("amount", "tax")},
        )
        for row in rows
    ]
    return Paged[InvoiceOut].of(items, total, page)
