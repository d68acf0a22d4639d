"""Pixie. A project's ``title`` is its ``name`` here (CFL-14), and a paid plan is a role (CFL-05)."""

from __future__ import annotations

from contracts.enums import ProductLineKey
from gateway.aliases import alias
from gateway.aliases.wording import PIXIE_ROLE, listed_as

_row = alias.of(ProductLineKey.PIXIE)

_ACCOUNT = (PIXIE_ROLE,)
_PROJECT = {"name": "title"}
_PROJECTS = ("projects", "total", "page", "per_page")

ALIASES: tuple[alias.Alias, ...] = (
    _row(
        "POST", "/api/auth/register", "/api/v1/auth/register", "USR-01", gives=_ACCOUNT, promises=("id", "name", "role")
    ),
    _row(
        "POST",
        "/api/auth/login",
        "/api/v1/auth/login",
        "USR-02",
        gives=_ACCOUNT,
        promises=("access_token", "refresh_token", "expires_in"),
    ),
    _row("POST", "/api/auth/logout", "/api/v1/auth/logout", "USR-04"),
    _row("POST", "/api/auth/refresh", "/api/v1/auth/refresh", "USR-03", gives=_ACCOUNT, promises=("access_token",)),
    _row("POST", "/api/auth/forgot-password", "/api/v1/auth/forgot-password", "USR-07", promises=("message",)),
    _row("POST", "/api/auth/reset-password", "/api/v1/auth/reset-password", "USR-08", promises=("message",)),
    _row("POST", "/api/auth/verify-email", "/api/v1/auth/verify-email", "USR-05", promises=("email_verified",)),
    _row("GET", "/api/auth/me", "/api/v1/users/me", "USR-11", gives=_ACCOUNT, promises=("id", "name", "role")),
    _row("PUT", "/api/auth/profile", "/api/v1/users/me", "USR-12", gives=_ACCOUNT, promises=("id", "name", "role")),
    _row("POST", "/api/files/upload", "/api/v1/files", "FIL-01", promises=("id", "url", "mime_type")),
    _row("GET", "/api/files/{fileId}", "/api/v1/files/{fileId}", "FIL-03", promises=("id", "url")),
    _row("DELETE", "/api/files/{fileId}", "/api/v1/files/{fileId}", "FIL-05"),
    _row(
        "GET",
        "/api/files/user/{userId}",
        "/api/v1/files",
        "FIL-02",
        query={"user_id": "{userId}"},
        promises=("items", "total"),
    ),
    _row("POST", "/api/files/compress", "/api/v1/files/compress", "FIL-06"),
    _row(
        "GET",
        "/api/files/{fileId}/metadata",
        "/api/v1/files/{fileId}/metadata",
        "FIL-04",
        promises=("mime_type", "width", "height", "checksum"),
    ),
    _row("POST", "/api/ai/image/generate", "/api/v1/ai/image/generate", "AIR-02"),
    _row("POST", "/api/ai/image/edit", "/api/v1/ai/image/edit", "AIR-03"),
    _row("POST", "/api/ai/image/upscale", "/api/v1/ai/image/upscale", "AIR-04"),
    _row("POST", "/api/ai/video/generate", "/api/v1/ai/video/generate", "AIR-05"),
    _row(
        "GET",
        "/api/ai/jobs/{jobId}/status",
        "/api/v1/ai/jobs/{jobId}/status",
        "AIR-10",
        promises=("status", "progress"),
    ),
    _row("GET", "/api/ai/jobs/{jobId}/result", "/api/v1/ai/jobs/{jobId}/result", "AIR-11"),
    _row("DELETE", "/api/ai/jobs/{jobId}", "/api/v1/ai/jobs/{jobId}", "AIR-12"),
    _row("GET", "/api/ai/models", "/api/v1/ai/models", "AIR-13", promises=("items",)),
    _row("GET", "/api/ai/usage/{userId}", "/api/v1/ai/usage/{userId}", "AIR-14"),
    _row("POST", "/api/projects", "/api/v1/projects", "PRJ-01", names=_PROJECT, promises=("id", "name")),
    _row(
        "GET",
        "/api/projects",
        "/api/v1/projects",
        "PRJ-02",
        names=_PROJECT,
        whole=listed_as("projects"),
        promises=_PROJECTS,
    ),
    _row(
        "GET",
        "/api/projects/{projectId}",
        "/api/v1/projects/{projectId}",
        "PRJ-03",
        names=_PROJECT,
        promises=("id", "name"),
    ),
    _row("PUT", "/api/projects/{projectId}", "/api/v1/projects/{projectId}", "PRJ-04", names=_PROJECT),
    _row("DELETE", "/api/projects/{projectId}", "/api/v1/projects/{projectId}", "PRJ-05"),
    _row("POST", "/api/projects/{projectId}/assets", "/api/v1/projects/{projectId}/assets", "PRJ-07"),
    _row("GET", "/api/projects/{projectId}/assets", "/api/v1/projects/{projectId}/assets", "PRJ-08"),
    _row(
        "DELETE",
        "/api/projects/{projectId}/assets/{assetId}",
        "/api/v1/projects/{projectId}/assets/{assetId}",
        "PRJ-09",
    ),
    _row("POST", "/api/projects/{projectId}/share", "/api/v1/projects/{projectId}/share", "PRJ-10"),
    _row("GET", "/api/assets/library", "/api/v1/assets/library", "PRJ-11"),
    _row("GET", "/api/subscriptions/plans", "/api/v1/billing/plans", "BIL-01", promises=("items",)),
    _row(
        "POST",
        "/api/subscriptions/subscribe",
        "/api/v1/billing/subscription",
        "BIL-02",
        promises=("checkout_id", "checkout_url", "status"),
    ),
    _row("PUT", "/api/subscriptions/upgrade", "/api/v1/billing/subscription", "BIL-04", promises=("plan", "status")),
    _row(
        "POST",
        "/api/subscriptions/cancel",
        "/api/v1/billing/subscription/cancel",
        "BIL-05",
        promises=("status", "cancel_at_period_end", "ends_at"),
    ),
    _row(
        "GET",
        "/api/subscriptions/current",
        "/api/v1/billing/subscription",
        "BIL-03",
        promises=("plan", "status", "current_period_start", "current_period_end", "cancel_at_period_end", "limits"),
    ),
    _row("GET", "/api/billing/history", "/api/v1/billing/payments", "BIL-08", promises=("items", "total")),
    _row("GET", "/api/usage/current", "/api/v1/usage/current", "BIL-15", promises=("period_start", "period_end")),
    _row("GET", "/api/usage/history", "/api/v1/usage/history", "BIL-16", promises=("months", "log")),
)
