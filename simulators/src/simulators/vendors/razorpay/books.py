"""What the account holds, what people and banks do to it, and what it tells of that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.core.base import Refusal

Json = dict[str, Any]

_MONTH_S = 30 * 86_400


class Books:
    """Entities by kind and id. ``waiting``: bodies of webhooks that have not been sent."""

    def __init__(self, now: Callable[[], int], next_id: Callable[[str], str]) -> None:
        self.now, self.next_id = now, next_id
        self.tables: dict[str, dict[str, Json]] = {}
        self.events: list[bytes] = []
        """Every webhook's body, sent or not."""
        self.waiting: list[bytes] = []
        self._refunds: dict[str, tuple[Json, Json]] = {}

    def pay(self, id: str) -> Json:
        """Somebody pays a link, or agrees to a subscription."""
        if id.startswith("sub_"):
            held = self.get("subscription", id)
            trial = held["start_at"] and held["start_at"] > self.now()
            held |= {"status": "authenticated"}
            self.tell("subscription.authenticated", subscription=held)
            return held if trial else self._charge(held)
        link = self.get("payment_link", id)
        payment = self._payment(link["amount"], link["currency"])
        link |= {
            "status": "paid",
            "amount_paid": link["amount"],
            "updated_at": self.now(),
            "payments": [{"payment_id": payment["id"], "amount": link["amount"], "status": "captured"}],
        }
        self.tell("payment.captured", payment=payment)
        self.tell("payment_link.paid", payment_link=link, payment=payment)
        return link

    def expire(self, id: str) -> Json:
        """Nobody pays a link in time."""
        link = self.get("payment_link", id)
        link |= {"status": "expired", "updated_at": self.now()}
        self.tell("payment_link.expired", payment_link=link)
        return link

    def renew(self, id: str, paid: bool = True) -> Json:
        """A subscription's period is over."""
        held = self.get("subscription", id)
        if held.get("ends") is True:
            held |= {"status": "cancelled", "ended_at": self.now()}
            self.tell("subscription.cancelled", subscription=held)
            return held
        if (planned := held.pop("planned", None)) is not None:
            held |= {"plan_id": planned, "has_scheduled_changes": False}
        if not paid:
            held["status"] = "pending"
            self.tell("subscription.pending", subscription=held)
            return held
        return self._charge(held)

    def retry(self, id: str) -> Json:
        """The bank takes what it refused."""
        return self._charge(self.get("subscription", id))

    def _charge(self, held: Json) -> Json:
        plan = self.get("plan", held["plan_id"])
        item = plan["item"]
        began = held["status"] in ("authenticated", "created")
        start = held["current_end"] or self.now()
        length = _MONTH_S if plan["period"] == "monthly" else 365 * 86_400
        held |= {
            "status": "active",
            "current_start": start,
            "current_end": start + length,
            "start_at": held["start_at"] or start,
            "paid_count": held["paid_count"] + 1,
            "remaining_count": held["remaining_count"] - 1,
        }
        payment = self._payment(item["amount"], item["currency"])
        invoice = self.make(
            "invoice",
            "inv_",
            subscription_id=held["id"],
            customer_id=held["customer_id"],
            payment_id=payment["id"],
            status="paid",
            amount_paid=item["amount"],
            currency=item["currency"],
            issued_at=self.now(),
            date=self.now(),
            paid_at=self.now(),
            billing_start=start,
            billing_end=start + length,
            invoice_number=None,
            short_url=f"https://rzp.io/i/{held['id']}",
            notes=held["notes"],
        )
        payment["invoice_id"] = invoice["id"]
        if began:
            self.tell("subscription.activated", subscription=held)
        self.tell("payment.captured", payment=payment)
        self.tell("invoice.paid", invoice=invoice, payment=payment)
        self.tell("subscription.charged", subscription=held, payment=payment)
        return held

    # --- what is made

    def make(self, kind: str, prefix: str, **fields: Any) -> Json:
        """A new entity."""
        made = {"id": self.next_id(prefix), "entity": kind, "created_at": self.now(), **fields}
        self.tables.setdefault(kind, {})[made["id"]] = made
        return made

    def get(self, kind: str, id: str) -> Json:
        """An entity, or the refusal that says that there is none."""
        if (found := self.tables.get(kind, {}).get(id)) is None:
            raise Refusal(wrong("The id provided does not exist"))
        return found

    def tell(self, event: str, **entities: Json) -> None:
        """Something has happened; it is sent with the next :meth:`flush`."""
        body = {
            "entity": "event",
            "account_id": "acc_simulated",
            "event": event,
            "contains": list(entities),
            "payload": {name: {"entity": entity} for name, entity in entities.items()},
            "created_at": self.now(),
        }
        encoded = json.dumps(body).encode()
        self.events.append(encoded)
        self.waiting.append(encoded)

    def _payment(self, amount: int, currency: str) -> Json:
        return self.make(
            "payment",
            "pay_",
            amount=amount,
            currency=currency,
            status="captured",
            captured=True,
            amount_refunded=0,
            refund_status=None,
            invoice_id=None,
            method="upi",
            notes=[],
        )

    def customer(self, _: Request, given: Json) -> Json:
        """``POST /v1/customers``."""
        for known in self.tables.get("customer", {}).values():
            if known["email"] == given.get("email"):
                if str(given.get("fail_existing", "1")) == "0":
                    return known
                raise Refusal(wrong("Customer already exists for the merchant"))
        return self.make(
            "customer", "cust_", email=given.get("email"), name=given.get("name"), notes=given.get("notes") or []
        )

    def plan(self, _: Request, given: Json) -> Json:
        """``POST /v1/plans``."""
        item = {"id": self.next_id("item_"), **given["item"]}
        return self.make(
            "plan", "plan_", period=given["period"], interval=given["interval"], item=item, notes=given["notes"]
        )

    def subscription(self, _: Request, given: Json) -> Json:
        """``POST /v1/subscriptions``."""
        self.get("plan", given["plan_id"])
        made = self.make(
            "subscription",
            "sub_",
            plan_id=given["plan_id"],
            customer_id=None,
            status="created",
            current_start=None,
            current_end=None,
            ended_at=None,
            charge_at=given.get("start_at"),
            start_at=given.get("start_at"),
            total_count=given["total_count"],
            paid_count=0,
            remaining_count=given["total_count"],
            has_scheduled_changes=False,
            notes=given.get("notes") or [],
        )
        made["short_url"] = f"https://rzp.io/i/{made['id']}"
        return made

    def payment_link(self, _: Request, given: Json) -> Json:
        """``POST /v1/payment_links``."""
        reference = given.get("reference_id")
        if any(link["reference_id"] == reference for link in self.tables.get("payment_link", {}).values()):
            raise Refusal(wrong("payment link already exists with the given reference_id"))
        order = self.make("order", "order_", amount=given["amount"], currency=given["currency"], receipt=reference)
        made = self.make(
            "payment_link",
            "plink_",
            amount=given["amount"],
            amount_paid=0,
            currency=given["currency"],
            reference_id=reference,
            description=given.get("description"),
            order_id=order["id"],
            status="created",
            payments=None,
            expire_by=0,
            updated_at=self.now(),
            notes=given.get("notes") or [],
        )
        made["short_url"] = f"https://rzp.io/i/{made['id']}"
        return made

    def refund(self, request: Request, given: Json) -> Json:
        """``POST /v1/payments/:id/refund``."""
        payment = self.get("payment", request.path_params["id"])
        key = request.headers.get("x-refund-idempotency")
        if key is not None and key in self._refunds:
            body, made = self._refunds[key]
            if body != given:
                raise Refusal(wrong("Different payload with the same idempotency key"))
            return made
        left = payment["amount"] - payment["amount_refunded"]
        amount = given.get("amount", left)
        if not 0 < amount <= left:
            raise Refusal(wrong("The total refund amount is greater than the refund payment amount"))
        payment["amount_refunded"] += amount
        payment["refund_status"] = "full" if payment["amount_refunded"] == payment["amount"] else "partial"
        made = self.make(
            "refund",
            "rfnd_",
            amount=amount,
            currency=payment["currency"],
            payment_id=payment["id"],
            status="processed",
            notes=given.get("notes") or [],
        )
        if key is not None:
            self._refunds[key] = (given, made)
        self.tell("refund.processed", refund=made, payment=payment)
        return made

    # --- what is changed

    def cancel(self, request: Request, given: Json) -> Json:
        """``POST /v1/subscriptions/:id/cancel``."""
        held = self.get("subscription", request.path_params["id"])
        if held["status"] in ("cancelled", "completed", "expired"):
            raise Refusal(wrong("Subscription is not cancellable in cancelled status."))
        if given.get("cancel_at_cycle_end") in (1, True) and held["status"] == "active":
            held |= {"ends": True, "remaining_count": 0}
            return held
        held |= {"status": "cancelled", "ended_at": self.now()}
        self.tell("subscription.cancelled", subscription=held)
        return held

    def edit(self, request: Request, given: Json) -> Json:
        """``PATCH /v1/subscriptions/:id``."""
        held = self.get("subscription", request.path_params["id"])
        self.get("plan", given["plan_id"])
        if given.get("schedule_change_at", "now") == "cycle_end":
            held |= {"planned": given["plan_id"], "has_scheduled_changes": True}
        else:
            held |= {"plan_id": given["plan_id"], "has_scheduled_changes": False}
            self.tell("subscription.updated", subscription=held)
        return held

    def forget_change(self, request: Request, _: Json) -> Json:
        """``POST /v1/subscriptions/:id/cancel_scheduled_changes``."""
        held = self.get("subscription", request.path_params["id"])
        held.pop("planned", None)
        held["has_scheduled_changes"] = False
        return held

    def cancel_link(self, request: Request, _: Json) -> Json:
        """``POST /v1/payment_links/:id/cancel``."""
        link = self.get("payment_link", request.path_params["id"])
        if link["status"] != "created":
            raise Refusal(wrong("Payment link cannot be cancelled as it has already been paid"))
        link |= {"status": "cancelled", "updated_at": self.now()}
        self.tell("payment_link.cancelled", payment_link=link)
        return link


def wrong(description: str, status: int = 400, code: str = "BAD_REQUEST_ERROR") -> Response:
    """An error in Razorpay's shape."""
    return JSONResponse({"error": {"code": code, "description": description, "source": "business"}}, status)
