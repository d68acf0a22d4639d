"""The sandbox's books: objects and events in Stripe's shapes, so that what reads Stripe's reads these.

Every change tells of itself within its own transaction: no report is ever late or lost here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from billing.ledger.periods import month_since
from billing.payments.events import envelope
from billing.payments.inbox import Inbox
from billing.payments.port import FailureClass, PaymentFailure
from billing.sandbox import repository
from chassis import ids
from chassis.data.database import Transaction

Json = dict[str, Any]

OVER = ("canceled", "incomplete_expired")


class Account:
    """What happens in the sandbox within one transaction each."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def get(self, tx: Transaction, id: str) -> Json:
        """An object, locked. Raises ``PaymentFailure`` where there is none."""
        found = await repository.get(tx, id)
        if found is None:
            raise PaymentFailure(FailureClass.NOT_FOUND, f"the sandbox has no {id}")
        return found

    async def tell(self, tx: Transaction, kind: str, thing: Json) -> None:
        """Let the inbox have an event as it has Stripe's."""
        event = {
            "id": f"evt_sandbox_{ids.uuid7().hex}",
            "object": "event",
            "type": kind,
            "created": int(tx.now.timestamp()),
            "livemode": False,
            "api_version": None,
            "data": {"object": thing},
        }
        body = orjson.dumps(event)
        await self._inbox.take(envelope(body), body, tx)

    async def pay(self, tx: Transaction, session: Json) -> None:
        """The buyer pays for a visit."""
        if session["status"] != "open":
            raise PaymentFailure(FailureClass.INVALID, f"{session['id']} is {session['status']}")
        trial = session["trial_days"]
        session |= {"status": "complete", "url": None, "payment_status": "no_payment_required" if trial else "paid"}
        if session["mode"] == "subscription":
            session["subscription"] = await self._subscribe(tx, session, trial)
        else:
            intent = await self._charge(tx, session["customer"], session["amount_total"], session["currency"])
            session["payment_intent"] = intent
        await repository.put(tx, session, parent=session["customer"])
        await repository.put(tx, {**await self.get(tx, session["customer"]), "stored": True})
        await self.tell(tx, "checkout.session.completed", session)

    async def charge(self, tx: Transaction, intent: Json) -> None:
        """Charge what a customer has stored."""
        await repository.put(tx, intent, parent=intent["customer"])
        number = intent["id"].removeprefix("pi_sandbox_")
        await self._charge(tx, intent["customer"], intent["amount"], intent["currency"], number)
        await self.tell(tx, "payment_intent.succeeded", intent)

    async def _subscribe(self, tx: Transaction, session: Json, trial_days: int) -> str:
        price = await self.get(tx, session["price"])
        now = int(tx.now.timestamp())
        start = datetime.fromtimestamp(now, UTC)
        anchor = start + timedelta(days=trial_days)
        end = anchor if trial_days else _period(start, anchor, price["interval"])
        held: Json = {
            "id": session["id"].replace("cs_", "sub_"),
            "object": "subscription",
            "customer": session["customer"],
            "status": "trialing" if trial_days else "active",
            "metadata": session["metadata"],
            "items": {"data": [_item(session["id"], price, start, end)]},
            "billing_cycle_anchor": int(anchor.timestamp()),
            "trial_end": int(anchor.timestamp()) if trial_days else None,
            "cancel_at_period_end": False,
            "cancel_at": None,
            "ended_at": None,
            "pending_update": None,
            "schedule": None,
            "next_price": None,
            "latest_invoice": None,
        }
        await self.keep(tx, held)
        await self.tell(tx, "customer.subscription.created", held)
        if not trial_days:
            await self._bill(tx, held, price["unit_amount"], "subscription_create", (start, end), paid=True)
        return str(held["id"])

    async def keep(self, tx: Transaction, held: Json) -> None:
        """Write a subscription, due when its period ends."""
        item = held["items"]["data"][0]
        due = None if held["status"] in OVER else datetime.fromtimestamp(item["current_period_end"], UTC)
        await repository.put(tx, held, parent=held["customer"], due_at=due)

    async def move(self, tx: Transaction, held: Json, **change: Any) -> None:
        """Change a subscription and tell."""
        held |= change
        await self.keep(tx, held)
        await self.tell(tx, "customer.subscription.updated", held)

    async def end(self, tx: Transaction, held: Json, at: int) -> None:
        """End a subscription and tell."""
        held |= {"status": "canceled", "ended_at": at}
        await self.keep(tx, held)
        await self.tell(tx, "customer.subscription.deleted", held)

    async def charge_difference(self, tx: Transaction, held: Json, price: Json) -> None:
        """Move to a dearer price: at once if what is left of the period can be paid for, and else once it is."""
        item, now = held["items"]["data"][0], tx.now.replace(microsecond=0)
        start, end = (datetime.fromtimestamp(item[f"current_period_{side}"], UTC) for side in ("start", "end"))
        left = max(timedelta(0), end - now) / (end - start)
        change: Json = {}
        due = price["unit_amount"] - round(item["price"]["unit_amount"] * left)
        if price["interval"] == item["price"]["recurring"]["interval"]:
            due = round((price["unit_amount"] - item["price"]["unit_amount"]) * left)
        else:
            start, end = now, _period(now, now, price["interval"])
            change["billing_cycle_anchor"] = int(now.timestamp())
        paid = await self._bill(tx, held, max(0, due), "subscription_update", (start, end))
        if not paid:
            await self.move(tx, held, pending_update={"price": price["id"]})
            return
        await self.move(tx, held, **change, items={"data": [_item(item["id"], price, start, end)]}, pending_update=None)

    async def renew(self, tx: Transaction, held: Json) -> None:
        """The period is over: the next one begins and is paid for, or the subscription ends as it was told to."""
        item = held["items"]["data"][0]
        if held["status"] == "past_due":
            await self.end(tx, held, item["current_period_end"])
            return
        if held["cancel_at_period_end"]:
            await self.end(tx, held, item["current_period_end"])
            return
        price = await self.get(tx, held["next_price"] or item["price"]["id"])
        start = datetime.fromtimestamp(item["current_period_end"], UTC)
        if price["interval"] != item["price"]["recurring"]["interval"]:
            held["billing_cycle_anchor"] = item["current_period_end"]
        end = _period(start, datetime.fromtimestamp(held["billing_cycle_anchor"], UTC), price["interval"])
        held |= {"items": {"data": [_item(item["id"], price, start, end)]}, "next_price": None, "schedule": None}
        paid = await self._bill(tx, held, price["unit_amount"], "subscription_cycle", (start, end))
        await self.move(tx, held, status="active" if paid else "past_due")

    async def collect(self, tx: Transaction, held: Json) -> None:
        """The bank takes what it refused."""
        invoice = await self.get(tx, held["latest_invoice"])
        if held["status"] == "past_due" and invoice["status"] == "open":
            await self._settle(tx, invoice)
            await self.move(tx, held, status="active")

    async def refund(self, tx: Transaction, charge: Json, amount: int, made: Json) -> None:
        """Give money of a charge back."""
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        await repository.put(tx, charge)
        await repository.put(tx, made, parent=charge["id"])
        await self.tell(tx, "refund.created", made)
        await self.tell(tx, "charge.refunded", charge)

    async def _bill(
        self,
        tx: Transaction,
        held: Json,
        due: int,
        reason: str,
        period: tuple[datetime, datetime],
        *,
        paid: bool | None = None,
    ) -> bool:
        customer = await self.get(tx, held["customer"])
        invoice: Json = {
            "id": f"in_sandbox_{ids.uuid7().hex}",
            "object": "invoice",
            "customer": held["customer"],
            "currency": held["items"]["data"][0]["price"]["currency"],
            "amount_due": due,
            "amount_paid": 0,
            "attempt_count": 1,
            "billing_reason": reason,
            "created": int(tx.now.timestamp()),
            "number": f"SANDBOX-{ids.uuid7().hex[-8:].upper()}",
            "status": "open",
            "parent": {"subscription_details": {"subscription": held["id"], "metadata": held["metadata"]}},
            "lines": {"data": [{"period": {"start": int(period[0].timestamp()), "end": int(period[1].timestamp())}}]},
        }
        held["latest_invoice"] = invoice["id"]
        if paid or not customer["declines"]:
            await self._settle(tx, invoice)
            return True
        await repository.put(tx, invoice, parent=held["id"])
        await self.tell(tx, "invoice.payment_failed", invoice)
        return False

    async def _settle(self, tx: Transaction, invoice: Json) -> None:
        invoice |= {"status": "paid", "amount_paid": invoice["amount_due"]}
        subscription_id = invoice["parent"]["subscription_details"]["subscription"]
        await repository.put(tx, invoice, parent=subscription_id)
        if invoice["amount_due"]:
            intent = await self._charge(tx, invoice["customer"], invoice["amount_due"], invoice["currency"])
            paid = {"id": f"inpay_{intent}", "object": "invoice_payment", "invoice": invoice["id"]}
            payment = {"type": "payment_intent", "payment_intent": intent}
            await self.tell(tx, "invoice_payment.paid", {**paid, "payment": payment})
        await self.tell(tx, "invoice.paid", invoice)

    async def _charge(
        self, tx: Transaction, customer: str, amount: int, currency: str, number: str | None = None
    ) -> str:
        number = number or ids.uuid7().hex
        charge = {
            "id": f"ch_sandbox_{number}",
            "object": "charge",
            "customer": customer,
            "payment_intent": f"pi_sandbox_{number}",
            "amount": amount,
            "amount_refunded": 0,
            "currency": currency,
            "refunded": False,
        }
        await repository.put(tx, charge, parent=customer)
        return str(charge["payment_intent"])


def charge_of(payment_id: str) -> str:
    """The charge of a payment."""
    return payment_id.replace("pi_", "ch_", 1)


def _period(start: datetime, anchor: datetime, interval: str) -> datetime:
    end = start
    for _ in range(12 if interval == "year" else 1):
        _, end = month_since(anchor, end)
    return end


def _item(id: str, price: Json, start: datetime, end: datetime) -> Json:
    return {
        "id": id,
        "price": {
            "id": price["id"],
            "currency": price["currency"],
            "unit_amount": price["unit_amount"],
            "recurring": {"interval": price["interval"]},
        },
        "current_period_start": int(start.timestamp()),
        "current_period_end": int(end.timestamp()),
    }
