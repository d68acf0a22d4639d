"""Combined API documentation (GTW-33): every service's own description, merged while they run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import aiohttp
import orjson
import structlog
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from chassis.http.routes import takes_any_query
from gateway.docs.merging import merge
from gateway.proxy.upstream import Upstreams

log = structlog.get_logger(__name__)

router = APIRouter(include_in_schema=False)

ASSETS = files("fastapi_offline") / "static"
"""Swagger UI 5 and ReDoc 2, as a package brings them."""

_FRESH_S, _FRESH_WITHOUT_ALL_S = 60.0, 5.0
"""How long a document is given out again, whole and with a service missing; however many ask for it meanwhile."""

_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One way to read the document; ``start`` is a file of its own, because the policy forbids scripts in a page."""

    script: str
    start: str
    style: str = ""
    policy: str = _POLICY

    def html(self, name: str) -> str:
        """The page, all of whose parts are here."""
        style = f'<link rel="stylesheet" href="/api/docs/assets/{self.style}">' if self.style else ""
        return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>TalkingPhoto API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{style}</head>
<body><div id="docs"></div>
<script src="/api/docs/assets/{self.script}"></script>
<script src="/api/{name}/start.js"></script>
</body></html>"""


PAGES = {
    "docs": Page(
        script="swagger-ui-bundle.js",
        style="swagger-ui.css",
        start='SwaggerUIBundle({url: "/api/openapi.json", dom_id: "#docs", deepLinking: true, docExpansion: "list"});',
    ),
    "redoc": Page(
        script="redoc.standalone.js",
        start='Redoc.init("/api/openapi.json", {hideLoading: true}, document.getElementById("docs"));',
        # It searches in a worker that it makes of its own text.
        policy=f"{_POLICY}; worker-src blob:",
    ),
}
"""To try operations, and to read them."""


def _page(name: str) -> HTMLResponse:
    page = PAGES[name]
    return HTMLResponse(page.html(name), headers={"Content-Security-Policy": page.policy})


def _start(name: str) -> Response:
    return Response(PAGES[name].start, media_type="text/javascript")


@router.get("/api/docs", response_class=HTMLResponse)
@takes_any_query
async def read_docs() -> HTMLResponse:
    """The interactive description of the public API."""
    return _page("docs")


@router.get("/api/redoc", response_class=HTMLResponse)
@takes_any_query
async def read_redoc() -> HTMLResponse:
    """The description of the public API, to be read."""
    return _page("redoc")


@router.get("/api/docs/start.js")
async def read_docs_start() -> Response:
    """Starts the interactive page."""
    return _start("docs")


@router.get("/api/redoc/start.js")
async def read_redoc_start() -> Response:
    """Starts the page to be read."""
    return _start("redoc")


class Assets(StaticFiles):
    """The parts of the pages, which are everybody's: kept for an hour, then asked for by their tags."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """One part."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "public, max-age=3600"
        return answer


@dataclass
class Known:
    """The document put together last; ``app.state.document``."""

    content: bytes = b""
    until: float = float("-inf")
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


@router.get("/api/openapi.json")
async def read_openapi(request: Request) -> Response:
    """One OpenAPI document of every public path; a service that is down is left out and named."""
    known: Known = request.app.state.document
    async with known.reading:
        if time.monotonic() >= known.until:
            upstreams: Upstreams = request.app.state.upstreams
            names = sorted(upstreams.urls)
            documents = await asyncio.gather(*(_document(upstreams, name) for name in names))
            found = dict(zip(names, documents, strict=True))
            # Some seconds of computing, and two megabytes: beside everything else, and once for all who ask.
            known.content = await asyncio.to_thread(_written, request.app, found)
            known.until = time.monotonic() + (_FRESH_S if all(documents) else _FRESH_WITHOUT_ALL_S)
    return Response(known.content, media_type="application/json")


def _written(gateway: FastAPI, documents: Mapping[str, dict[str, Any] | None]) -> bytes:
    return orjson.dumps(merge({"gateway": gateway.openapi(), **documents}))


async def _document(upstreams: Upstreams, service: str) -> dict[str, Any] | None:
    try:
        async with upstreams.http.get(f"{upstreams.urls[service]}/openapi.json") as answer:
            answer.raise_for_status()
            document: dict[str, Any] = await answer.json()
            return document
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("docs.service_left_out", upstream=service, error=repr(error))
        return None
