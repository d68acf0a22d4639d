"""Reely."""

from __future__ import annotations

from contracts.enums import ProductLineKey
from gateway.aliases import alias

_row = alias.of(ProductLineKey.REELY)

ALIASES: tuple[alias.Alias, ...] = (
    _row("POST", "/api/v1/auth/register", "/api/v1/auth/register", "USR-01"),
    _row("POST", "/api/v1/auth/login", "/api/v1/auth/login", "USR-02"),
    _row("POST", "/api/v1/auth/refresh", "/api/v1/auth/refresh", "USR-03"),
    _row("GET", "/api/v1/auth/me", "/api/v1/users/me", "USR-11", promises=("id", "email", "plan_type", "credits")),
    _row("PUT", "/api/v1/auth/me", "/api/v1/users/me", "USR-12", promises=("id", "email")),
    _row("POST", "/api/v1/auth/change-password", "/api/v1/auth/change-password", "USR-09"),
    _row("GET", "/api/v1/auth/usage", "/api/v1/usage/current", "BIL-15", promises=("period_start", "period_end")),
    _row("DELETE", "/api/v1/auth/me", "/api/v1/users/me", "USR-13", promises=("requested_at", "status_url")),
    _row(
        "POST",
        "/api/v1/payments/create-checkout",
        "/api/v1/billing/checkout",
        "BIL-06",
        promises=("checkout_id", "checkout_url"),
    ),
    _row("POST", "/api/v1/payments/create-portal", "/api/v1/billing/portal", "BIL-07", promises=("url",)),
    _row(
        "GET",
        "/api/v1/payments/subscription-status",
        "/api/v1/billing/subscription",
        "BIL-03",
        promises=("plan", "status", "current_period_start", "current_period_end", "cancel_at_period_end", "limits"),
    ),
    _row("POST", "/api/v1/payments/webhook", "/api/v1/billing/webhooks/stripe", "BIL-10"),
    _row("POST", "/api/v1/trim", "/api/v1/trim", "WFL-09", promises=("job_id", "status")),
    _row("POST", "/api/v1/auto-hooks", "/api/v1/auto-hooks", "WFL-10", promises=("job_id", "status")),
    _row("GET", "/api/v1/download/{id}", "/api/v1/workflows/{id}/download", "WFL-05"),
    _row("GET", "/api/v1/my-jobs", "/api/v1/workflows", "WFL-02", promises=("items", "total")),
    _row("DELETE", "/api/v1/cleanup/{id}", "/api/v1/workflows/{id}/files", "WFL-11"),
    _row("GET", "/", "/", "GTW-06"),
    _row("GET", "/health", "/health", "GTW-07"),
    _row("GET", "/api/v1/system/stats", "/api/v1/system/stats", "GTW-09", promises=("platform", "own")),
)
