"""The routing table, without any I/O."""

from __future__ import annotations

import pytest
from starlette.routing import Match, Route

from gateway.proxy.table import MEBIBYTE, TABLE, Row


def row_for(path: str) -> Row | None:
    scope = {"type": "http", "path": path, "method": "GET", "headers": []}

    async def nothing(scope: object, receive: object, send: object) -> None: ...

    class Endpoint:
        async def __call__(self, scope: object, receive: object, send: object) -> None: ...

    for row in TABLE:
        if Route(row.template, Endpoint()).matches(scope)[0] is Match.FULL:
            return row
    return None


@pytest.mark.parametrize(
    ("path", "service", "public"),
    [
        ("/api/v1/auth/register", "users", True),
        ("/api/v1/auth/login", "users", True),
        ("/api/v1/auth/refresh", "users", True),
        ("/api/v1/auth/verify-email", "users", True),
        ("/api/v1/auth/forgot-password", "users", True),
        ("/api/v1/auth/reset-password", "users", True),
        ("/api/v1/auth/oauth/google/start", "users", True),
        ("/api/v1/auth/oauth/apple/callback", "users", True),
        ("/api/v1/auth/oauth/tokens", "users", True),
        ("/api/v1/auth/logout", "users", False),
        ("/api/v1/auth/change-password", "users", False),
        ("/api/v1/users/me", "users", False),
        ("/api/v1/users/me/sessions/0199f0a1", "users", False),
        ("/api/v1/billing/plans", "billing", True),
        ("/api/v1/billing/webhooks/stripe", "billing", True),
        ("/api/v1/billing/webhooks", "billing", False),
        ("/api/v1/billing/credits/balance", "billing", False),
        ("/api/v1/usage/current", "billing", False),
        ("/api/v1/workflows", "workflow", False),
        ("/api/v1/workflows/0199f0a1", "workflow", False),
        ("/api/v1/workflows/0199f0a1/cancel", "workflow", False),
        ("/api/v1/workflows/0199f0a1/events", "notify", False),
        ("/api/v1/workflows/estimate", "workflow", False),
        ("/api/v1/projects/0199f0a1/generate", "workflow", False),
        ("/api/v1/assets/library", "workflow", False),
        ("/api/v1/trim", "workflow", False),
        ("/api/v1/auto-hooks", "workflow", False),
        ("/api/v1/webhooks/0199f0a1", "notify", False),
        ("/api/v1/files", "workflow", False),
        ("/api/v1/files/0199f0a1", "workflow", False),
        ("/api/v1/objects/users/1/video.mp4", "workflow", True),
        ("/api/v1/ai/providers", "ai_router", False),
        ("/api/v1/export/platforms", "export", False),
        ("/api/v1/youtube/connect", "export", False),
        ("/api/v1/youtube/callback", "export", True),
        ("/api/v1/youtube/connection", "export", False),
        ("/api/v1/youtube/upload", "export", False),
        ("/api/v1/youtube/videos/0199f0a1", "export", False),
        ("/api/v1/notifications", "notify", False),
        ("/api/v1/notifications/0199f0a1/read", "notify", False),
    ],
)
def test_where_each_endpoint_goes_and_who_may(path: str, service: str, public: bool) -> None:
    row = row_for(path)
    assert row is not None
    assert (row.service, row.public) == (service, public)


@pytest.mark.parametrize(
    "path", ["/api/v1", "/api/v2/auth/login", "/api/v1/authentication", "/internal", "/api/v1/unknown", "/health"]
)
def test_everything_else_goes_nowhere(path: str) -> None:
    assert row_for(path) is None


def test_only_uploads_may_be_large() -> None:
    """A photo and what is around it; of an upload in parts, what is larger than any photo."""
    larger = {row.template: row.max_body // MEBIBYTE for row in TABLE if row.max_body != MEBIBYTE}
    assert larger == {
        "/api/v1/files": 51,
        "/api/v1/files/compress": 51,
        "/api/v1/files/multipart": 500,
        "/api/v1/files/multipart/{multipart_id}": 500,
        "/api/v1/verify": 51,
    }


def test_the_more_special_row_comes_first() -> None:
    templates = [row.template for row in TABLE]
    assert len(templates) == len(set(templates))
    for special, general in [
        ("/api/v1/auth/logout", "/api/v1/auth/{rest:path}"),
        ("/api/v1/billing/plans", "/api/v1/billing/{rest:path}"),
        ("/api/v1/workflows/{run_id}/events", "/api/v1/workflows/{rest:path}"),
        ("/api/v1/youtube/callback", "/api/v1/youtube/{rest:path}"),
    ]:
        assert templates.index(special) < templates.index(general)


@pytest.mark.parametrize(
    ("method", "path", "reads"),
    [
        ("GET", "/api/v1/workflows/0199f0a1", True),
        ("HEAD", "/api/v1/objects/users/1/video.mp4", True),
        ("POST", "/api/v1/workflows", False),
        ("POST", "/api/v1/files", False),
        ("GET", "/api/v1/workflows/0199f0a1/events", False),
        ("GET", "/api/v1/auth/oauth/google/callback", False),
        ("GET", "/api/v1/youtube/callback", False),
    ],
)
def test_only_what_reads_our_own_is_to_be_quick(method: str, path: str, reads: bool) -> None:
    row = row_for(path)
    assert row is not None
    assert row.reads(method) is reads
