"""Health, statistics and the dashboard: asked of several services at once, and answered without those that are away."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from chassis.http.routes import takes_any_query
from chassis.identity.tokens import Identity
from gateway.admission import Admitted, token_of
from gateway.overview.figures import (
    Dashboard,
    OperatorFigures,
    OwnWorkflowFigures,
    RecentWorkflow,
    SystemStats,
    WorkflowFigures,
    insights,
    quota_of,
)
from gateway.overview.gathering import Services
from gateway.overview.health import Examiner, PlatformHealth, overall

router = APIRouter()

_RECENT = "/api/v1/workflows?per_page=5"


@router.get("/health", tags=["operations"], include_in_schema=False)
@takes_any_query
async def read_health(request: Request, response: Response) -> PlatformHealth:
    """Whether the platform serves: 503 when it does not. Administrators see part by part why (GTW-07)."""
    examiner: Examiner = request.app.state.examiner
    parts = await examiner.look()
    status = overall(parts)
    if status == "unhealthy":
        response.status_code = 503
    response.headers["Cache-Control"] = "no-store"
    caller = request.scope.get("chassis.identity")
    is_admin = isinstance(caller, Identity) and caller.is_admin
    return PlatformHealth(status=status, parts=parts if is_admin else None)


@router.get("/api/v1/system/stats", tags=["operations"])
async def get_system_stats(caller: Admitted, request: Request) -> SystemStats:
    """How the platform's work goes, and yours; administrators see all of it (GTW-09)."""
    services: Services = request.app.state.services
    wanted = {"platform": ("workflow", "/internal/statistics"), "own": ("workflow", "/internal/statistics/own")}
    if caller.is_admin:
        wanted |= {"users": ("users", "/internal/statistics"), "jobs": ("ai_router", "/internal/statistics")}
    found, missing = await services.gather(wanted, token_of(request))
    platform, own = found["platform"], found["own"]
    operators = None
    if caller.is_admin:
        operators = OperatorFigures(
            users=found["users"],
            jobs=found["jobs"]["by_status"] if found["jobs"] else None,
            waiting=platform["waiting"] if platform else None,
            stored=platform["stored"] if platform else None,
        )
    return SystemStats(
        platform=WorkflowFigures.model_validate(platform) if platform else None,
        own=OwnWorkflowFigures.model_validate(own) if own else None,
        operators=operators,
        missing=missing,
    )


@router.get("/api/v1/users/me/dashboard", tags=["users"])
async def get_dashboard(_: Admitted, request: Request) -> Dashboard:
    """Your work at a glance: how it went, what is left, what is new (USR-14).

    A service that is away is named in `missing`, and what it knows is null; the rest is there.
    """
    services: Services = request.app.state.services
    wanted = {
        "profile": ("users", "/api/v1/users/me"),
        "usage": ("billing", "/api/v1/usage/current"),
        "own": ("workflow", "/internal/statistics/own"),
        "recent": ("workflow", _RECENT),
    }
    found, missing = await services.gather(wanted, token_of(request))
    own = OwnWorkflowFigures.model_validate(found["own"]) if found["own"] else None
    quota = quota_of(found["usage"])
    return Dashboard(
        name=found["profile"]["name"] if found["profile"] else None,
        workflows=own,
        recent=[RecentWorkflow.model_validate(one) for one in found["recent"]["items"]] if found["recent"] else None,
        quota=quota,
        insights=insights(own, quota),
        missing=missing,
    )
