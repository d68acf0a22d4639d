"""How analytics is put together; no decisions here."""

from __future__ import annotations

from analytics.clients import endpoints as clients
from analytics.facts import handlers
from analytics.facts.models import Pseudonyms
from analytics.facts.months import Months, make_ahead
from analytics.figures.folding import Folding
from analytics.kept import tables
from analytics.reports import endpoints
from analytics.settings import Settings
from analytics.watching.watching import Watching
from chassis.data import migrations
from chassis.http.app import create_app
from chassis.messaging.consumer import Consumers
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec


def build(settings: Settings, deps: Dependencies) -> Service:
    """Analytics' app, consumers and background parts."""
    if deps.database is None:
        raise ValueError("analytics needs a database")
    app = create_app(
        name="analytics",
        settings=settings,
        version="0.1.0",
        routers=[endpoints.router, clients.router],
        readiness={"database": deps.database.ready},
        description="How the business does.",
    )
    app.state.database = deps.database
    app.state.verifier = deps.verifier
    app.state.pseudonyms = pseudonyms = Pseudonyms(settings.person_hash_key.get_secret_value())
    consumers = Consumers("analytics")
    handlers.subscribe(consumers, pseudonyms)
    return Service(
        name="analytics",
        app=app,
        database=deps.database,
        consumers=consumers,
        listeners=session_listeners("analytics", deps.verifier),
        background=(
            Folding(deps.database, every_s=settings.fold_every_s),
            Months(deps.database, keep=settings.keep_facts_months),
            Watching(deps.database, settings.watched_services),
        ),
        retention=tables(settings),
    )


SPEC = ServiceSpec("analytics", Settings, build, migrations=migrations.folder_of(__file__), initial_data=make_ahead)
