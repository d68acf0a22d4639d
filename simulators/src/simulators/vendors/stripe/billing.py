"""Subscriptions, invoices, payments and refunds of a simulated Stripe account, and how they move.

Money moves when a request or a helper says so; nobody waits for a clock.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime

from simulators.vendors.stripe.account import Account
from simulators.vendors.stripe.form import Json, Wrong, required, whole, yes

_DAY = 86_400
_FINAL = ("canceled", "incomplete_expired")
_DAYS = {"day": 1, "week": 7}


class Billing(Account):
    """What is billed, and what came of it."""

    # --- subscriptions and their invoices

    def create_subscription(self, params: Json) -> Json:
        """``POST /v1/subscriptions``; pays at once, or is incomplete, or refused, as ``payment_behavior`` wants."""
        required(params, "customer", "items")
        self.get("customer", params["customer"], param="customer")
        item = params["items"][0]
        price = self.get("price", item.get("price", ""), param="items[0][price]")
        declined = self._declines(params["customer"], params.get("default_payment_method"))
        if declined and params.get("payment_behavior") == "error_if_incomplete":
            raise declined_card()
        quantity = whole(item, "quantity", least=1) or 1
        made = self.new_subscription(params["customer"], price, quantity, params.get("metadata") or {})
        self.tell("customer.subscription.created", made)
        invoice = self.invoice(made, price["unit_amount"] * quantity, "subscription_create")
        made["latest_invoice"] = invoice["id"]
        if declined:
            self._unpaid(invoice)
        else:
            self.paid(invoice)
            self.move(made, {"status": "active"})
        return made

    def update_subscription(self, id: str, params: Json) -> Json:
        """``POST /v1/subscriptions/{id}``: another price, the end of the period, metadata."""
        held = self.get("subscription", id)
        if held["status"] in _FINAL:
            raise Wrong("A canceled subscription can only update its cancellation_details and metadata.")
        change: Json = {}
        if (end := yes(params, "cancel_at_period_end")) is not None:
            period_end = held["items"]["data"][0]["current_period_end"]
            change |= {
                "cancel_at_period_end": end,
                "cancel_at": period_end if end else None,
                "canceled_at": self.now() if end else None,
            }
        if "cancel_at" in params:
            at = whole(params, "cancel_at")
            change |= {"cancel_at": at, "canceled_at": self.now() if at else None}
        if "metadata" in params:
            change["metadata"] = {**held["metadata"], **(params["metadata"] or {})}
        if "items" in params:
            change |= self._other_price(held, params)
        self.move(held, change)
        return held

    def cancel_subscription(self, id: str) -> Json:
        """``DELETE /v1/subscriptions/{id}``; there is none to cancel the second time."""
        held = self.get("subscription", id)
        if held["status"] in _FINAL:
            raise Wrong(f"No such subscription: '{id}'", status=404, code="resource_missing", param="id")
        held |= {"status": "canceled", "canceled_at": self.now(), "ended_at": self.now()}
        self.tell("customer.subscription.deleted", held)
        return held

    def renew(self, id: str, *, paid: bool = True) -> Json:
        """The period ends: a new one begins and is billed, or the subscription ends as it was told to."""
        held = self.get("subscription", id)
        item = held["items"]["data"][0]
        if held["cancel_at_period_end"]:
            return self.cancel_subscription(id)
        began, until = item["current_period_end"], self._after(item["current_period_end"], item["price"])
        items = copy.deepcopy(held["items"])
        items["data"][0] |= {"current_period_start": began, "current_period_end": until}
        invoice = self.invoice(held, item["price"]["unit_amount"] * item["quantity"], "subscription_cycle")
        change: Json = {"items": items, "latest_invoice": invoice["id"]}
        if paid:
            self.paid(invoice)
            change["status"] = "active"
        else:
            self._unpaid(invoice)
            change["status"] = "past_due"
        self.move(held, change)
        return held

    def new_subscription(self, customer: str, price: Json, quantity: int, metadata: Json) -> Json:
        """An incomplete subscription of one item, paid for by nobody yet."""
        if not price["recurring"]:
            raise Wrong("The price specified is set to `type=one_time`.", param="items[0][price]")
        made = self.add(
            "subscription",
            "sub",
            {
                "automatic_tax": {"enabled": False, "liability": None, "disabled_reason": None},
                "billing_cycle_anchor": self.now(),
                "billing_mode": {"type": "flexible"},
                "cancel_at": None,
                "cancel_at_period_end": False,
                "canceled_at": None,
                "collection_method": "charge_automatically",
                "currency": price["currency"],
                "customer": customer,
                "default_payment_method": None,
                "ended_at": None,
                "latest_invoice": None,
                "metadata": metadata,
                "pending_update": None,
                "start_date": self.now(),
                "status": "incomplete",
                "trial_end": None,
                "trial_start": None,
            },
        )
        item = self.add(
            "subscription_item",
            "si",
            {
                "current_period_start": self.now(),
                "current_period_end": self._after(self.now(), price),
                "price": price,
                "quantity": quantity,
                "subscription": made["id"],
            },
        )
        url = f"/v1/subscription_items?subscription={made['id']}"
        made["items"] = {"object": "list", "url": url, "has_more": False, "total_count": 1, "data": [item]}
        return made

    def _other_price(self, held: Json, params: Json) -> Json:
        wanted = params["items"][0]
        item = held["items"]["data"][0]
        if wanted.get("id") != item["id"]:
            raise Wrong("This subscription has one item; name it by its id.", param="items[0][id]")
        price = self.get("price", wanted.get("price", ""), param="items[0][price]")
        items = copy.deepcopy(held["items"])
        items["data"][0] |= {"price": price}
        if params.get("proration_behavior") == "always_invoice":
            due = max(0, price["unit_amount"] - item["price"]["unit_amount"])
            invoice = self.invoice(held, due, "subscription_update")
            if due and self._declines(held["customer"], None):
                self._unpaid(invoice)
                if params.get("payment_behavior") == "error_if_incomplete":
                    raise declined_card()
                if params.get("payment_behavior") == "pending_if_incomplete":
                    expires = self.now() + 23 * 3600
                    return {"pending_update": {"expires_at": expires, "subscription_items": items["data"]}}
                return {"items": items, "status": "past_due", "latest_invoice": invoice["id"]}
            self.paid(invoice)
            return {"items": items, "latest_invoice": invoice["id"], "pending_update": None}
        return {"items": items}

    def move(self, held: Json, change: Json) -> None:
        """Change a subscription and tell, with what was before; nothing is told of nothing."""
        previous = {name: copy.deepcopy(held[name]) for name, value in change.items() if held[name] != value}
        held |= change
        if previous:
            self.tell("customer.subscription.updated", held, previous)

    def invoice(self, subscription: Json | None, due: int, reason: str, *, session: Json | None = None) -> Json:
        """An open invoice for a subscription, or a paid one for a visit."""
        of = subscription or session or {}
        details = subscription and {"subscription": subscription["id"], "metadata": subscription["metadata"]}
        number = next(self._numbers)
        return self.add(
            "invoice",
            "in",
            {
                "amount_due": due,
                "amount_paid": due if session else 0,
                "amount_remaining": 0 if session else due,
                "attempt_count": 0,
                "billing_reason": reason,
                "currency": of["currency"],
                "customer": of["customer"],
                "hosted_invoice_url": self.page(f"in_{number}"),
                "invoice_pdf": self.page(f"in_{number}/pdf"),
                "number": f"SIM-{number:06d}",
                "parent": details
                and {"type": "subscription_details", "quote_details": None, "subscription_details": details},
                "period_end": self.now(),
                "period_start": self.now(),
                "status": "paid" if session else "open",
                "subtotal": due,
                "total": due,
                "total_taxes": [],
            },
        )

    def paid(self, invoice: Json) -> None:
        """The invoice is paid, with a payment where anything is due."""
        if invoice["amount_due"]:
            self.payment(invoice["customer"], invoice["amount_due"], invoice["currency"], {"metadata": {}})
        invoice |= {
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "attempt_count": invoice["attempt_count"] + 1,
            "status": "paid",
        }
        self.tell("invoice.paid", invoice)

    def _unpaid(self, invoice: Json) -> None:
        invoice["attempt_count"] += 1
        self.tell("invoice.payment_failed", invoice)

    def _declines(self, customer: str, method: str | None) -> bool:
        return customer in self.declining or method == "pm_card_visa_chargeDeclined"

    @staticmethod
    def _after(moment: int, price: Json) -> int:
        interval = price["recurring"]["interval"]
        if interval in _DAYS:
            return moment + _DAYS[interval] * _DAY
        at = datetime.fromtimestamp(moment, UTC)
        months = at.month + (12 if interval == "year" else 1) - 1
        year, month = at.year + months // 12, months % 12 + 1
        # The last day of a shorter month stands for the days it has not.
        day = next(day for day in range(at.day, 0, -1) if _exists(year, month, day))
        return int(at.replace(year=year, month=month, day=day).timestamp())

    # --- money

    def refund(self, params: Json) -> Json:
        """``POST /v1/refunds`` of a PaymentIntent or a charge."""
        if params.get("payment_intent") is not None:
            intent = self.get("payment_intent", params["payment_intent"], param="payment_intent")
            charge = self.get("charge", intent["latest_charge"])
        else:
            required(params, "charge")
            charge = self.get("charge", params["charge"], param="charge")
        left = charge["amount"] - charge["amount_refunded"]
        amount = whole(params, "amount", least=1) or left
        if left == 0:
            raise Wrong(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
        if amount > left:
            raise Wrong(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
            )
        made = self.add(
            "refund",
            "re",
            {
                "amount": amount,
                "charge": charge["id"],
                "currency": charge["currency"],
                "metadata": params.get("metadata") or {},
                "payment_intent": charge["payment_intent"],
                "reason": params.get("reason"),
                "status": "succeeded",
            },
        )
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.tell("refund.created", made)
        self.tell("charge.refunded", charge)
        return made

    def portal(self, params: Json) -> Json:
        """``POST /v1/billing_portal/sessions``."""
        required(params, "customer")
        self.get("customer", params["customer"], param="customer")
        made = self.add("billing_portal.session", "bps", {key: params.get(key) for key in ("customer", "return_url")})
        made["url"] = self.page(made["id"])
        return made

    def payment(self, customer: str, amount: int, currency: str, data: Json) -> Json:
        """A PaymentIntent that succeeded, and its charge."""
        shared = {
            "amount": amount,
            "currency": currency,
            "customer": customer,
            "description": data.get("description"),
            "metadata": data.get("metadata") or {},
        }
        intent = self.add(
            "payment_intent", "pi", {**shared, "amount_received": amount, "latest_charge": None, "status": "succeeded"}
        )
        charge = self.add(
            "charge",
            "ch",
            {
                **shared,
                "amount_captured": amount,
                "amount_refunded": 0,
                "captured": True,
                "paid": True,
                "payment_intent": intent["id"],
                "refunded": False,
                "status": "succeeded",
            },
        )
        intent["latest_charge"] = charge["id"]
        self._charged("charge", charge)
        self.tell("payment_intent.succeeded", intent)
        self.tell("charge.succeeded", charge)
        return intent


def declined_card() -> Wrong:
    """402: the bank said no."""
    return Wrong(
        "Your card was declined.",
        status=402,
        type="card_error",
        code="card_declined",
        decline_code="generic_decline",
        charge="ch_declined",
    )


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return False
    return True
