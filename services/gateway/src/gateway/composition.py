"""How the gateway is put together; no decisions here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from chassis.http.app import create_app
from chassis.http.operations import Check
from chassis.identity.limits import MemoryLimiter, RedisLimiter
from chassis.identity.tokens import TokenVerifier
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from gateway.docs import endpoints as docs_endpoints
from gateway.proxy.headers import SecurityHeaders, cors
from gateway.proxy.limits import Limits
from gateway.proxy.slashes import TrailingSlashes
from gateway.proxy.table import TABLE
from gateway.proxy.upstream import Proxy, Upstreams
from gateway.settings import Settings


class Platform(BaseModel):
    """What answers here."""

    name: str = "TalkingPhoto"
    version: str
    environment: str
    status: str = "running"
    documentation: str = "/api/docs"


def build(settings: Settings, deps: Dependencies) -> Service:
    """The gateway's app and listeners; it owns no database."""
    upstreams = Upstreams(
        settings.upstreams, connect_s=settings.upstream_connect_s, answer_s=settings.upstream_answer_s
    )

    limiter = RedisLimiter.at(settings.redis_url.get_secret_value()) if settings.redis_url else MemoryLimiter()
    limits = Limits(limiter, factor=settings.rate_limit_factor)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await upstreams.start()
        yield
        await upstreams.stop()
        if isinstance(limiter, RedisLimiter):
            await limiter.close()

    sessions: dict[str, Check] = {"sessions": deps.verifier.ready} if isinstance(deps.verifier, TokenVerifier) else {}
    app = create_app(
        name="gateway",
        settings=settings,
        version=version("talkingphoto-gateway"),
        routers=[_root(settings), docs_endpoints.router],
        readiness=sessions | {service: partial(upstreams.answers, service) for service in upstreams.urls},
        lifespan=lifespan,
        description="The one public entry.",
        openapi_url=None,
        larger_bodies={row.path_format: row.max_body for row in TABLE},
    )
    app.add_middleware(TrailingSlashes)
    if settings.allowed_origins:
        app.add_middleware(CORSMiddleware, **cors(settings.allowed_origins))
    app.add_middleware(SecurityHeaders)
    app.state.verifier = deps.verifier
    app.state.upstreams = upstreams
    app.state.document = docs_endpoints.Known()
    app.router.routes.extend(Route(row.template, Proxy(row, upstreams, deps.verifier, limits)) for row in TABLE)
    app.mount("/api/docs/assets", StaticFiles(directory=str(docs_endpoints.ASSETS)))
    return Service(name="gateway", app=app, listeners=session_listeners("gateway", deps.verifier))


def _root(settings: Settings) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    async def read_root() -> Platform:
        """Name, version, environment and status (GTW-06)."""
        return Platform(version=version("talkingphoto-gateway"), environment=settings.env)

    return router


SPEC = ServiceSpec("gateway", Settings, build)
