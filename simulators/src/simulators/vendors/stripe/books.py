"""The payment pages of a simulated Stripe account, on top of everything else it holds."""

from __future__ import annotations

from simulators.vendors.stripe.form import Json, Wrong, required, whole, yes
from simulators.vendors.stripe.intents import Intents

_DAY = 86_400


class Books(Intents):
    """One account in test mode, whole."""

    # --- payment pages

    def create_session(self, params: Json) -> Json:
        """``POST /v1/checkout/sessions``."""
        required(params, "mode", "line_items", "success_url")
        mode = params["mode"]
        if mode not in ("payment", "subscription"):
            raise Wrong(f"Invalid mode: {mode}", param="mode")
        prices = [self._line(line, index) for index, line in enumerate(params["line_items"])]
        recurring = [price for price, _ in prices if price["recurring"]]
        if (mode == "subscription") != bool(recurring):
            raise Wrong(f"`{mode}` mode does not fit the prices of these line items.", param="line_items")
        taxed = bool(yes(params.get("automatic_tax") or {}, "enabled"))
        customer = params.get("customer")
        if customer is not None:
            known = self.get("customer", customer, param="customer")
            saves = (params.get("customer_update") or {}).get("address") == "auto"
            if taxed and known["address"] is None and not saves:
                raise Wrong(
                    "Automatic tax needs an address on the customer, or `customer_update[address]` set to `auto`.",
                    code="customer_tax_location_invalid",
                )
        currency = prices[0][0]["currency"]
        methods = ["card", "upi"] if currency == "inr" else ["card", "link"]
        allowed = params.get("allowed_payment_method_types")
        if allowed is not None:
            methods = [method for method in methods if method in allowed]
        if not methods:
            raise Wrong("No compatible payment method types.", param="allowed_payment_method_types")
        total = sum(price["unit_amount"] * quantity for price, quantity in prices)
        made = self.add(
            "checkout.session",
            "cs_test",
            {
                "allowed_payment_method_types": allowed,
                "amount_subtotal": total,
                "amount_total": total,
                "automatic_tax": {"enabled": taxed, "liability": None, "status": None},
                "cancel_url": params.get("cancel_url"),
                "client_reference_id": params.get("client_reference_id"),
                "currency": currency,
                "customer": customer,
                "customer_details": None,
                "customer_email": params.get("customer_email"),
                "expires_at": self.now() + _DAY,
                "invoice": None,
                "metadata": params.get("metadata") or {},
                "mode": mode,
                "payment_intent": None,
                "payment_method_types": methods,
                "payment_status": "unpaid",
                "status": "open",
                "subscription": None,
                "success_url": params["success_url"],
                "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
                "ui_mode": "hosted_page",
            },
        )
        made["url"] = self.page(made["id"])
        made["_prices"], made["_params"] = prices, params
        return made

    def pay(self, session_id: str, *, declined: bool = False, delayed: bool = False) -> Json:
        """The person pays on the page; ``declined``: the bank says no; ``delayed``: the bank will say later."""
        session = self.get("checkout.session", session_id)
        if session["status"] != "open":
            raise Wrong("This Checkout Session is no longer open.", code="checkout_session_not_open")
        if declined:
            return session
        if session["customer"] is None:
            session["customer"] = self.create_customer({"email": session["customer_email"]})["id"]
        tax = self.tax(session["amount_subtotal"], session["currency"]) if session["automatic_tax"]["enabled"] else 0
        if whole(session["_params"].get("subscription_data") or {}, "trial_period_days"):
            session["amount_subtotal"] = tax = 0
        session["amount_total"] = session["amount_subtotal"] + tax
        session["total_details"]["amount_tax"] = tax
        session["automatic_tax"]["status"] = "complete" if session["automatic_tax"]["enabled"] else None
        session["status"], session["url"] = "complete", None
        session["customer_details"] = {"email": "payer@example.com", "name": "A. Payer", "address": {"country": "IN"}}
        if (session["_params"].get("customer_update") or {}).get("address") == "auto":
            self.get("customer", session["customer"])["address"] = session["customer_details"]["address"]
        if not delayed:
            session["payment_status"] = "paid" if session["amount_total"] else "no_payment_required"
            self._collect(session)
        self.tell("checkout.session.completed", session)
        return session

    def settle(self, session_id: str, *, paid: bool) -> Json:
        """The bank says what became of a delayed payment."""
        session = self.get("checkout.session", session_id)
        if paid:
            session["payment_status"] = "paid"
            self._collect(session)
        kind = "succeeded" if paid else "failed"
        self.tell(f"checkout.session.async_payment_{kind}", session)
        return session

    def expire(self, session_id: str) -> Json:
        """Nobody came."""
        session = self.get("checkout.session", session_id)
        if session["status"] != "open":
            raise Wrong(f"Only Checkout Sessions with a status of `open` can be expired, not `{session['status']}`.")
        session["status"], session["url"] = "expired", None
        self.tell("checkout.session.expired", session)
        return session

    def _line(self, line: Json, index: int) -> tuple[Json, int]:
        quantity = whole(line, "quantity", least=1) or 1
        if "price" in line:
            return self.get("price", line["price"], param=f"line_items[{index}][price]"), quantity
        required(line, "price_data")
        return self.create_price(line["price_data"]), quantity

    def _collect(self, session: Json) -> None:
        params = session["_params"]
        if session["mode"] == "subscription":
            data = params.get("subscription_data") or {}
            price, quantity = session["_prices"][0]
            trial = whole(data, "trial_period_days", least=1) or 0
            made = self.new_subscription(
                session["customer"], price, quantity, data.get("metadata") or {}, trial_days=trial
            )
            self.tell("customer.subscription.created", made)
            tax = session["total_details"]["amount_tax"]
            invoice = self.invoice(made, session["amount_total"], "subscription_create", tax=tax)
            made["latest_invoice"] = session["invoice"] = invoice["id"]
            session["subscription"] = made["id"]
            made["default_payment_method"] = self.store_card(session["customer"])["id"]
            self.paid(invoice)
            self.move(made, {"status": "trialing" if trial else "active"})
            return
        data = params.get("payment_intent_data") or {}
        intent = self.payment(session["customer"], session["amount_total"], session["currency"], data)
        session["payment_intent"] = intent["id"]
        if yes(params.get("invoice_creation") or {}, "enabled"):
            tax = session["total_details"]["amount_tax"]
            invoice = self.invoice(None, session["amount_total"], "manual", session=session, tax=tax)
            session["invoice"] = invoice["id"]
            self.paid_with(invoice, intent)
            self.tell("invoice.paid", invoice)
