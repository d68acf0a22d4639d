"""A service's HTTP application: its own routes, and what all services answer alike (GTW-08, PLT-18, PLT-32)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.types import Scope

from chassis.errors import Invalid, ServiceError, documented
from chassis.http.edge import Edge
from chassis.http.operations import Check, dependencies_router
from chassis.http.problems import install_handlers
from chassis.http.routes import OnlyKnownQuery
from chassis.settings import ServiceSettings

MAX_BODY_SIZE = 1_048_576
"""Of a JSON body, in bytes (GTW-23)."""

NO_LARGER_BODIES: Mapping[str, int] = {}

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


class Health(BaseModel):
    """The process is alive."""

    status: str = Field("healthy", examples=["healthy"])
    service: str = Field(examples=["billing"])


def create_app(
    *,
    name: str,
    settings: ServiceSettings,
    version: str,
    routers: Sequence[APIRouter],
    readiness: Mapping[str, Check],
    lifespan: Lifespan | None = None,
    description: str = "",
    max_body_size: int = MAX_BODY_SIZE,
    larger_bodies: Mapping[str, int] = NO_LARGER_BODIES,
    openapi_url: str | None = "/openapi.json",
    shows_dependencies: bool = True,
) -> FastAPI:
    """The application of service ``name``, with its settings in ``app.state.settings``.

    ``readiness`` is kept in ``app.state.readiness`` for whoever serves :mod:`chassis.http.operations`, on another port;
    with ``shows_dependencies`` ``/internal/dependencies`` tells it to the gateway too, which lets nobody else there.
    Whoever protects endpoints with ``Caller`` puts a verifier in ``app.state.verifier``. A request body above
    ``max_body_size`` bytes gets 413 before it is read in full; ``larger_bodies`` allows more where uploads arrive, by
    route template: ``{"/api/v1/files": 55_000_000}``.
    """
    app = FastAPI(
        title=f"TalkingPhoto {name}",
        description=description,
        version=version,
        # Put together in a thread, below.
        openapi_url=None,
        # The gateway shows all services' documents together.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        lifespan=_put_together(lifespan),
        responses=documented(Invalid, ServiceError),
        dependencies=[Depends(OnlyKnownQuery())],
        # The edge does this itself: one span, one set of metrics, and nothing at all when not recorded.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        debug=False,
        # A redirect is made of the Host that the caller claims, and repeats the body to wherever that leads.
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.readiness = readiness
    install_handlers(app)
    for router in routers:
        app.include_router(router)
    # Routes are tried in order; what serves users comes before what serves probes.
    app.include_router(_health(name))
    if openapi_url is not None:
        app.include_router(_document(app, openapi_url))
    if shows_dependencies:
        app.include_router(dependencies_router(readiness))
    app.add_middleware(
        Edge,
        service=name,
        template_of=_Templates(app),
        body_limit=lambda template: larger_bodies.get(template or "", max_body_size),
    )
    return app


def _put_together(lifespan: Lifespan | None) -> Lifespan:
    @asynccontextmanager
    async def around(app: FastAPI) -> AsyncIterator[Any]:
        # FastAPI does it with the first request, which would hold whoever asks by then for half a second.
        for _ in iter_route_contexts(app.routes):
            pass
        async with nullcontext() if lifespan is None else lifespan(app) as state:
            yield state

    return around


def _health(name: str) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/health")
    async def health() -> Health:
        """Say that the process is alive."""
        return Health(service=name)

    return router


def _document(app: FastAPI, path: str) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get(path)
    async def read_openapi() -> Response:
        # The first time it takes a second or more, which nobody else shall wait for.
        return Response(await asyncio.to_thread(lambda: orjson.dumps(app.openapi())), media_type="application/json")

    return router


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
