"""How billing is put together; no decisions here."""

from __future__ import annotations

from datetime import timedelta

from billing.ledger import endpoints as ledger_endpoints
from billing.ledger.expiry import HoldExpiry
from billing.ledger.handlers import consumers
from billing.ledger.service import Ledger
from billing.plans import endpoints as plan_endpoints
from billing.plans.repository import PlanBook, load_starting_catalogue
from billing.settings import Settings
from chassis import migrations
from chassis.app import create_app
from chassis.service import Dependencies, Service, ServiceSpec


def build(settings: Settings, deps: Dependencies) -> Service:
    """Billing's app, consumers and background parts."""
    if deps.database is None:
        raise ValueError("billing needs a database")
    plans = PlanBook()
    ledger = Ledger(plans, opening_plan=settings.opening_plan, hold_for=timedelta(hours=settings.hold_hours))
    app = create_app(
        name="billing",
        settings=settings,
        version="0.1.0",
        routers=[plan_endpoints.router, ledger_endpoints.router],
        readiness={"database": deps.database.ready},
        description="Plans, credits and usage.",
    )
    app.state.database = deps.database
    app.state.verifier = deps.verifier
    app.state.plans = plans
    return Service(
        name="billing",
        app=app,
        database=deps.database,
        consumers=consumers(ledger),
        background=(HoldExpiry(deps.database, ledger, poll_s=settings.expiry_poll_s),),
    )


SPEC = ServiceSpec(
    "billing",
    Settings,
    build,
    migrations=migrations.folder_of(__file__),
    initial_data=load_starting_catalogue,
)
