"""The studio under ``/studio/``: its files for ever, its page asked for each time, and the page for every deep link."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from chassis.errors import NotFound
from chassis.http.routes import takes_any_query
from gateway.studio.files import File, Files

router = APIRouter(include_in_schema=False)

WEB = Path(__file__).parent / "web"
LIBRARIES = "libraries/preact.js"
"""One of those that ``make`` brings; without them there is no studio."""

_VERSIONED = re.compile(r"~([0-9a-f]{16})/(.+)")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASKED = "no-cache"

_MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Studio</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head>
<body><main><h1>The studio is not installed yet</h1>
<p>The platform runs, and the API and the command line work. What is missing are the studio's libraries, which come from
the npm registry: it could not be reached when this was set up.</p>
<p>Run <code>make studio</code> where the platform is installed, then load this page again. Nothing has to be started
anew.</p>
<p>The API is described at <a href="/api/docs">/api/docs</a>.</p></main></body></html>"""


def policy(import_map: str, media: tuple[str, ...] = ()) -> str:
    """The content security policy of the page. ``import_map``: the hash of its one inline part; ``media``: origins
    besides our own that pictures, sound and video come from."""
    there = "".join(f" {origin}" for origin in media)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' '{import_map}'",
            "style-src 'self'",
            "font-src 'self'",
            "manifest-src 'self'",
            f"img-src 'self' blob: data:{there}",
            f"media-src 'self' blob:{there}",
            f"connect-src 'self'{there}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )


# A slash at the end is no part of an address here.
@router.api_route("/studio", methods=["GET", "HEAD"])
@router.api_route("/studio/{path:path}", methods=["GET", "HEAD"])
@takes_any_query
async def read_studio(request: Request, path: str = "") -> Response:
    """A file of the studio, or its page: which of its own pages an address means is for the page to say."""
    files: Files = request.app.state.studio
    versioned = _VERSIONED.fullmatch(path)
    name = versioned[2] if versioned else path
    if name != "index.html" and (file := await run_in_threadpool(files.at, name)) is not None:
        current = versioned is not None and versioned[1] == await run_in_threadpool(lambda: files.version)
        return _answer(request, file, {"Cache-Control": _FOR_EVER if current else _ASKED})
    if versioned or "." in name.rpartition("/")[2]:
        raise NotFound("The studio has no such file.")
    if await run_in_threadpool(files.at, LIBRARIES) is None:
        return HTMLResponse(_MISSING, status_code=503, headers={"Retry-After": "60"})
    page, import_map = await run_in_threadpool(files.page)
    return _answer(
        request,
        page,
        {
            "Content-Security-Policy": policy(import_map, request.app.state.settings.studio_media_origins),
            "Cache-Control": _ASKED,
        },
    )


def _answer(request: Request, file: File, headers: dict[str, str]) -> Response:
    headers |= {"ETag": file.tag, "Vary": "Accept-Encoding", "Content-Type": file.media_type}
    if file.tag in re.split(r"\s*,\s*", request.headers.get("if-none-match", "").replace("W/", "")):
        return Response(status_code=304, headers=headers)
    body = file.body
    if file.compressed is not None and re.search(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", _accepted(request)):
        body = file.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers)


def _accepted(request: Request) -> str:
    return request.headers.get("accept-encoding", "")
