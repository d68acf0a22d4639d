"""What a process tells those who run it, on a port of its own that no client reaches: is it ready, what does it count.

Apart from the public port because both say more than a client should know, and because a process that only works on
messages has nothing else to serve.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass

import structlog
from fastapi import APIRouter
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.errors import Unavailable
from chassis.http.problems import error_response
from chassis.observe.logs import service_scope
from chassis.observe.metrics import REGISTRY

log = structlog.get_logger()

Check = Callable[[], Awaitable[None]]
"""Returns when a dependency can be reached, raises when not."""

CHECK_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Examined:
    """One dependency: why it cannot be reached, None when it can, and how long it took to tell, in milliseconds."""

    failure: str | None
    ms: float


class NotReady(Unavailable):
    """A dependency cannot be reached; the details name it."""

    code = "not_ready"


def operations_app(name: str, readiness: Mapping[str, Check]) -> Starlette:
    """``GET /health``, ``/ready`` and ``/metrics`` of the process ``name``.

    ``readiness`` names what ``/ready`` tries, each for at most ``CHECK_TIMEOUT_S``: 200 with their names, or 503 with
    what failed.
    """

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "healthy", "service": name})

    async def ready(_: Request) -> Response:
        with service_scope(name):
            examined = await examine(readiness)
        failures = {label: found.failure for label, found in examined.items() if found.failure is not None}
        if failures:
            missing = NotReady(f"Not ready: {', '.join(failures)}.", details=dict(failures), retry_after_s=1)
            return error_response(missing)
        return JSONResponse({"status": "ready", "checks": list(readiness)})

    async def metrics(request: Request) -> Response:
        # Exemplars, which lead from a slow request to its trace, are in OpenMetrics' format only.
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        # Hundreds of routes with their histograms take a quarter of a second, which requests shall not wait for.
        return Response(await asyncio.to_thread(encode, REGISTRY), headers={"Content-Type": content_type})

    return Starlette(routes=[Route("/health", health), Route("/ready", ready), Route("/metrics", metrics)])


async def examine(readiness: Mapping[str, Check]) -> dict[str, Examined]:
    """Try everything side by side, each for at most ``CHECK_TIMEOUT_S``."""
    found = await asyncio.gather(*(_examined(label, check) for label, check in readiness.items()))
    return dict(zip(readiness, found, strict=True))


async def _examined(label: str, check: Check) -> Examined:
    began = time.perf_counter()
    failure = await _failure(label, check)
    return Examined(failure, round((time.perf_counter() - began) * 1000, 1))


def dependencies_router(readiness: Mapping[str, Check]) -> APIRouter:
    """``GET /internal/dependencies`` of a service, for the gateway: what it needs, and how that is (GTW-07)."""
    router = APIRouter(include_in_schema=False)

    @router.get("/internal/dependencies")
    async def get_dependencies() -> dict[str, dict[str, float | str | None]]:
        return {label: asdict(found) for label, found in (await examine(readiness)).items()}

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
