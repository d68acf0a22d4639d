"""TalkingPhoto: its public paths, and the internal ones of its architecture document, which have no ``/api``."""

from __future__ import annotations

from contracts.enums import ProductLineKey
from gateway.aliases import alias

_row = alias.of(ProductLineKey.TALKINGPHOTO)

_REGISTERED = ("id", "name", "email", "username", "role", "plan_type", "credits", "email_verified", "created_at")
_LOGGED_IN = ("access_token", "refresh_token", "token_type", "expires_in")
_UPLOADED = ("id", "url", "mime_type", "width", "height", "scan_status")

ALIASES: tuple[alias.Alias, ...] = (
    _row("POST", "/api/auth/register", "/api/v1/auth/register", "USR-01", promises=_REGISTERED),
    _row("POST", "/api/auth/login", "/api/v1/auth/login", "USR-02", promises=_LOGGED_IN),
    _row("POST", "/api/auth/refresh", "/api/v1/auth/refresh", "USR-03", promises=_LOGGED_IN),
    _row("POST", "/api/auth/logout", "/api/v1/auth/logout", "USR-04"),
    _row("POST", "/api/auth/verify-email", "/api/v1/auth/verify-email", "USR-05", promises=("email_verified",)),
    _row("POST", "/api/auth/request-password-reset", "/api/v1/auth/forgot-password", "USR-07", promises=("message",)),
    _row("POST", "/api/auth/reset-password", "/api/v1/auth/reset-password", "USR-08", promises=("message",)),
    _row("POST", "/api/upload/file", "/api/v1/files", "FIL-01", promises=_UPLOADED),
    _row("GET", "/api/upload/files", "/api/v1/files", "FIL-02", promises=("items", "total", "page", "per_page")),
    _row("GET", "/api/upload/file/{id}", "/api/v1/files/{id}", "FIL-03", promises=("id", "url")),
    _row("DELETE", "/api/upload/file/{id}", "/api/v1/files/{id}", "FIL-05"),
    _row("POST", "/api/video/generate", "/api/v1/workflows", "WFL-01", promises=("id", "status", "estimated_cost")),
    _row("GET", "/api/video/list", "/api/v1/workflows", "WFL-02", promises=("items", "total", "page", "per_page")),
    _row("GET", "/api/video/details/{id}", "/api/v1/workflows/{id}", "WFL-03", promises=("id", "steps", "actual_cost")),
    _row(
        "GET",
        "/api/video/status/{id}",
        "/api/v1/workflows/{id}/status",
        "WFL-04",
        promises=("status", "progress", "current_step", "message"),
    ),
    _row("GET", "/api/video/download/{id}", "/api/v1/workflows/{id}/download", "WFL-05"),
    _row("POST", "/api/video/retry/{id}", "/api/v1/workflows/{id}/retry", "WFL-06"),
    _row(
        "POST",
        "/api/export/instructions",
        "/api/v1/export/instructions",
        "EXP-01",
        promises=("instructions", "estimated_time_minutes"),
    ),
    _row("GET", "/api/export/templates", "/api/v1/export/templates", "EXP-02"),
    _row("GET", "/api/export/requirements/{platform}", "/api/v1/export/requirements/{platform}", "EXP-03"),
    _row(
        "POST",
        "/api/export/cost-calculator",
        "/api/v1/export/cost-calculator",
        "EXP-04",
        promises=("steps", "tools", "total_per_workflow", "total_per_month"),
    ),
    _row("POST", "/api/export/optimize", "/api/v1/export/optimize", "EXP-05", promises=("suggestions",)),
    _row(
        "GET",
        "/api/export/history",
        "/api/v1/export/history",
        "EXP-06",
        promises=("items", "total", "page", "per_page"),
    ),
    _row("GET", "/api/user/profile", "/api/v1/users/me", "USR-11", promises=_REGISTERED),
    _row("PUT", "/api/user/profile", "/api/v1/users/me", "USR-12", promises=_REGISTERED),
    _row("POST", "/api/user/change-password", "/api/v1/auth/change-password", "USR-09"),
    _row(
        "GET", "/api/user/dashboard", "/api/v1/users/me/dashboard", "USR-14", promises=("workflows", "recent", "quota")
    ),
    _row("GET", "/api/user/sessions", "/api/v1/users/me/sessions", "USR-15", promises=("items",)),
    _row("DELETE", "/api/user/sessions", "/api/v1/users/me/sessions", "USR-16"),
    _row("GET", "/api/payment/plans", "/api/v1/billing/plans", "BIL-01", promises=("items",)),
    _row(
        "POST",
        "/api/payment/subscription",
        "/api/v1/billing/subscription",
        "BIL-02",
        promises=("checkout_id", "checkout_url", "status"),
    ),
    _row(
        "GET",
        "/api/payment/subscription/details",
        "/api/v1/billing/subscription",
        "BIL-03",
        promises=("plan", "status", "current_period_start", "current_period_end", "cancel_at_period_end", "limits"),
    ),
    _row(
        "PUT", "/api/payment/subscription/update", "/api/v1/billing/subscription", "BIL-04", promises=("plan", "status")
    ),
    _row(
        "POST",
        "/api/payment/subscription/cancel",
        "/api/v1/billing/subscription/cancel",
        "BIL-05",
        promises=("status", "cancel_at_period_end", "ends_at"),
    ),
    _row("GET", "/api/payment/history", "/api/v1/billing/payments", "BIL-08", promises=("items", "total")),
    _row("GET", "/api/payment/invoices", "/api/v1/billing/invoices", "BIL-09", promises=("items", "total")),
    _row("POST", "/api/payment/webhook/stripe", "/api/v1/billing/webhooks/stripe", "BIL-10"),
    _row("POST", "/api/v1/workflows", "/api/v1/workflows", "WFL-01"),
    _row("GET", "/api/v1/workflows/{id}", "/api/v1/workflows/{id}", "WFL-03"),
    _row("POST", "/api/v1/auth/login", "/api/v1/auth/login", "USR-02"),
    _row("GET", "/api/v1/user/profile", "/api/v1/users/me", "USR-11", promises=_REGISTERED),
    _row("GET", "/health", "/health", "GTW-07"),
    _row("POST", "/workflows", "/api/v1/workflows", "WFL-01", promises=("id", "status", "estimated_cost")),
    _row("GET", "/workflows/{workflow_id}", "/api/v1/workflows/{workflow_id}", "WFL-03", promises=("id",)),
    _row("POST", "/workflows/{workflow_id}/retry", "/api/v1/workflows/{workflow_id}/retry", "WFL-06"),
    _row("POST", "/enhance-image", "/api/v1/ai/image/enhance", "AIR-01"),
    _row("POST", "/generate-video", "/api/v1/ai/video/generate", "AIR-05"),
    _row("GET", "/services/health", "/api/v1/ai/services/health", "AIR-15"),
    _row("POST", "/users/register", "/api/v1/auth/register", "USR-01", promises=_REGISTERED),
    _row("POST", "/auth/login", "/api/v1/auth/login", "USR-02", promises=_LOGGED_IN),
    _row("GET", "/users/profile", "/api/v1/users/me", "USR-11", promises=_REGISTERED),
    _row("PUT", "/users/profile", "/api/v1/users/me", "USR-12", promises=_REGISTERED),
    _row("WS", "/workflow/{workflow_id}", "/api/v1/workflows/{workflow_id}/ws", "WFL-13"),
)
