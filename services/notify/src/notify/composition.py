"""How notify is put together; no decisions here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from chassis.bus.messages import Received
from chassis.data import migrations
from chassis.data.database import Transaction
from chassis.http.app import create_app
from chassis.identity.tokens import Verifier
from chassis.messaging.consumer import Consumers
from chassis.messaging.listeners import Listeners
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.storage.port import ObjectStore
from contracts.users import RegistrationRepeated, UserRegistered, UserUpdated
from contracts.workflow import (
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEvent,
    RunFailed,
    RunProgressed,
    StepCompleted,
)
from notify.kept import tables
from notify.live import endpoints as live_endpoints
from notify.live import repository
from notify.live.hub import Hub
from notify.live.updates import update_of
from notify.messages import endpoints as message_endpoints
from notify.messages import service
from notify.people import handlers as people
from notify.settings import Settings

RUN_EVENTS: tuple[type[RunEvent], ...] = (
    RunCreated,
    RunProgressed,
    StepCompleted,
    RunCompleted,
    RunFailed,
    RunCancelled,
)


def build(settings: Settings, deps: Dependencies) -> Service:
    """Notify's app, consumers and listeners."""
    if deps.database is None:
        raise ValueError("notify needs a database")
    hub = Hub(partial(repository.newest, deps.database), every_s=settings.live_poll_s)
    app = create_app(
        name="notify",
        settings=settings,
        version="0.1.0",
        routers=[message_endpoints.router, live_endpoints.router],
        readiness={"database": deps.database.ready},
        description="Messages and live updates.",
    )
    app.state.database = deps.database
    app.state.verifier = deps.verifier
    app.state.hub = hub
    return Service(
        name="notify",
        app=app,
        database=deps.database,
        consumers=_consumers(deps.store),
        listeners=_listeners(hub, deps.verifier),
        retention=tables(settings),
    )


def _consumers(store: ObjectStore) -> Consumers:
    registry = Consumers("notify")
    runs = registry.queue("runs")
    users = registry.queue("users")

    @runs.many(*RUN_EVENTS)
    async def keep(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Keep what happened for clients, and tell users how runs ended."""
        await service.announce_ends(received, tx)
        updates = [update_of(item.message, item.envelope.time, item.envelope.traceparent) for item in received]
        repository.append(updates, tx)

    @users.each(UserRegistered)
    async def welcome(event: UserRegistered, tx: Transaction) -> None:
        """Remember a new user and greet them."""
        await service.welcome(event, tx)

    @users.each(UserUpdated)
    async def remember(event: UserUpdated, tx: Transaction) -> None:
        """Keep name and language."""
        await service.remember(event, tx)

    @users.each(RegistrationRepeated)
    async def warn(event: RegistrationRepeated, tx: Transaction) -> None:
        """Tell the owner of an address that somebody registered with it."""
        await service.warn_of_registration(event, tx)

    people.subscribe(registry, store)
    return registry


def _listeners(hub: Hub, verifier: Verifier) -> Listeners:
    registry = session_listeners("notify", verifier)

    @registry.on(*RUN_EVENTS)
    def wake(received: Received[Any]) -> None:
        """Wake the streams that follow this run."""
        hub.announce(received.message.run_id, received.message.sequence)

    return registry


SPEC = ServiceSpec("notify", Settings, build, migrations=migrations.folder_of(__file__))
