"""How the gateway is put together; no decisions here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from chassis.bus.messages import Received
from chassis.http.app import create_app
from chassis.http.client import ServiceClient
from chassis.http.operations import Check
from chassis.http.routes import paths_of, takes_any_query
from chassis.identity.limits import MemoryLimiter, RedisLimiter
from chassis.identity.tokens import TokenVerifier
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from contracts.users import ApiKeyRevoked
from gateway.aliases import rewriting
from gateway.aliases.alias import WEBSOCKET
from gateway.aliases.table import ALIASES
from gateway.browser.sessions import CookieSessions
from gateway.docs import endpoints as docs_endpoints
from gateway.live import endpoints as live_endpoints
from gateway.live.sockets import RunSocket
from gateway.live.tickets import MemoryStore, RedisStore, Tickets
from gateway.overview import dead_letters as dead_letter_endpoints
from gateway.overview import endpoints as overview_endpoints
from gateway.overview.gathering import Services
from gateway.overview.health import Examiner
from gateway.proxy.api_keys import ApiKeys
from gateway.proxy.headers import SecurityHeaders, cors
from gateway.proxy.limits import Limits
from gateway.proxy.lines import Lines
from gateway.proxy.methods import OtherMethods
from gateway.proxy.slashes import TrailingSlashes
from gateway.proxy.table import PUBLIC_PREFIX, TABLE
from gateway.proxy.upstream import Proxy, Upstreams
from gateway.settings import Settings
from gateway.studio import endpoints as studio_endpoints
from gateway.studio.files import Files


class Platform(BaseModel):
    """What answers here."""

    name: str = "TalkingPhoto"
    version: str
    status: str = "running"
    documentation: str = "/api/docs"
    studio: str = "/studio/"


def build(settings: Settings, deps: Dependencies) -> Service:
    """The gateway's app and listeners; it owns no database."""
    upstreams = Upstreams(
        settings.upstreams,
        connect_s=settings.upstream_connect_s,
        read_s=settings.upstream_read_s,
        answer_s=settings.upstream_answer_s,
    )

    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    limiter = RedisLimiter.at(redis_url) if redis_url else MemoryLimiter()
    kept = RedisStore.at(redis_url) if redis_url else MemoryStore()
    tickets = Tickets(kept)
    limits = Limits(limiter, factor=settings.rate_limit_factor)
    lines = Lines(settings.product_line_hosts, settings.product_line_origins)
    services = Services(upstreams.urls)
    users_url = upstreams.urls.get("users")
    api_keys = ApiKeys(ServiceClient(users_url, service="users") if users_url is not None else None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await upstreams.start()
        yield
        await upstreams.stop()
        await services.close()
        await api_keys.close()
        for shared in (limiter, kept):
            if isinstance(shared, RedisLimiter | RedisStore):
                await shared.close()

    sessions: dict[str, Check] = {"sessions": deps.verifier.ready} if isinstance(deps.verifier, TokenVerifier) else {}
    app = create_app(
        name="gateway",
        settings=settings,
        version=version("talkingphoto-gateway"),
        routers=[
            _root(),
            docs_endpoints.router,
            live_endpoints.router,
            overview_endpoints.router,
            dead_letter_endpoints.router,
            studio_endpoints.router,
        ],
        readiness=sessions | {service: partial(upstreams.answers, service) for service in upstreams.urls},
        lifespan=lifespan,
        description="The one public entry.",
        openapi_url=None,
        shows_dependencies=False,
        larger_bodies={row.path_format: row.max_body for row in TABLE},
    )
    # The rows would carry their other methods to services that do not know them.
    app.router.routes.extend(
        Route(path, OtherMethods(path)) for path in sorted(paths_of(app)) if path.startswith(PUBLIC_PREFIX)
    )
    app.add_middleware(CookieSessions)
    app.add_middleware(TrailingSlashes)
    if origins := (*settings.allowed_origins, *settings.product_line_origins):
        app.add_middleware(CORSMiddleware, **cors(origins))
    app.add_middleware(SecurityHeaders)
    app.state.verifier = deps.verifier
    app.state.upstreams = upstreams
    app.state.limits = limits
    app.state.lines = lines
    app.state.tickets = tickets
    app.state.services = services
    app.state.examiner = Examiner(services, sessions | ({"cache": kept.ready} if isinstance(kept, RedisStore) else {}))
    app.state.document = docs_endpoints.Known()
    app.state.studio = Files(studio_endpoints.WEB)
    # The table's rows take all that begins as ours do, so source paths that do come before them; the many others come
    # after, where no request for a unified path is compared with them.
    among_ours, others = rewriting.routes(app.router, lines)
    app.router.routes.extend(among_ours)
    proxies = {row: Proxy(row, upstreams, deps.verifier, limits, lines, tickets, api_keys) for row in TABLE}
    app.router.routes.extend(Route(row.template, proxy) for row, proxy in proxies.items())
    app.router.routes.extend(others)
    [events] = (proxy for row, proxy in proxies.items() if row.template == "/api/v1/workflows/{run_id}/events")
    app.router.routes.append(WebSocketRoute("/api/v1/workflows/{run_id}/ws", RunSocket(events)))
    app.router.routes.extend(
        WebSocketRoute(row.path, RunSocket(events, line=row.line.value)) for row in ALIASES if row.method == WEBSOCKET
    )
    app.mount("/api/docs/assets", docs_endpoints.Assets(directory=str(docs_endpoints.ASSETS)))
    listeners = session_listeners("gateway", deps.verifier)

    @listeners.on(ApiKeyRevoked)
    def forget(received: Received[ApiKeyRevoked]) -> None:
        api_keys.forget(received.message.key_id)

    return Service(name="gateway", app=app, listeners=listeners)


def _root() -> APIRouter:
    router = APIRouter()

    @router.get("/", response_model=Platform)
    @takes_any_query
    async def read_root(request: Request) -> Response:
        """Name, version and status (GTW-06); who reads pages is led to the studio."""
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/studio/", headers={"Vary": "Accept"})
        answer = Platform(version=version("talkingphoto-gateway"))
        return JSONResponse(answer.model_dump(), headers={"Vary": "Accept"})

    return router


SPEC = ServiceSpec("gateway", Settings, build)
