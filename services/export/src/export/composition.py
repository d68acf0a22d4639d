"""How export is put together; no decisions here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import httpx
from fastapi import FastAPI

from chassis.data import migrations
from chassis.data.database import Database
from chassis.http.app import create_app
from chassis.messaging.consumer import Consumers
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.storage.port import ObjectStore
from chassis.work.workers import WorkPool
from export.commands import Commands
from export.costs import endpoints as cost_endpoints
from export.costs import handlers as prices
from export.deliveries import handlers as deliveries
from export.history import endpoints as history_endpoints
from export.instructions import endpoints as instruction_endpoints
from export.keeping.service import Keeping
from export.kept import orders_for, tables
from export.kits import endpoints as kit_endpoints
from export.kits.runner import KitRunner
from export.optimiser import endpoints as optimiser_endpoints
from export.orders import KIT, RENDITIONS
from export.people import handlers as people
from export.platforms import endpoints as platform_endpoints
from export.platforms import repository as platforms
from export.platforms.announcing import Announcing
from export.projects import handlers as projects
from export.renditions import endpoints as rendition_endpoints
from export.renditions.runner import RenditionRunner
from export.settings import Settings
from export.templates import endpoints as template_endpoints
from export.templates import repository as templates
from export.templates.cache import TemplateCache
from export.verification import endpoints as verification_endpoints
from export.verification.files import UploadedFiles
from export.verification.service import Verifying
from export.youtube import endpoints as youtube_endpoints
from export.youtube.connections import Connections
from export.youtube.parts import YouTubeParts


def build(settings: Settings, deps: Dependencies, *, http: httpx.AsyncClient | None = None) -> Service:
    """Export's app, consumers and background parts. ``http`` replaces the connections to Google."""
    if deps.database is None:
        raise ValueError("export needs a database")
    database = deps.database
    rendering = RenditionRunner(
        database,
        deps.store,
        deps.processes,
        threads=settings.render_threads,
        deadline_s=settings.render_deadline_s,
        signer=settings.signer,
    )
    packing = KitRunner(database, deps.store, keep_for=timedelta(days=settings.kit_days))
    pools = [
        WorkPool(
            database,
            kind,
            run,
            concurrency=settings.export_concurrency,
            lease_s=settings.export_lease_s,
            alone=settings.alone,
        )
        for kind, run in ((RENDITIONS, rendering.run), (KIT, packing.run))
    ]

    uploaded_files = UploadedFiles(deps.store, settings.workflow_url)
    keeping = Keeping(database, deps.store, keep_for=orders_for(settings))
    youtube = YouTubeParts.of(settings, database, deps.store, http) if settings.youtube_client_id else None

    @asynccontextmanager
    async def connected(_: FastAPI) -> AsyncIterator[None]:
        yield
        await uploaded_files.close()

    def interrupt(work_id: UUID) -> None:
        for pool in pools:
            pool.cancel(work_id)

    app = create_app(
        name="export",
        settings=settings,
        version="0.1.0",
        routers=[
            platform_endpoints.router,
            template_endpoints.router,
            instruction_endpoints.router,
            cost_endpoints.router,
            optimiser_endpoints.router,
            history_endpoints.router,
            kit_endpoints.router,
            rendition_endpoints.router,
            youtube_endpoints.router,
            verification_endpoints.router,
        ],
        readiness={"database": database.ready, "store": deps.store.ready},
        description="Platform requirements, templates, instructions, costs, export kits and uploads to YouTube.",
        larger_bodies={verification_endpoints.PATH: verification_endpoints.MAX_BODY},
        lifespan=connected,
    )
    app.state.database = database
    app.state.verifier = deps.verifier
    app.state.store = deps.store
    app.state.templates = TemplateCache()
    app.state.verifying = Verifying(database)
    app.state.uploaded_files = uploaded_files
    app.state.youtube = youtube.connections if youtube else None
    return Service(
        name="export",
        app=app,
        database=database,
        consumers=_consumers(Commands(interrupt), deps.store, youtube.connections if youtube else None),
        listeners=session_listeners("export", deps.verifier),
        background=(*pools, keeping, Announcing(database), *(youtube.background if youtube else ())),
        retention=tables(settings),
    )


def _consumers(commands: Commands, store: ObjectStore, connections: Connections | None) -> Consumers:
    consumers = commands.consumers()
    deliveries.subscribe(consumers)
    projects.subscribe(consumers)
    prices.subscribe(consumers)
    people.subscribe(consumers, store, connections)
    return consumers


async def load_starting_data(database: Database) -> None:
    """Platform specifications and templates that are missing; changes none. Repeatable."""
    async with database.transaction() as tx:
        await platforms.add_missing(tx)
        await templates.add_missing(tx)


SPEC = ServiceSpec(
    "export",
    Settings,
    build,
    migrations=migrations.folder_of(__file__),
    initial_data=load_starting_data,
)
