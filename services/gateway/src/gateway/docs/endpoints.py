"""Combined API documentation (GTW-33): every service's own description, merged while they run."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import aiohttp
import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from chassis.http.routes import takes_any_query
from gateway.docs.merging import merge
from gateway.proxy.upstream import Upstreams

log = structlog.get_logger(__name__)

router = APIRouter(include_in_schema=False)

ASSETS = files("fastapi_swagger") / "resources"
"""Swagger UI 5, as a package brings it."""

_FRESH_S, _FRESH_WITHOUT_ALL_S = 60.0, 5.0
"""How long a document is given out again, whole and with a service missing; however many ask for it meanwhile."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>TalkingPhoto API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"></head>
<body><div id="docs"></div>
<script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body></html>"""

_START = 'SwaggerUIBundle({url: "/api/openapi.json", dom_id: "#docs", deepLinking: true, docExpansion: "list"});'

_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


@router.get("/api/docs", response_class=HTMLResponse)
@takes_any_query
async def read_docs() -> HTMLResponse:
    """The interactive description of the public API."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/api/docs/start.js")
async def read_start_script() -> HTMLResponse:
    """Starts the page; a file of its own, because the policy forbids scripts inside it."""
    return HTMLResponse(_START, media_type="text/javascript")


@dataclass
class Known:
    """The document put together last; ``app.state.document``."""

    document: dict[str, Any] | None = None
    until: float = float("-inf")
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


@router.get("/api/openapi.json")
async def read_openapi(request: Request) -> JSONResponse:
    """One OpenAPI document of every public path; a service that is down is left out and named."""
    known: Known = request.app.state.document
    async with known.reading:
        if time.monotonic() >= known.until:
            upstreams: Upstreams = request.app.state.upstreams
            names = sorted(upstreams.urls)
            documents = await asyncio.gather(*(_document(upstreams, name) for name in names))
            known.document = merge({"gateway": request.app.openapi(), **dict(zip(names, documents, strict=True))})
            known.until = time.monotonic() + (_FRESH_S if all(documents) else _FRESH_WITHOUT_ALL_S)
    return JSONResponse(known.document)


async def _document(upstreams: Upstreams, service: str) -> dict[str, Any] | None:
    try:
        async with upstreams.http.get(f"{upstreams.urls[service]}/openapi.json") as answer:
            answer.raise_for_status()
            document: dict[str, Any] = await answer.json()
            return document
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("docs.service_left_out", upstream=service, error=repr(error))
        return None
