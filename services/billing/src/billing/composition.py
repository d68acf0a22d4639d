"""How billing is put together; no decisions here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import FastAPI

from billing.desk import endpoints as desk_endpoints
from billing.figures.queries import FIGURES
from billing.kept import tables
from billing.ledger import endpoints as ledger_endpoints
from billing.ledger import internal as ledger_internal
from billing.ledger.expiry import catalogue_news, hold_expiry, month_end
from billing.ledger.handlers import consumers
from billing.ledger.service import Ledger
from billing.payments import endpoints as payment_endpoints
from billing.payments.dialect import STRIPE
from billing.payments.inbox import Inbox
from billing.payments.port import PaymentProcessor
from billing.payments.razorpay.reports import RAZORPAY
from billing.payments.reader import SubscriptionReader
from billing.payments.reconciliation import Reconciliation
from billing.people import handlers as people
from billing.plans import endpoints as plan_endpoints
from billing.plans.book import PlanBook
from billing.plans.repository import load_starting_catalogue
from billing.quotes import endpoints as quote_endpoints
from billing.receipts import endpoints as receipt_endpoints
from billing.reports import endpoints as report_endpoints
from billing.sales import endpoints as sale_endpoints
from billing.sales.endings import Endings
from billing.sales.follower import Follower
from billing.sales.grace import GraceEnd
from billing.sales.service import Shop
from billing.sandbox import endpoints as sandbox_endpoints
from billing.sandbox.account import Account
from billing.sandbox.processor import Renewals, Sandbox
from billing.sandbox.service import Desk
from billing.settings import Settings
from billing.usage import endpoints as usage_endpoints
from chassis.clock import SystemClock
from chassis.data import migrations
from chassis.http.app import create_app
from chassis.http.clock import clock_router
from chassis.messaging.consumer import Consumers
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Background, Dependencies, Service, ServiceSpec
from chassis.storage.port import ObjectStore


def build(settings: Settings, deps: Dependencies) -> Service:
    """Billing's app, consumers and background parts."""
    if deps.database is None:
        raise ValueError("billing needs a database")
    plans = PlanBook()
    ledger = Ledger(
        plans,
        opening_plan=settings.opening_plan,
        hold_for=timedelta(hours=settings.hold_hours),
        gifts={settings.gift_email: settings.gift_credits} if settings.gift_email else {},
    )
    clock = deps.clock
    moving = [clock_router(clock, "/api/v1/admin/billing")] if isinstance(clock, SystemClock) and clock.movable else []
    app = create_app(
        name="billing",
        settings=settings,
        version="0.1.0",
        routers=[
            plan_endpoints.router,
            plan_endpoints.admin,
            ledger_endpoints.router,
            ledger_internal.router,
            payment_endpoints.router,
            sale_endpoints.router,
            receipt_endpoints.router,
            quote_endpoints.router,
            usage_endpoints.router,
            report_endpoints.router,
            desk_endpoints.router,
            *moving,
        ],
        readiness={"database": deps.database.ready},
        description="Plans, credits and usage.",
        larger_bodies=dict.fromkeys(
            (payment_endpoints.PATH, payment_endpoints.RAZORPAY_PATH), payment_endpoints.LARGEST_BODY
        ),
    )
    app.state.database = deps.database
    app.state.verifier = deps.verifier
    app.state.plans = plans
    app.state.ledger = ledger
    background: list[Background] = [
        hold_expiry(deps.database, ledger, poll_s=settings.expiry_poll_s),
        catalogue_news(deps.database, ledger, poll_s=settings.expiry_poll_s),
        month_end(deps.database, ledger, poll_s=settings.expiry_poll_s),
    ]
    named = settings.processor or Sandbox.name
    follower = Follower(ledger, plans, processor=STRIPE.name if named == RAZORPAY.name else named)
    inbox = Inbox(settings.webhook_secrets, deps.clock.machine, live=settings.stripe_is_live, follow=follower.follow)
    of_razorpay = Follower(ledger, plans, processor=RAZORPAY.name)
    razorpay_inbox = Inbox(
        settings.razorpay_webhook_secrets, deps.clock.machine, follow=of_razorpay.follow, dialect=RAZORPAY
    )
    app.state.payment_inbox, app.state.razorpay_inbox = inbox, razorpay_inbox
    app.state.shop = app.state.processor = None
    background.append(GraceEnd(deps.database, follower, poll_s=settings.expiry_poll_s))
    if settings.processor is not None:
        heard, following = (razorpay_inbox, of_razorpay) if named == RAZORPAY.name else (inbox, follower)
        processor, close, more = _processor(settings, deps, heard, app)
        reader = SubscriptionReader(
            deps.database,
            processor,
            poll_s=settings.subscription_poll_s,
            follow=following.subscription,
            close=close,
            dialect=heard.dialect.name,
        )
        app.state.processor = processor
        app.state.shop = Shop(
            deps.database, processor, plans, reader, origins=settings.return_origins, follow=following.follow
        )
        endings = Endings(deps.database, processor, poll_s=settings.subscription_poll_s)
        background += [reader, endings, Reconciliation(deps.database, processor, heard), *more]
    return Service(
        name="billing",
        app=app,
        database=deps.database,
        consumers=_consumers(ledger, deps.store),
        listeners=session_listeners("billing", deps.verifier),
        background=background,
        retention=tables(settings),
        figures=FIGURES,
    )


def _processor(
    settings: Settings, deps: Dependencies, inbox: Inbox, app: FastAPI
) -> tuple[PaymentProcessor, Callable[[], Awaitable[None]] | None, list[Background]]:
    """Who takes the money, what closes the connections there, and what else goes on in the background for it."""
    if deps.database is None:
        raise ValueError("billing needs a database")
    if settings.processor == RAZORPAY.name:
        return _razorpay(settings, deps)
    if settings.stripe_secret_key is None:
        account = Account(inbox)
        app.state.sandbox = Desk(account)
        app.include_router(sandbox_endpoints.router)
        pages = f"{settings.public_url}{sandbox_endpoints.PATH}"
        renewals = Renewals(deps.database, account, poll_s=settings.subscription_poll_s)
        return Sandbox(deps.database, account, pages=pages), None, [renewals]
    # Here, so that billing without Stripe does without its library: 60 ms and 6 MB.
    from billing.payments.stripe.adapter import Stripe
    from billing.payments.stripe.client import Connections, client_on

    connections = Connections()
    stripe = Stripe(
        client_on(connections, settings.stripe_base_url, settings.stripe_secret_key),
        automatic_tax=settings.stripe_automatic_tax,
        payment_methods=settings.stripe_payment_methods,
        now=deps.clock.machine,
    )
    return stripe, connections.close_async, []


def _razorpay(
    settings: Settings, deps: Dependencies
) -> tuple[PaymentProcessor, Callable[[], Awaitable[None]], list[Background]]:
    # Here, so that billing without Razorpay does without its library.
    from billing.payments.razorpay.adapter import Razorpay
    from billing.payments.razorpay.client import Calls

    if settings.razorpay_key_id is None or settings.razorpay_key_secret is None:
        raise ValueError("Razorpay needs its key id and its key secret")
    calls = Calls(settings.razorpay_base_url, settings.razorpay_key_id, settings.razorpay_key_secret)
    return Razorpay(calls, now=deps.clock.machine), calls.close, []


def _consumers(ledger: Ledger, store: ObjectStore) -> Consumers:
    declared = consumers(ledger)
    people.subscribe(declared, store)
    return declared


SPEC = ServiceSpec(
    "billing",
    Settings,
    build,
    migrations=migrations.folder_of(__file__),
    initial_data=load_starting_catalogue,
)
