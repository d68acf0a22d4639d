"""Which headers pass, and which the gateway sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http.edge import WITHIN_HEADER
from chassis.http.server import INTERNAL_PREFIX
from chassis.identity.product_line import INTERNAL_HEADER
from chassis.observe import context

RawHeaders = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        # What was expected has been answered here already.
        b"expect",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110, section 7.6.1: they speak of one connection, not of the message."""

_SET_HERE = frozenset(
    {
        b"host",
        b"x-request-id",
        b"traceparent",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-product-line",
        # A token has taken its place.
        b"x-api-key",
    }
)

SECURITY: RawHeaders = [
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-xss-protection", b"0"),
    (b"referrer-policy", b"no-referrer"),
    # What may be kept says so itself: the few things that are the same for everybody (GTW-27).
    (b"cache-control", b"no-store"),
]
"""GTW-26. The old XSS filter is switched off on purpose: browsers that still have it are harmed by it."""


def cors(origins: Sequence[str]) -> dict[str, Any]:
    """For pages of these origins (GTW-28). They send their token themselves, so no cookie ever counts."""
    return {
        "allow_origins": list(origins),
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": [
            "Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Product-Line", "X-Request-ID",
            "Tus-Resumable", "Upload-Checksum", "Upload-Length", "Upload-Metadata", "Upload-Offset",
        ],
        "expose_headers": [
            "Content-Disposition", "Idempotency-Replayed", "Location", "Retry-After", "WWW-Authenticate",
            "X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
            "Content-Location", "Tus-Resumable", "Upload-Expires", "Upload-Length", "Upload-Offset",
        ],
        "max_age": 600,
    }  # fmt: skip


def to_upstream(
    headers: Iterable[tuple[bytes, bytes]],
    *,
    client: str | None,
    scheme: str,
    line: str | None,
    within_s: float | None = None,
) -> list[tuple[str, str]]:
    """What a service gets: the client's headers less those it may not set, plus ids, product line and origin.

    ``within_s``: how long the gateway waits for the answer to begin; after that nobody does.
    """
    given = list(headers)
    dropped = _of_the_connection(given) | _SET_HERE
    if any(name == b"transfer-encoding" for name, _ in given):
        # Of two lengths the chunks' own counts (RFC 9112, section 6.3).
        dropped |= {b"content-length"}
    passed = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in given
        if name not in dropped and not name.startswith(INTERNAL_PREFIX)
    ]
    now = context.current()
    if now.correlation_id is not None:
        passed.append(("X-Request-ID", now.correlation_id))
    if now.traceparent is not None:
        passed.append(("traceparent", now.traceparent))
    if line is not None:
        passed.append((INTERNAL_HEADER, line))
    if within_s is not None:
        passed.append((WITHIN_HEADER, f"{within_s:g}"))
    if client is not None:
        passed.append(("X-Forwarded-For", client))
    passed.append(("X-Forwarded-Proto", scheme))
    return passed


def to_client(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """What a client gets: the service's headers less the connection's."""
    given = [(name.lower(), value) for name, value in headers]
    dropped = _of_the_connection(given) | {b"server", b"date", b"x-request-id"}
    return [(name, value) for name, value in given if name not in dropped]


def _of_the_connection(headers: RawHeaders) -> frozenset[bytes]:
    """Names of hop-by-hop headers: the known ones, and those that ``Connection`` lists."""
    listed = (value for name, value in headers if name == b"connection")
    return _HOP_BY_HOP | {part.strip().lower() for value in listed for part in value.split(b",")}


class SecurityHeaders:
    """Puts the security headers on every answer, errors and pages of the gateway's own among them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, adding what the answer does not set itself."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                named = {name.lower() for name, _ in headers}
                message["headers"] = headers + [header for header in SECURITY if header[0] not in named]
            await send(message)

        await self._app(scope, receive, send_secured)
