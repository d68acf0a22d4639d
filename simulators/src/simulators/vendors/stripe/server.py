"""Stripe's API v1: customers, prices, payment pages, subscriptions, invoices, refunds, the portal, events, webhooks.

Shapes as ``stripe-python`` 16.1 sends and reads them; keys as docs.stripe.com/api/idempotent_requests and
/error-low-level describe them: a result is kept for a day once the work has begun, whatever it is, and given back with
``Idempotent-Replayed: true``; other parameters under the same key are an ``idempotency_error``; a key in use is a 409;
missing authentication, rate limits and refused parameters come before that and are not kept.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulators.core.base import Simulator
from simulators.core.faults import ANSWERS, HINT_SECONDS, POSSIBLE, TRANSPORT, Fault
from simulators.core.ledger import Entry
from simulators.vendors.stripe.billing import declined_card
from simulators.vendors.stripe.books import Books
from simulators.vendors.stripe.form import Json, Wrong, known, nested, public, required
from simulators.vendors.stripe.intents import INTENT_PARAMS, TAX_PARAMS
from simulators.vendors.stripe.webhooks import Deliver, Deliveries, Endpoint, post

VERSION = "2026-10-28.endive"
"""The only one simulated; another is refused rather than answered in the wrong shape."""

HOOK_SECRET = "whsec_simulated"  # noqa: S105
"""For loopback only."""

_DAY_S = 86_400

Work = Callable[[Request, Json], Json]

_CHANGES = (
    (ANSWERS - {Fault.REFUSED_INPUT, Fault.QUOTA})
    | TRANSPORT
    | {Fault.GATEWAY_AFTER, Fault.GARBLED, Fault.CARD_DECLINED, Fault.KEY_IN_USE}
    | {Fault.SAVED_ERROR, Fault.SAVED_ERROR_AFTER}
)

SESSION_PARAMS = frozenset(
    {
        "allowed_payment_method_types",
        "automatic_tax",
        "billing_address_collection",
        "cancel_url",
        "client_reference_id",
        "customer",
        "customer_email",
        "customer_update",
        "invoice_creation",
        "line_items",
        "metadata",
        "mode",
        "payment_intent_data",
        "subscription_data",
        "success_url",
    }
)


@dataclass(slots=True)
class _Kept:
    """A change and its result, None while the work goes on; the first one under a key is remembered."""

    key: str | None
    path: str
    body: str
    at: int
    request_id: str
    answer: tuple[int, Json] | None = None


class Stripe(Simulator):
    """One account in test mode."""

    vendor: ClassVar[str] = "stripe"
    possible: ClassVar[Mapping[str, frozenset[Fault]]] = {
        "change": _CHANGES,
        "read": POSSIBLE["lookup"],
        "end": POSSIBLE["cancel"] | {Fault.HANG_AFTER, Fault.GATEWAY_AFTER},
        "notify": frozenset({Fault.WEBHOOK_LATE, Fault.WEBHOOK_LOST, Fault.WEBHOOK_TWICE, Fault.WEBHOOK_OVERTAKEN}),
    }
    operations: ClassVar[frozenset[str]] = frozenset(possible)

    def __init__(
        self,
        *,
        key: str = "sk_test_simulated",
        deliver: Deliver = post,
        now: Callable[[], float] = time.time,
        pause: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``pause`` is awaited while a change is under way: two of them can then meet."""
        super().__init__(key=key)
        self._pause = pause
        self._base = "http://stripe"
        self._kept: dict[str, _Kept] = {}
        self._clock = now
        self.webhooks = Deliveries(self.plan, deliver, self.now)
        self.books = Books(
            self.now,
            self.webhooks.queue,
            self._charged,
            version=VERSION,
            page=lambda name: f"{self._base}/c/pay/{name}",
        )
        self._key_in_hand: str | None = None

    def now(self) -> int:
        """The account's time in Unix seconds."""
        return int(self._clock())

    def knows(self, request: Request) -> bool:
        """The key as a bearer token, or as the name of basic authentication."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            given = base64.b64decode(given).decode("utf-8", "replace").partition(":")[0]
        return given == self.key

    def settings(self, address: str) -> dict[str, str]:
        """What billing reads. Where its webhook is, ``/__simulator__/webhooks`` has to be told."""
        return {"STRIPE_SECRET_KEY": self.key, "STRIPE_WEBHOOK_SECRET": HOOK_SECRET, "STRIPE_BASE_URL": address}

    def error(self, fault: Fault) -> Response:
        """Errors from before any work, none of them kept."""
        match fault:
            case Fault.AUTH:
                masked = f"{self.key[:8]}{'*' * 12}{self.key[-4:]}"
                return self._refused(Wrong(f"Invalid API Key provided: {masked}", status=401))
            case Fault.BAD_INPUT:
                return self._refused(
                    Wrong("Missing required param: customer.", code="parameter_missing", param="customer")
                )
            case Fault.THROTTLED | Fault.THROTTLED_HINT:
                hint = {"retry-after": str(HINT_SECONDS)} if fault is Fault.THROTTLED_HINT else {}
                limited = Wrong("Request rate limit exceeded.", status=429, code="rate_limit")
                return self._refused(limited, {"stripe-rate-limited-reason": "global-rate", **hint})
            case Fault.OVERLOADED:
                return self._refused(Wrong("The service is overloaded.", status=503, type="api_error"))
            case _:
                return self._refused(Wrong("An unknown error occurred.", status=500, type="api_error"))

    def routes(self) -> list[Route]:
        """The API's paths, the pages people see, and what a test may ask for."""
        books = self.books
        subscription_update = frozenset(
            {"items", "proration_behavior", "payment_behavior", "cancel_at_period_end", "cancel_at", "metadata"}
        )
        subscription_create = frozenset(
            {"customer", "items", "metadata", "payment_behavior", "default_payment_method", "proration_behavior"}
        )
        refund = frozenset({"payment_intent", "charge", "amount", "reason", "metadata"})
        price = frozenset({"currency", "unit_amount", "recurring", "product", "product_data", "lookup_key"})

        def creates(path: str, name: str, work: Callable[[Json], Json], params: frozenset[str]) -> Route:
            return self._change(path, name, lambda _, given: work(given), params)

        return [
            creates(
                "/v1/customers",
                "customer",
                books.create_customer,
                frozenset({"email", "name", "metadata", "description", "payment_method"}),
            ),
            self._list("/v1/customers", "customer", "email"),
            self._one("/v1/customers/{id}", "customer"),
            creates("/v1/products", "product", books.create_product, frozenset({"name", "metadata"})),
            creates("/v1/prices", "price", books.create_price, price),
            self._list("/v1/prices", "price", "lookup_keys"),
            creates("/v1/checkout/sessions", "checkout", books.create_session, SESSION_PARAMS),
            self._list("/v1/checkout/sessions", "checkout.session", "customer", "payment_intent", "subscription"),
            self._one("/v1/checkout/sessions/{id}", "checkout.session"),
            self._change(
                "/v1/checkout/sessions/{id}/expire",
                "expire",
                lambda request, _: books.expire(request.path_params["id"]),
                frozenset(),
            ),
            creates("/v1/subscriptions", "subscription", books.create_subscription, subscription_create),
            self._list("/v1/subscriptions", "subscription", "customer", "status"),
            self._one("/v1/subscriptions/{id}", "subscription"),
            self._change(
                "/v1/subscriptions/{id}",
                "subscription_change",
                lambda request, given: books.update_subscription(request.path_params["id"], given),
                subscription_update,
            ),
            self.route("/v1/subscriptions/{id}", "end", self._end, methods=("DELETE",)),
            creates("/v1/subscription_schedules", "schedule", books.create_schedule, frozenset({"from_subscription"})),
            self._one("/v1/subscription_schedules/{id}", "subscription_schedule"),
            self._change(
                "/v1/subscription_schedules/{id}",
                "schedule_change",
                lambda request, given: books.update_schedule(request.path_params["id"], given),
                frozenset({"phases", "end_behavior", "proration_behavior"}),
            ),
            self._change(
                "/v1/subscription_schedules/{id}/release",
                "schedule_release",
                lambda request, _: books.release_schedule(request.path_params["id"]),
                frozenset(),
            ),
            creates("/v1/refunds", "refund", books.refund, refund),
            self._list("/v1/refunds", "refund", "payment_intent", "charge"),
            self._one("/v1/refunds/{id}", "refund"),
            creates("/v1/payment_intents", "payment_intent", books.create_intent, INTENT_PARAMS),
            creates("/v1/tax/calculations", "tax_calculation", books.calculate_tax, TAX_PARAMS),
            self._list("/v1/payment_methods", "payment_method", "customer", "type"),
            creates("/v1/billing_portal/sessions", "portal", books.portal, frozenset({"customer", "return_url"})),
            creates("/v1/webhook_endpoints", "endpoint", self._endpoint, frozenset({"url", "enabled_events"})),
            *(
                route
                for kind in ("invoice", "payment_intent", "charge", "event")
                for route in (
                    self._list(f"/v1/{kind}s", kind, "customer", "type", "payment_intent", "created"),
                    self._one(f"/v1/{kind}s/{{id}}", kind),
                )
            ),
            Route("/c/pay/{id}", self._page, methods=["GET", "POST"]),
            Route("/__simulator__/act", self._act, methods=["POST"]),
            Route("/__simulator__/webhooks", self._set_webhook, methods=["POST"]),
        ]

    # --- changes, once for each key

    def _change(self, path: str, name: str, work: Work, allowed: frozenset[str]) -> Route:
        async def serve(request: Request, fault: Fault | None) -> Response:
            body = (await request.body()).decode("utf-8", "replace")
            key = request.headers.get("idempotency-key")
            self._base = f"{request.url.scheme}://{request.url.netloc}"
            try:
                self._check_version(request)
                if key is not None and len(key) > 255:
                    raise Wrong("Idempotency keys may be at most 255 characters.")
                if (kept := self._earlier(key, request.url.path, body, fault)) is not None:
                    return self._again(kept)
                params = nested(body)
                known(params, allowed)
            except Wrong as wrong:
                return self._refused(wrong)
            new = _Kept(key, request.url.path, body, self.now(), self.next_id("req_"))
            return await self._begin(new, name, lambda: work(request, params), params, fault)

        return self.route(path, "change", serve)

    def _earlier(self, key: str | None, path: str, body: str, fault: Fault | None) -> _Kept | None:
        kept = self._kept.get(key) if key is not None else None
        if kept is not None and self.now() - kept.at > _DAY_S:
            kept = None
        if fault is Fault.KEY_IN_USE or (kept is not None and kept.answer is None):
            raise Wrong(
                "There is currently another in-progress request using this Idempotent Key.",
                status=409,
                type="idempotency_error",
                code="idempotency_key_in_use",
            )
        if kept is not None and (kept.path, kept.body) != (path, body):
            raise Wrong(
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                type="idempotency_error",
            )
        return kept

    async def _begin(
        self, kept: _Kept, name: str, work: Callable[[], Json], params: Json, fault: Fault | None
    ) -> Response:
        broken = Wrong("An unknown error occurred.", status=500, type="api_error")
        if kept.key is not None:
            self._kept[kept.key] = kept
        answer: tuple[int, Json] | None = None
        try:
            if self._pause is not None:
                await self._pause()
            if fault is Fault.SAVED_ERROR:
                raise broken
            if fault is Fault.CARD_DECLINED:
                raise declined_card()
            self._key_in_hand = kept.key
            self.books.during(kept.request_id, kept.key)
            made = work()
            self.ledger.accept(Entry(name, made["id"], kept.key, params))
            if fault is Fault.SAVED_ERROR_AFTER:
                raise broken
            answer = (200, made)
        except Wrong as wrong:
            answer = (wrong.status, {"error": wrong.error})
        finally:
            self.books.during(None, None)
            self._key_in_hand = None
            # A parameter that is refused never began; a refusal of the bank and a breakdown did.
            refused = answer is not None and answer[0] == 400 and answer[1]["error"].get("param")
            if kept.key is not None and (answer is None or refused):
                del self._kept[kept.key]
        # A copy: what happens to the object later must not show in what was answered.
        kept.answer = (answer[0], json.loads(json.dumps(public(answer[1]))))
        told = self._answer(kept.answer[1], answer[0], kept.request_id, key=kept.key, more=_advice(answer[0]))
        told.background = BackgroundTask(self.webhooks.flush)
        return told

    def _again(self, kept: _Kept) -> Response:
        if kept.answer is None:
            raise AssertionError("a result that is not there yet is refused earlier")
        status, data = kept.answer
        more = {"idempotent-replayed": "true", "original-request": kept.request_id, **_advice(status)}
        return self._answer(data, status, self.next_id("req_"), more=more)

    async def _end(self, request: Request, fault: Fault | None) -> Response:
        try:
            self._check_version(request)
            ended = self.books.cancel_subscription(request.path_params["id"])
        except Wrong as wrong:
            return self._refused(wrong)
        self.ledger.accept(Entry("end", ended["id"], None, {}))
        answer = self._answer(public(ended), 200, self.next_id("req_"))
        answer.background = BackgroundTask(self.webhooks.flush)
        return answer

    def _charged(self, kind: str, thing: Json) -> None:
        self.ledger.accept(Entry(kind, thing["id"], self._key_in_hand, {}))

    # --- reading

    def _one(self, path: str, kind: str) -> Route:
        async def serve(request: Request, fault: Fault | None) -> Response:
            return self._seen(request, lambda: self.books.get(kind, request.path_params["id"]))

        return self.route(path, "read", serve, methods=("GET",))

    def _list(self, path: str, kind: str, *filters: str) -> Route:
        async def serve(request: Request, fault: Fault | None) -> Response:
            params = nested(request.url.query)

            def page() -> Json:
                known(params, frozenset({*filters, "limit", "starting_after"}))
                return self.books.listed(kind, params, *filters, path=path)

            return self._seen(request, page)

        return self.route(path, "read", serve, methods=("GET",))

    def _seen(self, request: Request, look: Callable[[], Json]) -> Response:
        self._base = f"{request.url.scheme}://{request.url.netloc}"
        try:
            self._check_version(request)
            return self._answer(public(look()), 200, self.next_id("req_"))
        except Wrong as wrong:
            return self._refused(wrong)

    @staticmethod
    def _check_version(request: Request) -> None:
        if (version := request.headers.get("stripe-version", VERSION)) != VERSION:
            raise Wrong(f"Invalid Stripe API version: {version}. Only {VERSION} is simulated.")

    def _answer(
        self, data: Json, status: int, request_id: str, *, key: str | None = None, more: Mapping[str, str] | None = None
    ) -> Response:
        headers = {"request-id": request_id, "stripe-version": VERSION, **(more or {})}
        if key is not None:
            headers["idempotency-key"] = key
        return JSONResponse(data, status, headers=headers)

    def _refused(self, wrong: Wrong, more: Mapping[str, str] | None = None) -> Response:
        return self._answer({"error": wrong.error}, wrong.status, self.next_id("req_"), more=more)

    # --- webhooks, people, tests

    def _endpoint(self, params: Json) -> Json:
        required(params, "url", "enabled_events")
        secret = f"whsec_{self.next_id('simulated')}"
        made = self.books.add(
            "webhook_endpoint",
            "we",
            {"url": params["url"], "enabled_events": params["enabled_events"], "status": "enabled", "secret": secret},
        )
        self.webhooks.endpoints.append(
            Endpoint(made["id"], params["url"], [secret], frozenset(params["enabled_events"]))
        )
        return made

    def subscribe(self, url: str, *secrets: str) -> None:
        """Let every event go to ``url``, signed with each of ``secrets``."""
        self.webhooks.endpoints.append(Endpoint(self.next_id("we_"), url, list(secrets)))

    async def act(self, what: str, id: str, **how: Any) -> Json:
        """What people, banks and time do: ``pay``, ``settle`` or ``expire`` a visit, ``renew`` a subscription,
        ``collect`` or ``retry`` what it owes, ``store_card`` of a customer."""
        acts: dict[str, Callable[..., Json]] = {
            "pay": self.books.pay,
            "settle": self.books.settle,
            "expire": self.books.expire,
            "renew": self.books.renew,
            "collect": self.books.collect,
            "retry": self.books.retry,
            "store_card": self.books.store_card,
        }
        done = acts[what](id, **how)
        await self.webhooks.flush()
        return public(done)

    async def _act(self, request: Request) -> Response:
        """``{"what": "pay", "id": "cs_test_...", "declined": true}``; ``{"what": "release"}`` sends what was late."""
        wanted = await request.json()
        if wanted.get("what") == "release":
            await self.webhooks.release()
            return Response(status_code=204)
        try:
            return JSONResponse(await self.act(**wanted))
        except (KeyError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 422)
        except Wrong as wrong:
            return self._refused(wrong)

    async def _set_webhook(self, request: Request) -> Response:
        """``{"url": "http://..."}``: every event goes there and nowhere else, signed as the settings say."""
        wanted = await request.json()
        if not isinstance(wanted, dict) or not str(wanted.get("url", "")).startswith("http"):
            return JSONResponse({"error": "url"}, 422)
        self.webhooks.endpoints.clear()
        self.subscribe(wanted["url"], HOOK_SECRET)
        return Response(status_code=204)

    async def _page(self, request: Request) -> Response:
        """The payment page: one button; paying leads to where the shop wanted people to come back."""
        id = request.path_params["id"]
        session = self.books.tables.get("checkout.session", {}).get(id)
        if session is None or session["status"] != "open":
            return HTMLResponse("<p>There is nothing to pay here.</p>", 404)
        if request.method == "POST":
            await self.act("pay", id)
            return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", id), 303)
        amount = f"{session['amount_total']} {session['currency']} (smallest units)"
        return HTMLResponse(f'<form method="post"><p>{amount}</p><button>Pay</button></form>')


def _advice(status: int) -> dict[str, str]:
    """Whether to repeat: a breakdown that is kept comes back for the same key whatever happens."""
    return {"stripe-should-retry": "false"} if status >= 500 else {}
