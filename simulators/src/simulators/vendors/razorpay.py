"""Razorpay's API v1: customers, plans, subscriptions, payment links, payments, refunds, invoices, webhooks.

Shapes and paths as the official client sends them and razorpay.com/docs/api shows them; webhooks are signed as
/docs/webhooks/validate-test says. A ``reference_id`` of a payment link is taken once; a refund is made once a
``X-Refund-Idempotency``, and refused when the same key comes with another body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core.base import Refusal, Simulator
from simulators.core.faults import ANSWERS, TRANSPORT, Fault
from simulators.core.ledger import Entry
from simulators.vendors.stripe.webhooks import Deliver, post

HOOK_SECRET = "razorpay-simulated"  # noqa: S105
"""For loopback only."""

Json = dict[str, Any]
Work = Callable[[Request, Json], Json]

_MONTH_S = 30 * 86_400
_CHANGES = (
    (ANSWERS - {Fault.REFUSED_INPUT, Fault.QUOTA, Fault.THROTTLED_HINT})
    | TRANSPORT
    | {Fault.GATEWAY_AFTER, Fault.GARBLED}
)
_READS = _CHANGES - {Fault.BAD_INPUT, Fault.GATEWAY_AFTER}
_CREATES = ("customer", "plan", "subscription", "payment_link")


class Razorpay(Simulator):
    """One account in test mode. What people and banks do is :meth:`act`, or ``POST /__simulator__/act``."""

    vendor: ClassVar[str] = "razorpay"
    operations: ClassVar[frozenset[str]] = frozenset({*_CREATES, "change", "refund", "read"})
    possible: ClassVar[Mapping[str, frozenset[Fault]]] = {
        **dict.fromkeys((*_CREATES, "change", "refund"), _CHANGES),
        "read": _READS,
    }

    def __init__(
        self,
        *,
        key: str = "rzp_test_simulated:simulated-secret",
        deliver: Deliver = post,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(key=key)
        self._now, self._deliver = now, deliver
        self.tables: dict[str, dict[str, Json]] = {}
        self.hook: tuple[str, str] | None = None
        """Where webhooks go, and the secret that they are signed with."""
        self.events: list[bytes] = []
        """Every webhook's body, sent or not."""
        self._refunds: dict[str, tuple[Json, Json]] = {}
        self._waiting: list[bytes] = []

    def now(self) -> int:
        """The account's time in Unix seconds."""
        return int(self._now())

    def knows(self, request: Request) -> bool:
        """Key id and secret as basic authentication."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme == "Basic" and base64.b64decode(given).decode("utf-8", "replace") == self.key

    def settings(self, address: str) -> dict[str, str]:
        """What billing reads. Where its webhook is, ``/__simulator__/webhooks`` has to be told."""
        key_id, _, secret = self.key.partition(":")
        return {
            "RAZORPAY_KEY_ID": key_id,
            "RAZORPAY_KEY_SECRET": secret,
            "RAZORPAY_WEBHOOK_SECRET": HOOK_SECRET,
            "RAZORPAY_BASE_URL": address,
        }

    def error(self, fault: Fault) -> Response:
        """Errors in Razorpay's shape."""
        match fault:
            case Fault.AUTH:
                return _wrong("Authentication failed", 401)
            case Fault.THROTTLED:
                return _wrong("Request failed", 429)
            case Fault.BAD_INPUT:
                return _wrong("The amount must be at least INR 1.00")
            case _:
                return _wrong("We are facing some trouble completing your request.", 500, "SERVER_ERROR")

    def routes(self) -> list[Route]:
        """The API's paths, and what a test may ask for."""

        def creates(path: str, operation: str, work: Work) -> Route:
            return self.route(path, operation, self._changes(operation, work))

        def change(path: str, work: Work, *methods: str) -> Route:
            return self.route(path, "change", self._changes("change", work), methods=methods or ("POST",))

        return [
            creates("/v1/customers", "customer", self._customer),
            creates("/v1/plans", "plan", self._plan),
            creates("/v1/subscriptions", "subscription", self._subscription),
            creates("/v1/payment_links", "payment_link", self._payment_link),
            creates("/v1/payments/{id}/refund", "refund", self._refund),
            change("/v1/subscriptions/{id}/cancel", self._cancel),
            change("/v1/subscriptions/{id}/cancel_scheduled_changes", self._forget_change),
            change("/v1/subscriptions/{id}", self._edit, "PATCH"),
            change("/v1/payment_links/{id}/cancel", self._cancel_link),
            self.route("/v1/payments/{id}/refunds", "read", self._refunds_of, methods=("GET",)),
            *(
                route
                for path, kind, listed_as in (
                    ("customers", "customer", "items"),
                    ("plans", "plan", "items"),
                    ("subscriptions", "subscription", "items"),
                    ("payment_links", "payment_link", "payment_links"),
                    ("payments", "payment", "items"),
                    ("invoices", "invoice", "items"),
                )
                for route in (self._list(path, kind, listed_as), self._one(path, kind))
            ),
            Route("/__simulator__/webhooks", self._subscribe, methods=["POST"]),
            Route("/__simulator__/act", self._act, methods=["POST"]),
        ]

    # --- what people and banks do

    async def act(self, what: str, id: str, **how: Any) -> Json:
        """``pay`` a link or agree to a subscription, ``renew`` one (``paid=False``: the charge fails), ``retry`` it."""
        done = {"pay": self._pay, "renew": self._renew, "retry": self._retry, "expire": self._expire}[what](id, **how)
        await self.flush()
        return done

    async def flush(self) -> None:
        """Send what has happened."""
        waiting, self._waiting = self._waiting, []
        for body in waiting:
            if self.hook is not None:
                url, secret = self.hook
                signature = hmac.digest(secret.encode(), body, "sha256").hex()
                headers = {
                    "content-type": "application/json",
                    "x-razorpay-signature": signature,
                    "x-razorpay-event-id": f"evt_{hashlib.sha256(body).hexdigest()[:14]}",
                }
                await self._deliver(url, headers, body)

    def _pay(self, id: str) -> Json:
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

    def _expire(self, id: str) -> Json:
        link = self.get("payment_link", id)
        link |= {"status": "expired", "updated_at": self.now()}
        self.tell("payment_link.expired", payment_link=link)
        return link

    def _renew(self, id: str, paid: bool = True) -> Json:
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

    def _retry(self, id: str) -> Json:
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
            raise Refusal(_wrong("The id provided does not exist"))
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
        self._waiting.append(encoded)

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

    def _customer(self, _: Request, given: Json) -> Json:
        for known in self.tables.get("customer", {}).values():
            if known["email"] == given.get("email"):
                if str(given.get("fail_existing", "1")) == "0":
                    return known
                raise Refusal(_wrong("Customer already exists for the merchant"))
        return self.make(
            "customer", "cust_", email=given.get("email"), name=given.get("name"), notes=given.get("notes") or []
        )

    def _plan(self, _: Request, given: Json) -> Json:
        item = {"id": self.next_id("item_"), **given["item"]}
        return self.make(
            "plan", "plan_", period=given["period"], interval=given["interval"], item=item, notes=given["notes"]
        )

    def _subscription(self, _: Request, given: Json) -> Json:
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

    def _payment_link(self, _: Request, given: Json) -> Json:
        reference = given.get("reference_id")
        if any(link["reference_id"] == reference for link in self.tables.get("payment_link", {}).values()):
            raise Refusal(_wrong("payment link already exists with the given reference_id"))
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

    def _refund(self, request: Request, given: Json) -> Json:
        payment = self.get("payment", request.path_params["id"])
        key = request.headers.get("x-refund-idempotency")
        if key is not None and key in self._refunds:
            body, made = self._refunds[key]
            if body != given:
                raise Refusal(_wrong("Different payload with the same idempotency key"))
            return made
        left = payment["amount"] - payment["amount_refunded"]
        amount = given.get("amount", left)
        if not 0 < amount <= left:
            raise Refusal(_wrong("The total refund amount is greater than the refund payment amount"))
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

    def _cancel(self, request: Request, given: Json) -> Json:
        held = self.get("subscription", request.path_params["id"])
        if held["status"] in ("cancelled", "completed", "expired"):
            raise Refusal(_wrong("Subscription is not cancellable in cancelled status."))
        if given.get("cancel_at_cycle_end") in (1, True) and held["status"] == "active":
            held |= {"ends": True, "remaining_count": 0}
            return held
        held |= {"status": "cancelled", "ended_at": self.now()}
        self.tell("subscription.cancelled", subscription=held)
        return held

    def _edit(self, request: Request, given: Json) -> Json:
        held = self.get("subscription", request.path_params["id"])
        self.get("plan", given["plan_id"])
        if given.get("schedule_change_at", "now") == "cycle_end":
            held |= {"planned": given["plan_id"], "has_scheduled_changes": True}
        else:
            held |= {"plan_id": given["plan_id"], "has_scheduled_changes": False}
            self.tell("subscription.updated", subscription=held)
        return held

    def _forget_change(self, request: Request, _: Json) -> Json:
        held = self.get("subscription", request.path_params["id"])
        held.pop("planned", None)
        held["has_scheduled_changes"] = False
        return held

    def _cancel_link(self, request: Request, _: Json) -> Json:
        link = self.get("payment_link", request.path_params["id"])
        if link["status"] != "created":
            raise Refusal(_wrong("Payment link cannot be cancelled as it has already been paid"))
        link |= {"status": "cancelled", "updated_at": self.now()}
        self.tell("payment_link.cancelled", payment_link=link)
        return link

    # --- how it is served

    def _changes(self, operation: str, work: Work) -> Callable[[Request, Fault | None], Any]:
        async def handle(request: Request, _: Fault | None) -> Response:
            made = work(request, json.loads(await request.body() or b"{}"))
            self.ledger.accept(Entry(operation, str(made["id"]), request.headers.get("x-refund-idempotency"), made))
            await self.flush()
            return JSONResponse(made)

        return handle

    def _one(self, path: str, kind: str) -> Route:
        async def read(request: Request, _: Fault | None) -> Response:
            return JSONResponse(self.get(kind, request.path_params["id"]))

        return self.route(f"/v1/{path}/{{id}}", "read", read, methods=("GET",))

    def _list(self, path: str, kind: str, listed_as: str) -> Route:
        async def read(request: Request, _: Fault | None) -> Response:
            query = dict(request.query_params)
            count, skip = int(query.pop("count", "10")), int(query.pop("skip", "0"))
            since = int(query.pop("from", "0"))
            found = [
                each
                for each in self.tables.get(kind, {}).values()
                if each["created_at"] >= since and all(str(each.get(name)) == value for name, value in query.items())
            ]
            page = found[::-1][skip : skip + count]
            return JSONResponse({"entity": "collection", "count": len(page), listed_as: page})

        return self.route(f"/v1/{path}", "read", read, methods=("GET",))

    async def _refunds_of(self, request: Request, _: Fault | None) -> Response:
        made = [r for r in self.tables.get("refund", {}).values() if r["payment_id"] == request.path_params["id"]]
        return JSONResponse({"entity": "collection", "count": len(made), "items": made})

    async def _subscribe(self, request: Request) -> Response:
        self.hook = ((await request.json())["url"], HOOK_SECRET)
        return JSONResponse({"secret": HOOK_SECRET})

    async def _act(self, request: Request) -> Response:
        wanted = await request.json()
        try:
            return JSONResponse(await self.act(wanted.pop("what"), wanted.pop("id"), **wanted))
        except Refusal as refusal:
            return refusal.answer


def _wrong(description: str, status: int = 400, code: str = "BAD_REQUEST_ERROR") -> Response:
    return JSONResponse({"error": {"code": code, "description": description, "source": "business"}}, status)
