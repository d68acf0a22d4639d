"""How workflow is put together."""

from __future__ import annotations

from chassis.data import migrations
from chassis.http.app import create_app
from chassis.messaging.consumer import Consumers
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.storage import FallbackStore, FolderStore
from chassis.storage.router import objects_router
from media.images.photos import MAX_BYTES
from media.sandbox.places import Sandbox
from workflow.accounts import endpoints as account_endpoints
from workflow.accounts import handlers as accounts
from workflow.assets import endpoints as asset_endpoints
from workflow.assets import handlers as asset_handlers
from workflow.assets.service import Assets
from workflow.batches import endpoints as batch_endpoints
from workflow.cleaning.service import Cleaning
from workflow.clips import endpoints as clip_endpoints
from workflow.delivery import endpoints as delivery_endpoints
from workflow.delivery.service import Delivery
from workflow.engine.definition import Definitions
from workflow.figures.queries import FIGURES
from workflow.files import endpoints as file_endpoints
from workflow.files.housekeeping import Housekeeping
from workflow.files.intake import Intake
from workflow.files.kinds import AT_ONCE
from workflow.files.receiving import MAX_FORM_OVERHEAD
from workflow.files.scanning import PatternScanner, Scanner
from workflow.files.service import Uploads
from workflow.files.upkeep import Upkeep
from workflow.films import endpoints as film_endpoints
from workflow.films.service import Films
from workflow.kept import tables
from workflow.people import handlers as people
from workflow.periods import Periods
from workflow.platforms import handlers as platforms
from workflow.previews import endpoints as preview_endpoints
from workflow.prices import handlers as prices
from workflow.products.registry import BY_TYPE
from workflow.projects import endpoints as project_endpoints
from workflow.projects import joining
from workflow.projects.service import Projects
from workflow.reruns import endpoints as rerun_endpoints
from workflow.resumable import endpoints as resumable_endpoints
from workflow.resumable.service import Resumable
from workflow.runs import consumer, endpoints
from workflow.runs.driver import Driver
from workflow.runs.repository import places
from workflow.runs.timer import Timer
from workflow.scanning.clamd import ClamdScanner
from workflow.scanning.rescan import Rescan
from workflow.settings import Settings
from workflow.statistics import endpoints as statistics_endpoints
from workflow.timeline import endpoints as timeline_endpoints

NAME = "workflow"


def default_definitions(settings: Settings) -> Definitions:
    """What is offered: all types of a product share its definition."""
    products = list({id(product): product for product in BY_TYPE.values()}.values())
    made = [(product.types, product.definition(settings)) for product in products]
    former = [definition for product in products for definition in product.former(settings)]
    return Definitions({kind.value: definition for types, definition in made for kind in types}, former)


def default_scanner(settings: Settings) -> Scanner:
    """clamd where one is configured."""
    return ClamdScanner(settings.clamd_address) if settings.clamd_address else PatternScanner()


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
    timer = Timer(deps.database, driver, poll_s=settings.timer_poll_s, places=places(settings))
    driver.ended = timer.wake
    periods = Periods(settings.keep_days)
    sandbox = Sandbox(
        settings.media_processes, "workflow.files.inspection", "workflow.delivery.making", "workflow.previews.making"
    )
    intake = Intake(
        database=deps.database,
        store=deps.store,
        scanner=scanner or default_scanner(settings),
        sandbox=sandbox,
        clock=deps.clock,
        periods=periods,
    )
    uploads = Uploads(intake, joining.add_input)
    resumable = Resumable(intake, joining.add_input)
    rescan = Rescan(deps.database, deps.store, intake.scanner, periods)
    projects = Projects(deps.store, driver, link_s=settings.link_s, public_url=settings.public_url)
    assets = Assets(deps.store, offered, link_s=settings.link_s)
    films = Films(settings, offered, deps.store, link_s=settings.link_s)
    routers = [
        # Before the routes of one file, which take any word for an id.
        resumable_endpoints.router(resumable),
        delivery_endpoints.router(settings, Delivery(intake)),
        file_endpoints.router(settings, uploads),
        endpoints.router(settings, offered, driver, deps.store),
        preview_endpoints.router(deps.database, offered, deps.store, sandbox),
        statistics_endpoints.router,
        account_endpoints.router(settings),
        rerun_endpoints.router(settings, driver),
        timeline_endpoints.router(offered),
        batch_endpoints.router(settings, driver),
        clip_endpoints.router(settings, offered, driver),
        asset_endpoints.router(assets),
        project_endpoints.router(settings, offered, projects, films),
        film_endpoints.router(films),
    ]
    if isinstance(deps.store, FallbackStore):
        routers.append(objects_router(deps.store.spare, moved_to=deps.store.primary))
    elif isinstance(deps.store, FolderStore):
        routers.append(objects_router(deps.store))
    app = create_app(
        name=NAME,
        settings=settings,
        version="0.1.0",
        routers=routers,
        readiness={"database": deps.database.ready, "store": deps.store.ready},
        lifespan=lambda _: sandbox.warm(),
        description="Files, and the runs that make videos of them.",
        larger_bodies={
            "/api/v1/files": MAX_BYTES + MAX_FORM_OVERHEAD,
            resumable_endpoints.PATH: AT_ONCE,
            f"{resumable_endpoints.PATH}/{{multipart_id}}": AT_ONCE,
        },
    )
    app.state.database = deps.database
    app.state.verifier = deps.verifier
    consumers = Consumers(NAME)
    consumer.subscribe(consumers, driver)
    accounts.subscribe(consumers)
    platforms.subscribe(consumers)
    asset_handlers.subscribe(consumers, assets, offered)
    prices.subscribe(consumers)
    people.subscribe(consumers, driver, deps.store)
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
                deps.store,
                periods=periods,
                poll_s=settings.housekeeping_poll_s,
                also=(rescan.round, resumable.finish_left, resumable.remove_expired),
            ),
            Upkeep(deps.database, deps.store, keep_for=periods.longest("temporary")),
            Cleaning(deps.database, deps.store, periods=periods),
        ),
        retention=tables(settings),
        figures=FIGURES,
    )


SPEC = ServiceSpec(NAME, Settings, build, migrations=migrations.folder_of(__file__))
