"""Credits that are given, and money that is given back, with who decided it and why (BIL-18)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from billing.ledger.models import USUAL_PRIORITY
from billing.ledger.service import Ledger
from billing.payments.money import Money, to_minor
from billing.payments.port import PaymentFailure, PaymentProcessor, RefundRequest
from billing.receipts import repository as receipts
from billing.sales import errors
from billing.sales import repository as sales
from chassis import ids
from chassis.data.database import Database, Transaction
from chassis.errors import Conflict, Invalid, NotFound
from chassis.http.repeats import once


class Given(BaseModel):
    """Credits that were given."""

    id: UUID
    credits_balance: int


class GivenBack(BaseModel):
    """Credits that were given back."""

    id: UUID
    credits: int
    credits_left: int


class HoldNotFound(NotFound):
    """There is no such hold."""

    code = "hold_not_found"


class NothingSpent(Conflict):
    """Nothing was captured of this hold, or all of it was given back."""

    code = "nothing_spent"


class Refunding(BaseModel):
    """A refund that was decided."""

    id: UUID
    payment_id: UUID


class PaymentNotFound(NotFound):
    """There is no such payment."""

    code = "payment_not_found"


class NotRefundable(Conflict):
    """This payment did not come about, or less is left of it."""

    code = "not_refundable"


class NotAnAmount(Invalid):
    """The currency of the payment has no such amount."""

    code = "not_an_amount"


async def give(
    tx: Transaction,
    ledger: Ledger,
    *,
    user_id: UUID,
    product_line: str,
    credits: int,
    reason: str,
    by: UUID,
    key: str | None,
    expires_at: datetime | None = None,
    priority: int = USUAL_PRIORITY,
) -> tuple[Given, bool]:
    """Give promotional credits; once a ``key``, and says whether it was known. Raises ``KeyReused``."""

    async def work() -> Given:
        decision = ids.uuid7()
        about = {"credits": credits, "reason": reason, "expires_at": expires_at, "priority": priority}
        await sales.decide(tx, decision, user_id, product_line, by, "grant", about)
        balance = await ledger.grant(
            (user_id, product_line), credits, reason, decision, tx, expires_at=expires_at, priority=priority
        )
        await sales.decided(tx, decision, "done")
        return Given(id=decision, credits_balance=balance)

    return await once(
        tx, by, key, f"grant {user_id} {product_line} {credits} {reason} {expires_at} {priority}", work, Given
    )


async def give_back(
    tx: Transaction,
    ledger: Ledger,
    *,
    hold_id: UUID,
    credits: int | None,
    reason: str,
    by: UUID,
    key: str | None,
) -> tuple[GivenBack, bool]:
    """Give back credits that were captured; once a ``key``, and says whether it was known.

    Raises :class:`HoldNotFound`, :class:`NothingSpent` and ``KeyReused``.
    """

    async def work() -> GivenBack:
        decision = ids.uuid7()
        found = await ledger.refund(hold_id, credits, reason, tx)
        if found is None:
            raise HoldNotFound("There is no such hold.")
        held, given = found
        if given == 0:
            raise NothingSpent("Nothing of it is spent that could be given back.")
        about = {"hold": hold_id, "credits": given, "reason": reason}
        await sales.decide(tx, decision, held.user_id, held.product_line, by, "credit_refund", about)
        await sales.decided(tx, decision, "done")
        return GivenBack(id=decision, credits=given, credits_left=held.captured - held.refunded)

    return await once(tx, by, key, f"credit refund {hold_id} {credits} {reason}", work, GivenBack)


async def refund(
    database: Database,
    processor: PaymentProcessor,
    *,
    payment_id: UUID,
    money: Money | None,
    reason: str,
    by: UUID,
    key: str | None,
) -> tuple[Refunding, bool]:
    """Give money of a payment back: ``money``, or all that is left. What it had bought is taken back when the processor
    says that the money is on its way.

    Raises :class:`PaymentNotFound`, :class:`NotRefundable`, :class:`NotAnAmount`, ``KeyReused`` and what
    :func:`errors.told` says.
    """

    async def decide() -> Refunding:
        paid = await receipts.payment(tx, payment_id)
        if paid is None:
            raise PaymentNotFound("There is no such payment.")
        if money is not None and money.currency != paid.currency:
            raise NotAnAmount("The payment was made in another currency.", fields={"currency": paid.currency})
        left = paid.amount_minor - paid.refunded_minor
        if paid.status not in ("completed", "refunded") or left == 0 or _minor(money) > left:
            raise NotRefundable("So much is not left of this payment.", details={"left_minor": left})
        decision = ids.uuid7()
        about = {"payment": payment_id, "minor": _minor(money) or left, "reason": reason}
        await sales.decide(tx, decision, paid.user_id, paid.product_line, by, "refund", about)
        return Refunding(id=decision, payment_id=payment_id)

    async with database.transaction() as tx:
        asked = f"refund {payment_id} {_minor(money)} {reason}"
        refunding, replayed = await once(tx, by, key, asked, decide, Refunding)
        vendor_id = await receipts.paid_with(tx, payment_id)
    if vendor_id is None:
        raise NotRefundable("The processor has not said yet which payment this is. Try again in a minute.")
    try:
        wanted = RefundRequest(
            reference=refunding.id, payment_id=vendor_id, amount=money, reason="requested_by_customer"
        )
        await processor.refund(wanted, key=refunding.id)
    except PaymentFailure as failure:
        async with database.transaction() as tx:
            await sales.decided(tx, refunding.id, f"{failure.kind}: {failure}")
        raise errors.told(failure) from failure
    async with database.transaction() as tx:
        await sales.decided(tx, refunding.id, "done")
    return refunding, replayed


def _minor(money: Money | None) -> int:
    try:
        return to_minor(money) if money is not None else 0
    except ValueError as wrong:
        raise NotAnAmount(str(wrong), fields={"amount": "not in this currency"}) from wrong
