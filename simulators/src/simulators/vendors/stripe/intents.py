"""Cards that customers of a simulated Stripe account have stored, and what is charged to them without a page."""

from __future__ import annotations

from simulators.vendors.stripe.billing import Billing, declined_card
from simulators.vendors.stripe.form import Json, Wrong, required, whole, yes

GST = 18
"""Percent, exclusive: what the simulated account's tax settings say of rupees."""

INTENT_PARAMS = frozenset(
    {
        "amount",
        "automatic_payment_methods",
        "confirm",
        "currency",
        "customer",
        "description",
        "hooks",
        "metadata",
        "off_session",
        "payment_method",
    }
)
TAX_PARAMS = frozenset({"currency", "customer", "line_items"})


class Intents(Billing):
    """Stored cards and PaymentIntents that are confirmed as they are made."""

    def store_card(self, customer: str, *, default: bool = False) -> Json:
        """A payment page keeps the card it was paid with, the portal a new one, which it makes the default."""
        held = self.get("customer", customer)
        card = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2035}
        made = self.add("payment_method", "pm", {"card": card, "customer": customer, "type": "card"})
        if default:
            held["invoice_settings"]["default_payment_method"] = made["id"]
        return made

    def calculate_tax(self, params: Json) -> Json:
        """``POST /v1/tax/calculations`` for a customer whose address is known."""
        required(params, "currency", "customer", "line_items")
        if self.get("customer", params["customer"], param="customer")["address"] is None:
            raise Wrong("The customer's location isn't recognized.", code="customer_tax_location_invalid")
        total = sum(whole(line, "amount", least=1) or 0 for line in params["line_items"])
        tax = self.tax(total, params["currency"])
        return self.add(
            "tax.calculation",
            "taxcalc",
            {
                "amount_total": total + tax,
                "currency": params["currency"],
                "customer": params["customer"],
                "expires_at": self.now() + 90 * 86_400,
                "tax_amount_exclusive": tax,
                "tax_amount_inclusive": 0,
            },
        )

    def create_intent(self, params: Json) -> Json:
        """``POST /v1/payment_intents`` with ``confirm`` and ``off_session``: it succeeds, or the bank says no."""
        required(params, "amount", "currency", "customer", "payment_method")
        if not yes(params, "confirm") or not yes(params, "off_session"):
            raise Wrong("Only PaymentIntents that are confirmed off session are simulated.", param="confirm")
        self.get("customer", params["customer"], param="customer")
        card = self.get("payment_method", params["payment_method"], param="payment_method")
        if card["customer"] != params["customer"]:
            raise Wrong("The PaymentMethod does not belong to this customer.", param="payment_method")
        amount = whole(params, "amount", least=1) or 0
        if (calculation := _calculation(params)) is not None:
            found = self.get("tax.calculation", calculation, param="hooks[inputs][tax][calculation]")
            if found["amount_total"] != amount:
                raise Wrong("The amount must equal the calculation's `amount_total`.", param="amount")
        if self._declines(params["customer"], card["id"]):
            shared = {name: params.get(name) for name in ("currency", "customer", "description")}
            intent = self.add(
                "payment_intent",
                "pi",
                {
                    **shared,
                    "amount": amount,
                    "amount_received": 0,
                    "latest_charge": None,
                    "metadata": params.get("metadata") or {},
                    "status": "requires_payment_method",
                },
            )
            self.tell("payment_intent.payment_failed", intent)
            raise declined_card()
        return self.payment(params["customer"], amount, params["currency"], params)

    @staticmethod
    def tax(subtotal: int, currency: str) -> int:
        """What the account's settings add to an amount."""
        return subtotal * GST // 100 if currency == "inr" else 0


def _calculation(params: Json) -> str | None:
    found = ((params.get("hooks") or {}).get("inputs") or {}).get("tax") or {}
    return found.get("calculation")
