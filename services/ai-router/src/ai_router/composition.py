"""How the AI router is put together; no decisions here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from fastapi import FastAPI

from ai_router.catalogue import endpoints as catalogue_endpoints
from ai_router.catalogue.models import Offer
from ai_router.catalogue.pricing import PriceNews
from ai_router.catalogue.repository import CatalogueBook, load_starting_catalogue
from ai_router.explaining import endpoints as explaining_endpoints
from ai_router.figures.queries import FIGURES
from ai_router.health.breakers import BreakerNews
from ai_router.health.checks import HealthChecks, VendorClients
from ai_router.jobs import endpoints as job_endpoints
from ai_router.jobs.handlers import consumers
from ai_router.jobs.housekeeping import Housekeeping
from ai_router.jobs.models import STOP_WORK, WORK
from ai_router.jobs.repository import JOB_OF_WORK
from ai_router.jobs.running.bell import Bell
from ai_router.jobs.running.finisher import Finisher
from ai_router.jobs.running.fitting import ClipFitter
from ai_router.jobs.running.progress import ProgressBoard
from ai_router.jobs.running.runner import Runner, RunnerOptions
from ai_router.jobs.running.stopping import VendorStopper
from ai_router.jobs.running.validation import MediaValidator, Validator
from ai_router.jobs.running.vendor import Polling
from ai_router.jobs.service import Commands
from ai_router.kept import tables
from ai_router.operating import endpoints as operating_endpoints
from ai_router.operating.guard import DailyGuard
from ai_router.orders import endpoints as order_endpoints
from ai_router.orders import handlers as order_handlers
from ai_router.orders.previews import Previews
from ai_router.orders.service import Orders
from ai_router.orders.settling import Settling
from ai_router.orders.sources import Files, Sources, WorkflowFiles
from ai_router.orders.voices import Voices
from ai_router.people import handlers as people
from ai_router.providers.local.every import local_providers
from ai_router.providers.port import Provider
from ai_router.routing.router import Router
from ai_router.settings import Settings
from ai_router.statistics import endpoints as statistics_endpoints
from ai_router.usage import endpoints as usage_endpoints
from ai_router.webhooks import endpoints as webhook_endpoints
from chassis.data import migrations
from chassis.http.app import create_app
from chassis.messaging.consumer import Consumers
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.storage.port import ObjectStore
from chassis.work.workers import WorkPool

_NOTHING: Mapping[str, Provider] = {}


def build(
    settings: Settings,
    deps: Dependencies,
    providers: Mapping[str, Provider] = _NOTHING,
    *,
    validator: Validator | None = None,
    options: RunnerOptions | None = None,
    files: Files | None = None,
) -> Service:
    """The AI router's app, consumers and background parts.

    ``providers`` are added to the local ones and to the vendors that the environment configures; one without a
    catalogue row gets a free one at the head of the local ones. ``validator`` replaces the measuring one, ``files``
    what workflow knows of uploads.
    """
    if deps.database is None:
        raise ValueError("the AI router needs a database")
    database = deps.database
    vendors = VendorClients({**os.environ, **_told_at(settings)})
    known: dict[str, Provider] = {
        **local_providers(
            deps.processes,
            deadline_s=settings.render_deadline_s,
            piper_voices=settings.piper_voices,
            whisper=settings.whisper_model,
            source_max_bytes=settings.source_max_mb << 20,
            source_simulator=settings.source_simulator,
        ),
        **vendors.providers,
        **providers,
    }
    book = CatalogueBook(
        database,
        max_age_s=settings.catalogue_max_age_s,
        extra=_offers_of(providers),
        fallback=settings.fallback_enabled,
    )
    router = Router(book, known)
    board = ProgressBoard(database)
    finisher = Finisher(database)
    options = options or RunnerOptions(
        polling=Polling(stop_s=settings.poll_stop_s),
        cache_for=timedelta(seconds=settings.cache_for_s),
    )
    setup = {who: str(file) for who, file in settings.piper_voices.items()}
    setup |= {"whisper": str(settings.whisper_model)} if settings.whisper_model else {}
    bell = Bell(database)
    polling = replace(options.polling, bell=bell)
    options = replace(options, polling=polling, cache_results=settings.cache_results, cache_setup=setup)
    runner = Runner(
        database,
        deps.store,
        router,
        validator or MediaValidator(deps.processes, whisper=settings.whisper_model),
        ClipFitter(deps.processes),
        board,
        finisher,
        options,
    )
    jobs = WorkPool(
        database,
        WORK,
        runner.run,
        concurrency=settings.job_concurrency,
        lease_s=settings.job_lease_s,
        alone=settings.alone,
        payload=JOB_OF_WORK,
    )
    stopper = VendorStopper(database, router, unseen_for_s=2 * settings.job_lease_s)
    stops = WorkPool(database, STOP_WORK, stopper.run, concurrency=4, alone=settings.alone)
    checks = HealthChecks(database, router, every_s=settings.health_every_s)
    news = BreakerNews(database, router)
    housekeeping = Housekeeping(database, deps.store, keep_jobs=timedelta(seconds=settings.keep_jobs_s))
    commands = Commands(router, deps.store, jobs.cancel, cache_results=settings.cache_results, cache_setup=setup)
    orders = Orders(router, commands)
    money = (Settling(database), DailyGuard(database, router), PriceNews(database, router))
    known_files = WorkflowFiles(settings.workflow_url)

    @asynccontextmanager
    async def connected(_: FastAPI) -> AsyncIterator[None]:
        yield
        await known_files.close()

    app = create_app(
        name="ai_router",
        settings=settings,
        version="0.1.0",
        routers=[
            catalogue_endpoints.router,
            order_endpoints.router,
            job_endpoints.router,
            usage_endpoints.router,
            explaining_endpoints.router,
            operating_endpoints.router,
            statistics_endpoints.router,
            webhook_endpoints.router,
        ],
        readiness={"database": database.ready, "store": deps.store.ready},
        lifespan=connected,
        description="AI jobs, models and the health of providers.",
    )
    app.state.database = database
    app.state.verifier = deps.verifier
    app.state.store = deps.store
    app.state.router = router
    app.state.interrupt = jobs.cancel
    app.state.orders = orders
    app.state.webhook_secrets = settings.webhook_secrets()
    app.state.sources = Sources(deps.store, files or known_files, settings.proved_only)
    app.state.previews = Previews(deps.store, deps.processes)
    app.state.voices = Voices(deps.processes, settings.piper_voices)
    return Service(
        name="ai_router",
        app=app,
        database=database,
        consumers=_consumers(commands, orders, deps.store),
        listeners=session_listeners("ai_router", deps.verifier),
        background=(board, jobs, stops, checks, news, bell, housekeeping, *money, vendors),
        retention=tables(settings),
        figures=FIGURES,
    )


def _told_at(settings: Settings) -> Mapping[str, str]:
    """Where vendors whose secret is set tell that a job has ended."""
    return {
        f"{vendor.upper()}_WEBHOOK_URL": f"{settings.public_url}/api/v1/vendors/{vendor}/webhook"
        for vendor in settings.webhook_secrets()
    }


def _offers_of(providers: Mapping[str, Provider]) -> list[Offer]:
    """Rows for providers that a composition root added."""
    return [
        Offer(
            provider=key,
            capability=declaration.capability,
            cost=Decimal(0),
            cost_unit=declaration.price_unit,
            quality=5.0,
            speed_s=0.0,
            priority=0,
            zero_cost=True,
        )
        for key, provider in providers.items()
        for declaration in provider.declarations
    ]


def _consumers(commands: Commands, orders: Orders, store: ObjectStore) -> Consumers:
    declared = consumers(commands)
    order_handlers.subscribe(declared, orders)
    people.subscribe(declared, store)
    return declared


SPEC = ServiceSpec(
    "ai_router",
    Settings,
    build,
    migrations=migrations.folder_of(__file__),
    initial_data=load_starting_catalogue,
)
