"""AI Film Studio: the one document that prints fields, so most of what is renamed is here (GTW-04, CFL-02, CFL-05)."""

from __future__ import annotations

from contracts.enums import ProductLineKey
from gateway.aliases import alias
from gateway.aliases.wording import BARE, CREATOR, ONE_PRICE, capitalised, listed_as, lowered

_row = alias.of(ProductLineKey.FILMSTUDIO)

_ACCOUNT = (capitalised("plan_type"), CREATOR)
_PLAN = (capitalised("plan_type"),)
_JOB = ("job_id", "status", "estimated_time")

ALIASES: tuple[alias.Alias, ...] = (
    _row(
        "POST",
        "/api/users/register",
        "/api/v1/auth/register",
        "USR-01",
        gives=_ACCOUNT,
        promises=("id", "name", "email", "plan_type", "credits", "role", "created_at"),
    ),
    _row(
        "POST",
        "/api/users/login",
        "/api/v1/auth/login",
        "USR-02",
        gives=_ACCOUNT,
        promises=("access_token", "token_type", "expires_in"),
    ),
    _row(
        "GET",
        "/api/users/profile",
        "/api/v1/users/me",
        "USR-11",
        gives=_ACCOUNT,
        promises=("id", "name", "email", "plan_type", "credits", "role", "created_at"),
    ),
    _row(
        "POST",
        "/api/projects/create",
        "/api/v1/projects",
        "PRJ-01",
        promises=("id", "user_id", "title", "status", "created_at"),
    ),
    _row(
        "GET",
        "/api/projects/{id}",
        "/api/v1/projects/{id}",
        "PRJ-03",
        promises=("id", "title", "video_url", "subtitles_url"),
    ),
    _row(
        "GET",
        "/api/projects/",
        "/api/v1/projects",
        "PRJ-02",
        whole=listed_as("projects"),
        promises=("projects", "total", "page", "per_page"),
    ),
    _row("PUT", "/api/projects/{id}", "/api/v1/projects/{id}", "PRJ-04"),
    _row("DELETE", "/api/projects/{id}", "/api/v1/projects/{id}", "PRJ-05"),
    _row(
        "POST",
        "/api/projects/{id}/regenerate",
        "/api/v1/projects/{id}/regenerate",
        "PRJ-06",
        promises=("id", "status"),
    ),
    _row(
        "GET",
        "/api/credits/balance",
        "/api/v1/billing/credits/balance",
        "BIL-12",
        gives=_PLAN,
        promises=("balance", "reserved", "plan_type", "credits_per_minute"),
    ),
    _row(
        "POST",
        "/api/credits/topup",
        "/api/v1/billing/credits/topup",
        "BIL-13",
        takes=(lowered("plan_type"),),
        gives=_PLAN,
        promises=("credits_balance", "plan_type", "message"),
    ),
    _row(
        "GET",
        "/api/credits/plans",
        "/api/v1/billing/plans",
        "BIL-01",
        query={"per_page": "100"},
        gives=(*_PLAN, ONE_PRICE),
        whole=BARE,
        promises=("plan_type", "price", "features"),
    ),
    _row(
        "GET",
        "/api/credits/transactions",
        "/api/v1/billing/credits/transactions",
        "BIL-14",
        whole=listed_as("transactions"),
        promises=("transactions", "total"),
    ),
    _row(
        "POST",
        "/api/youtube/upload",
        "/api/v1/youtube/upload",
        "EXP-08",
        promises=("id", "video_id", "playlist_id", "upload_status"),
    ),
    _row(
        "GET",
        "/api/youtube/videos",
        "/api/v1/youtube/videos",
        "EXP-09",
        whole=listed_as("videos"),
        promises=("videos", "total"),
    ),
    _row("GET", "/api/youtube/videos/{id}", "/api/v1/youtube/videos/{id}", "EXP-10"),
    _row("POST", "/api/ai/video-generate", "/api/v1/projects/{project_id}/generate", "WFL-12", promises=_JOB),
    _row("POST", "/api/ai/audio-generate", "/api/v1/ai/audio/generate", "AIR-06", promises=_JOB),
    _row("POST", "/api/ai/lip-sync", "/api/v1/ai/lip-sync", "AIR-07", promises=_JOB),
    _row("POST", "/api/ai/music-generate", "/api/v1/ai/music/generate", "AIR-08", promises=_JOB),
)
