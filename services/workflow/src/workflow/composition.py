"""How workflow is put together."""

from __future__ import annotations

from chassis.data import migrations
from chassis.http.app import create_app
from chassis.messaging.consumer import Consumers
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.storage import FolderStore
from chassis.storage.port import ObjectStore
from chassis.storage.router import objects_router
from media.images.photos import MAX_BYTES
from workflow.accounts import handlers as accounts
from workflow.engine.definition import Definitions
from workflow.files import endpoints as file_endpoints
from workflow.files.housekeeping import Housekeeping
from workflow.files.receiving import MAX_FORM_OVERHEAD
from workflow.files.scanning import PatternScanner, Scanner
from workflow.files.service import Uploads
from workflow.platforms import handlers as platforms
from workflow.products.registry import PRODUCTS
from workflow.runs import consumer, endpoints
from workflow.runs import repository as runs_repository
from workflow.runs.driver import Driver
from workflow.runs.timer import Timer
from workflow.settings import Settings

NAME = "workflow"


def default_definitions(settings: Settings) -> Definitions:
    """What is offered: all types of a product share its definition."""
    made = [(product.types, product.definition(settings)) for product in PRODUCTS]
    return Definitions({kind.value: definition for types, definition in made for kind in types})


def build(
    settings: Settings,
    deps: Dependencies,
    definitions: Definitions | None = None,
    scanner: Scanner | None = None,
) -> Service:
    """The service; nothing is started. ``definitions`` replaces what is offered, ``scanner`` the local scanner."""
    if deps.database is None:
        raise ValueError("workflow needs a database")
    offered = definitions or default_definitions(settings)
    driver = Driver(offered)
    timer = Timer(deps.database, driver, poll_s=settings.timer_poll_s, places=settings.max_processing)
    driver.ended = timer.wake
    uploads = Uploads(
        database=deps.database,
        store=deps.store,
        fallback=_fallback(settings),
        scanner=scanner or PatternScanner(),
        processes=deps.processes,
        clock=deps.clock,
        landmarks=settings.face_landmarker,
    )
    stores: dict[str, ObjectStore | None] = {"store": uploads.store, "fallback": uploads.fallback}
    routers = [file_endpoints.router(settings, uploads), endpoints.router(settings, offered, driver, deps.store)]
    if isinstance(deps.store, FolderStore):
        routers.append(objects_router(deps.store))
    app = create_app(
        name=NAME,
        settings=settings,
        version="0.1.0",
        routers=routers,
        readiness={"database": deps.database.ready, "store": deps.store.ready},
        description="Files, and the runs that make videos of them.",
        larger_bodies={"/api/v1/files": MAX_BYTES + MAX_FORM_OVERHEAD},
    )
    app.state.database = deps.database
    app.state.verifier = deps.verifier
    consumers = Consumers(NAME)
    consumer.subscribe(consumers, driver)
    accounts.subscribe(consumers)
    platforms.subscribe(consumers)
    return Service(
        name=NAME,
        app=app,
        database=deps.database,
        consumers=consumers,
        listeners=session_listeners(NAME, deps.verifier),
        background=(
            timer,
            Housekeeping(
                deps.database,
                stores,
                keep_deleted_s=settings.keep_deleted_s,
                poll_s=settings.housekeeping_poll_s,
                also=(runs_repository.forget_keys,),
            ),
        ),
    )


def _fallback(settings: Settings) -> FolderStore | None:
    if settings.fallback_folder is None:
        return None
    key = settings.fallback_signing_key
    return FolderStore(
        settings.fallback_folder,
        public_url=settings.public_url,
        signing_key=key.get_secret_value().encode() if key else None,
    )


SPEC = ServiceSpec(NAME, Settings, build, migrations=migrations.folder_of(__file__))
