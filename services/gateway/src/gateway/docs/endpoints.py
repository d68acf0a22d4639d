"""Combined API documentation (GTW-33): every service's own description, merged while they run."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from gateway.proxy.upstream import Upstreams

log = structlog.get_logger(__name__)

router = APIRouter(include_in_schema=False)

_PUBLIC_PREFIX = "/api/v1/"
_SCHEMAS = "#/components/schemas/"

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
async def read_docs() -> HTMLResponse:
    """The interactive description of the public API."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/api/docs/start.js")
async def read_start_script() -> HTMLResponse:
    """Starts the page; a file of its own, because the policy forbids scripts inside it."""
    return HTMLResponse(_START, media_type="text/javascript")


@router.get("/api/openapi.json")
async def read_openapi(request: Request) -> dict[str, Any]:
    """One OpenAPI document of every public path; a service that is down is left out and named."""
    upstreams: Upstreams = request.app.state.upstreams
    documents = await asyncio.gather(*(_document(upstreams, name) for name in sorted(upstreams.urls)))
    return merge(dict(zip(sorted(upstreams.urls), documents, strict=True)))


async def _document(upstreams: Upstreams, service: str) -> dict[str, Any] | None:
    try:
        async with upstreams.http.get(f"{upstreams.urls[service]}/openapi.json") as answer:
            answer.raise_for_status()
            document: dict[str, Any] = await answer.json()
            return document
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("docs.service_left_out", upstream=service, error=repr(error))
        return None


def merge(documents: dict[str, dict[str, Any] | None]) -> dict[str, Any]:
    """Merge the public paths of several documents; schemas are prefixed with their service, so names never clash."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    security: dict[str, Any] = {}
    missing = [service for service, document in documents.items() if document is None]
    for service, document in documents.items():
        if document is None:
            continue
        components = document.get("components", {})
        public = {path: item for path, item in document.get("paths", {}).items() if path.startswith(_PUBLIC_PREFIX)}
        paths |= _renamed(public, service)
        schemas |= {
            f"{service}.{name}": _renamed(schema, service) for name, schema in components.get("schemas", {}).items()
        }
        security |= components.get("securitySchemes", {})
    description = "One API for photo, script, video and export."
    if missing:
        description += f" Not answering at the moment, so not described here: {', '.join(missing)}."
    return {
        "openapi": "3.1.0",
        "info": {"title": "TalkingPhoto", "version": "1", "description": description},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas, "securitySchemes": security},
    }


def _renamed(node: Any, service: str) -> Any:
    if isinstance(node, dict):
        return {
            # References stand behind "$ref", and in the mapping of a discriminator behind the value it maps.
            key: f"{_SCHEMAS}{service}.{value.removeprefix(_SCHEMAS)}"
            if isinstance(value, str) and value.startswith(_SCHEMAS)
            else _renamed(value, service)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_renamed(item, service) for item in node]
    return node
