"""A service's HTTP application: its own routes, and what all services answer alike (GTW-08, PLT-18, PLT-32)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import iter_route_contexts
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.types import Scope

from chassis.errors import Invalid, ServiceError, Unavailable, documented
from chassis.http.edge import Edge
from chassis.http.problems import install_handlers
from chassis.observe.metrics import REGISTRY
from chassis.settings import ServiceSettings

log = structlog.get_logger()

Check = Callable[[], Awaitable[None]]
"""Returns when a dependency can be reached, raises when not."""

CHECK_TIMEOUT_S = 3.0

MAX_BODY_SIZE = 1_048_576
"""Of a JSON body, in bytes (GTW-23)."""

NO_LARGER_BODIES: Mapping[str, int] = {}


class Health(BaseModel):
    """The process is alive."""

    status: str = Field("healthy", examples=["healthy"])
    service: str = Field(examples=["billing"])


class Readiness(BaseModel):
    """Everything the service depends on can be reached."""

    status: str = Field("ready", examples=["ready"])
    checks: list[str] = Field(examples=[["database", "bus"]])


class NotReady(Unavailable):
    """A dependency cannot be reached; the details name it."""

    code = "not_ready"


def create_app(
    *,
    name: str,
    settings: ServiceSettings,
    version: str,
    routers: Sequence[APIRouter],
    readiness: Mapping[str, Check],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[Any]] | None = None,
    description: str = "",
    max_body_size: int = MAX_BODY_SIZE,
    larger_bodies: Mapping[str, int] = NO_LARGER_BODIES,
    openapi_url: str | None = "/openapi.json",
) -> FastAPI:
    """The application of service ``name``, with its settings in ``app.state.settings``.

    ``readiness`` names what ``GET /ready`` tries, each for at most ``CHECK_TIMEOUT_S``. Whoever protects endpoints with
    ``Caller`` puts a verifier in ``app.state.verifier``. A request body above ``max_body_size`` bytes gets 413 before
    it is read in full; ``larger_bodies`` allows more where uploads arrive, by route template:
    ``{"/api/v1/files": 55_000_000}``.
    """
    app = FastAPI(
        title=f"TalkingPhoto {name}",
        description=description,
        version=version,
        openapi_url=openapi_url,
        # The gateway shows all services' documents together.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        responses=documented(Invalid, ServiceError),
        # The edge does this itself: one span, one set of metrics, and nothing at all when not recorded.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        debug=False,
        # A redirect is made of the Host that the caller claims, and repeats the body to wherever that leads.
        redirect_slashes=False,
    )
    app.state.settings = settings
    install_handlers(app)
    for router in routers:
        app.include_router(router)
    # Routes are tried in order; what serves users comes before what serves probes.
    app.include_router(_standing_routes(name, readiness))
    app.add_middleware(
        Edge,
        service=name,
        template_of=_Templates(app),
        body_limit=lambda template: larger_bodies.get(template or "", max_body_size),
    )
    return app


def _standing_routes(name: str, readiness: Mapping[str, Check]) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/health")
    async def health() -> Health:
        """Say that the process is alive."""
        return Health(service=name)

    @router.get("/ready", responses=documented(NotReady))
    async def ready() -> Readiness:
        """Say that everything needed can be reached."""
        outcomes = await asyncio.gather(*(_failure(label, check) for label, check in readiness.items()))
        failures = {label: reason for label, reason in zip(readiness, outcomes, strict=True) if reason is not None}
        if failures:
            raise NotReady(f"Not ready: {', '.join(failures)}.", details=dict(failures), retry_after_s=1)
        return Readiness(checks=list(readiness))

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Everything this process counts, in Prometheus' text format."""
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return router


async def _failure(label: str, check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"
    except Exception as failure:
        # Any failure at all means "not ready"; its text may hold an address or a credential, so it goes to the log.
        log.warning("ready.check_failed", check=label, exc_info=failure)
        return type(failure).__name__
    return None


class _Templates:
    """The path template of the route that a request matched, prefixes of including routers and all."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._known: dict[int, str | None] = {}

    def __call__(self, scope: Scope) -> str | None:
        route = scope.get("route")
        if route is None:
            return None
        if id(route) not in self._known:
            # Routes can be added until the first request, and by tests even later.
            for found in iter_route_contexts(self._app.routes):
                self._known.setdefault(id(found.original_route), found.path_format)
            self._known.setdefault(id(route), getattr(route, "path_format", None))
        return self._known[id(route)]
