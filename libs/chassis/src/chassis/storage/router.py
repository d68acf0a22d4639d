"""Serves the folder store's signed links: ranges, conditions, and nothing a browser could run (FIL-18, FIL-20)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import RedirectResponse, StreamingResponse

from chassis.errors import Gone, NotAllowed, documented
from chassis.http.problems import http_error_response
from chassis.storage.folder import FolderStore
from chassis.storage.keys import cache_control
from chassis.storage.port import ObjectMissing, ObjectStore, StoreUnavailable, missing
from chassis.storage.signing import OBJECTS_PATH

# No object has a byte beyond eighteen digits, and Python counts no further than 4,300 of them.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


_BYTES = {"*/*": {"schema": {"type": "string", "format": "binary"}, "example": "(bytes)"}}


class LinkRefused(NotAllowed):
    """The link was not given out by us, or was changed."""

    code = "link_refused"


class LinkExpired(Gone):
    """The link has expired; ask for a new one."""

    code = "link_expired"


class Unsatisfiable(Exception):
    """No byte of the object lies in the range."""


def objects_router(store: FolderStore, *, moved_to: ObjectStore | None = None) -> APIRouter:
    """Routes that answer the links ``store.signed_url`` gives out; what it has handed over to ``moved_to`` is there."""
    router = APIRouter(tags=["objects"])

    address = f"{OBJECTS_PATH}/{{key:path}}"

    # Documented once: one operation cannot have two methods.
    @router.head(address, response_class=Response, include_in_schema=False)
    @router.get(
        address,
        response_class=Response,
        responses={
            200: {"description": "The object.", "content": _BYTES},
            206: {"description": "The range asked for.", "content": _BYTES},
            302: {"description": "It is elsewhere now."},
            304: {"description": "You have it already."},
            **documented(LinkRefused, LinkExpired, ObjectMissing, StoreUnavailable),
        },
    )
    async def download_object(
        request: Request,
        key: Annotated[str, Path(description="As the link has it.")],
        expires: Annotated[int, Query(ge=0, description="Unix seconds.")],
        signature: Annotated[str, Query(max_length=64, description="As the link has it.")],
        filename: Annotated[str | None, Query(max_length=255, description="Download under this name.")] = None,
    ) -> Response:
        """An object, by a link that was given out for it."""
        _require_admitted(store, key, expires, filename, signature)
        found = await store.stat(key)
        if found is None:
            if moved_to is None or await moved_to.stat(key) is None:
                raise missing(key)
            return RedirectResponse(moved_to.signed_url(key, expires_s=store.left(expires), filename=filename), 302)
        headers = object_headers(found.mime_type, found.metadata["sha256"], filename)
        if _matches(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        try:
            wanted = parse_range(_range_header(request, headers["ETag"]), found.size)
        except Unsatisfiable:
            return http_error_response(416, "No such range.", {"Content-Range": f"bytes */{found.size}"})
        start, end = wanted or (0, found.size)
        headers["Content-Length"] = str(end - start)
        if wanted:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
        status = 206 if wanted else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=found.mime_type)
        return StreamingResponse(
            await _begun(store.open_range(key, start, end)),
            status_code=status,
            headers=headers,
            media_type=found.mime_type,
        )

    return router


def object_headers(mime_type: str, sha256: str, filename: str | None) -> dict[str, str]:
    """Headers of an object: how to cache it, what to call it, and that it is not to be interpreted."""
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": cache_control(mime_type),
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": "inline",
    }
    if filename is not None:
        plain = re.sub(r"[^A-Za-z0-9._ -]", "_", filename)
        headers["Content-Disposition"] = (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
        )
    return headers


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last, of a ``Range`` header (RFC 9110, section 14); None means all.

    What is not one well-formed range of bytes is ignored, as the RFC allows. Raises ``Unsatisfiable``.
    """
    found = _RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= end:
        raise Unsatisfiable
    return start, end


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """``pieces``, the first of them read: an object deleted since it was looked at is an error, not half an answer."""
    first = await anext(pieces, b"")

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_of_them()


def _require_admitted(store: FolderStore, key: str, expires: int, filename: str | None, signature: str) -> None:
    if not store.signed(key, expires, filename, signature):
        raise LinkRefused("This link is not valid. Ask for a new one.")
    if store.expired(expires):
        raise LinkExpired("This link has expired. Ask for a new one.")


def _range_header(request: Request, etag: str) -> str | None:
    condition = request.headers.get("if-range")
    return request.headers.get("range") if condition is None or condition == etag else None


def _matches(header: str | None, etag: str) -> bool:
    return header is not None and (
        header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))
    )
