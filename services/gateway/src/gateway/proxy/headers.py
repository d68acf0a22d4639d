"""Which headers pass, and which the gateway sets."""

from __future__ import annotations

from collections.abc import Iterable

from chassis import context

RawHeaders = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
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

_SET_HERE = frozenset({b"host", b"x-request-id", b"traceparent", b"x-forwarded-for", b"x-forwarded-proto"})
_INTERNAL_PREFIX = b"x-internal-"

SECURITY: RawHeaders = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-xss-protection", b"0"),
    (b"referrer-policy", b"no-referrer"),
]
"""GTW-26. The old XSS filter is switched off on purpose: browsers that still have it are harmed by it."""


def to_upstream(headers: Iterable[tuple[bytes, bytes]], *, client: str | None, scheme: str) -> list[tuple[str, str]]:
    """What a service gets: the client's headers less those it may not set, plus ids and where it came from."""
    passed = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers
        if name not in _HOP_BY_HOP and name not in _SET_HERE and not name.startswith(_INTERNAL_PREFIX)
    ]
    now = context.current()
    if now.correlation_id is not None:
        passed.append(("X-Request-ID", now.correlation_id))
    if now.traceparent is not None:
        passed.append(("traceparent", now.traceparent))
    if client is not None:
        passed.append(("X-Forwarded-For", client))
    passed.append(("X-Forwarded-Proto", scheme))
    return passed


def to_client(headers: Iterable[tuple[bytes, bytes]], *, authenticated: bool) -> RawHeaders:
    """What a client gets: the service's headers less the connection's, plus the security headers."""
    passed = [
        (name.lower(), value)
        for name, value in headers
        if name.lower() not in _HOP_BY_HOP and name.lower() not in (b"server", b"date", b"x-request-id")
    ]
    named = {name for name, _ in passed}
    if authenticated and b"cache-control" not in named:
        passed.append((b"cache-control", b"no-store"))
    return passed + [header for header in SECURITY if header[0] not in named]
