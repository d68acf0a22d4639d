"""Subscriptions, invoices, payments and refunds of a simulated Stripe account, and how they move.

Money moves when a request or a helper says so; nobody waits for a clock.
"""

from __future__ import annotations

import copy
from calendar import monthrange
from datetime import UTC, datetime

from simulators.vendors.stripe.form import Json, Wrong, required, whole, yes
from simulators.vendors.stripe.schedules import Schedules

_DAY = 86_400
_FINAL = ("canceled", "incomplete_expired")
_DAYS = {"day": 1, "week": 7}


class Billing(Schedules):
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
        change: Json = {}
        price = self.renewal_price(held, change)
        began = item["current_period_end"]
        if price["recurring"]["interval"] != item["price"]["recurring"]["interval"]:
            change["billing_cycle_anchor"] = began
        until = self._after(began, price, change.get("billing_cycle_anchor") or held["billing_cycle_anchor"])
        items = copy.deepcopy(held["items"])
        items["data"][0]["price"] = item["price"] = price
        items["data"][0] |= {"current_period_start": began, "current_period_end": until}
        invoice = self.invoice(
            held, price["unit_amount"] * item["quantity"], "subscription_cycle", period=(began, until)
        )
        change |= {"items": items, "latest_invoice": invoice["id"]}
        if paid:
            self.paid(invoice)
            change["status"] = "active"
        else:
            self._unpaid(invoice)
            change["status"] = "past_due"
        self.move(held, change)
        return held

    def new_subscription(
        self, customer: str, price: Json, quantity: int, metadata: Json, *, trial_days: int = 0
    ) -> Json:
        """An incomplete subscription of one item, paid for by nobody yet."""
        trial_end = self.now() + trial_days * _DAY if trial_days else None
        if not price["recurring"]:
            raise Wrong("The price specified is set to `type=one_time`.", param="items[0][price]")
        made = self.add(
            "subscription",
            "sub",
            {
                "automatic_tax": {"enabled": False, "liability": None, "disabled_reason": None},
                "billing_cycle_anchor": trial_end or self.now(),
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
                "schedule": None,
                "start_date": self.now(),
                "status": "incomplete",
                "trial_end": trial_end,
                "trial_start": self.now() if trial_end else None,
            },
        )
        item = self.add(
            "subscription_item",
            "si",
            {
                "current_period_start": self.now(),
                "current_period_end": trial_end or self._after(self.now(), price, self.now()),
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
            began, until = item["current_period_start"], item["current_period_end"]
            same = price["recurring"]["interval"] == item["price"]["recurring"]["interval"]
            left = max(0, until - self.now()) / max(1, until - began)
            credit = round(item["price"]["unit_amount"] * left)
            due = max(0, (round(price["unit_amount"] * left) if same else price["unit_amount"]) - credit)
            if not same:
                # Another interval begins anew at once.
                began, until = self.now(), self._after(self.now(), price, self.now())
                items["data"][0] |= {"current_period_start": began, "current_period_end": until}
            invoice = self.invoice(held, due, "subscription_update", period=(began, until))
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

    def invoice(
        self,
        subscription: Json | None,
        due: int,
        reason: str,
        *,
        session: Json | None = None,
        tax: int = 0,
        period: tuple[int, int] | None = None,
    ) -> Json:
        """An open invoice for a subscription, or a paid one for a visit. ``due`` is with tax."""
        of = subscription or session or {}
        details = subscription and {"subscription": subscription["id"], "metadata": subscription["metadata"]}
        number = next(self._numbers)
        item = subscription["items"]["data"][0] if subscription else None
        began, until = period or (
            (item["current_period_start"], item["current_period_end"]) if item else (self.now(), self.now())
        )
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
                "lines": {
                    "object": "list",
                    "data": [{"object": "line_item", "amount": due, "period": {"start": began, "end": until}}],
                },
                "metadata": {} if subscription else of["metadata"],
                "period_end": self.now(),
                "period_start": self.now(),
                "status": "paid" if session else "open",
                "subtotal": due - tax,
                "total": due,
                "total_taxes": [{"amount": tax, "tax_behavior": "exclusive"}] if tax else [],
            },
        )

    def paid(self, invoice: Json) -> None:
        """The invoice is paid, with a payment where anything is due."""
        intent: Json | None = None
        if invoice["amount_due"]:
            intent = self.payment(invoice["customer"], invoice["amount_due"], invoice["currency"], {"metadata": {}})
        invoice |= {
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "attempt_count": invoice["attempt_count"] + 1,
            "status": "paid",
        }
        if intent is not None:
            self.paid_with(invoice, intent)
        self.tell("invoice.paid", invoice)

    def paid_with(self, invoice: Json, intent: Json) -> None:
        """Which payment paid an invoice: it stands on neither (docs.stripe.com/changelog/basil)."""
        made = self.add(
            "invoice_payment",
            "inpay",
            {
                "amount_paid": intent["amount"],
                "amount_requested": intent["amount"],
                "currency": intent["currency"],
                "invoice": invoice["id"],
                "is_default": True,
                "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
                "status": "paid",
            },
        )
        self.tell("invoice_payment.paid", made)

    def collect(self, id: str) -> Json:
        """The bank takes what it refused: the open invoice of a subscription is paid at last."""
        held = self.get("subscription", id)
        invoice = self.get("invoice", held["latest_invoice"])
        if invoice["status"] != "open":
            raise Wrong("Invoice is already paid")
        self.paid(invoice)
        self.move(held, {"status": "active"})
        return held

    def retry(self, id: str) -> Json:
        """The bank refuses the open invoice of a subscription once more."""
        held = self.get("subscription", id)
        self._unpaid(self.get("invoice", held["latest_invoice"]))
        return held

    def _unpaid(self, invoice: Json) -> None:
        invoice["attempt_count"] += 1
        self.tell("invoice.payment_failed", invoice)

    def _declines(self, customer: str, method: str | None) -> bool:
        return customer in self.declining or method == "pm_card_visa_chargeDeclined"

    @staticmethod
    def _after(moment: int, price: Json, anchor: int) -> int:
        interval = price["recurring"]["interval"]
        if interval in _DAYS:
            return moment + _DAYS[interval] * _DAY
        at, anchored = datetime.fromtimestamp(moment, UTC), datetime.fromtimestamp(anchor, UTC)
        years, month = divmod(at.year * 12 + at.month - 1 + (12 if interval == "year" else 1), 12)
        # The last day of a shorter month stands for the days it has not.
        day = min(anchored.day, monthrange(years, month + 1)[1])
        return int(at.replace(year=years, month=month + 1, day=day).timestamp())

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
