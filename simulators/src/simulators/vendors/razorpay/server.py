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
from simulators.vendors.razorpay.books import Books, Json, wrong
from simulators.vendors.stripe.webhooks import Deliver, post

HOOK_SECRET = "razorpay-simulated"  # noqa: S105
"""For loopback only."""

Work = Callable[[Request, Json], Json]

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
        self.books = Books(self.now, self.next_id)
        self.hook: tuple[str, str] | None = None
        """Where webhooks go, and the secret that they are signed with."""

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
                return wrong("Authentication failed", 401)
            case Fault.THROTTLED:
                return wrong("Request failed", 429)
            case Fault.BAD_INPUT:
                return wrong("The amount must be at least INR 1.00")
            case _:
                return wrong("We are facing some trouble completing your request.", 500, "SERVER_ERROR")

    def routes(self) -> list[Route]:
        """The API's paths, and what a test may ask for."""

        def creates(path: str, operation: str, work: Work) -> Route:
            return self.route(path, operation, self._changes(operation, work))

        def change(path: str, work: Work, *methods: str) -> Route:
            return self.route(path, "change", self._changes("change", work), methods=methods or ("POST",))

        return [
            creates("/v1/customers", "customer", self.books.customer),
            creates("/v1/plans", "plan", self.books.plan),
            creates("/v1/subscriptions", "subscription", self.books.subscription),
            creates("/v1/payment_links", "payment_link", self.books.payment_link),
            creates("/v1/payments/{id}/refund", "refund", self.books.refund),
            change("/v1/subscriptions/{id}/cancel", self.books.cancel),
            change("/v1/subscriptions/{id}/cancel_scheduled_changes", self.books.forget_change),
            change("/v1/subscriptions/{id}", self.books.edit, "PATCH"),
            change("/v1/payment_links/{id}/cancel", self.books.cancel_link),
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
        books = self.books
        acts: dict[str, Callable[..., Json]] = {
            "pay": books.pay,
            "renew": books.renew,
            "retry": books.retry,
            "expire": books.expire,
        }
        done = acts[what](id, **how)
        await self.flush()
        return done

    async def flush(self) -> None:
        """Send what has happened."""
        waiting, self.books.waiting = self.books.waiting, []
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
            return JSONResponse(self.books.get(kind, request.path_params["id"]))

        return self.route(f"/v1/{path}/{{id}}", "read", read, methods=("GET",))

    def _list(self, path: str, kind: str, listed_as: str) -> Route:
        async def read(request: Request, _: Fault | None) -> Response:
            query = dict(request.query_params)
            count, skip = int(query.pop("count", "10")), int(query.pop("skip", "0"))
            since = int(query.pop("from", "0"))
            found = [
                each
                for each in self.books.tables.get(kind, {}).values()
                if each["created_at"] >= since and all(str(each.get(name)) == value for name, value in query.items())
            ]
            page = found[::-1][skip : skip + count]
            return JSONResponse({"entity": "collection", "count": len(page), listed_as: page})

        return self.route(f"/v1/{path}", "read", read, methods=("GET",))

    async def _refunds_of(self, request: Request, _: Fault | None) -> Response:
        made = [r for r in self.books.tables.get("refund", {}).values() if r["payment_id"] == request.path_params["id"]]
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
