"""What can be used and how it is doing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ai_router.catalogue import queries
from ai_router.catalogue.schemas import ModelOut, ProviderHealthOut, ServicesHealth
from ai_router.providers.port import Provider
from ai_router.routing.breaker import ALL, BreakerState
from ai_router.routing.router import Router
from chassis.errors import NotAuthenticated, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.enums import Capability, ServiceHealth

router = APIRouter(prefix="/api/v1/ai", tags=["ai"])


@router.get("/models", responses=documented(NotAuthenticated))
async def list_models(
    caller: Caller,
    tx: Tx,
    page: Page,
    response: Response,
    request: Request,
    capability: Annotated[Capability | None, Query(description="Only these.")] = None,
    available: Annotated[bool, Query(description="Those that are set up here; false: those that are not.")] = True,
) -> Paged[ModelOut]:
    """The active models, with what each acts on and costs in credits, and whether it is set up here."""
    response.headers["Cache-Control"] = "public, max-age=300"
    routing: Router = request.app.state.router
    models = [_model(row, routing.providers) for row in await queries.models(tx, capability)]
    return Paged[ModelOut].cut([one for one in models if one.available is available], page)


def _model(row: Mapping[str, Any], providers: Mapping[str, Provider]) -> ModelOut:
    declared = providers[row["provider"]].declarations if row["provider"] in providers else ()
    found = next((one for one in declared if one.capability == row["model_type"] and row["name"] in one.models), None)
    if found is None:
        return ModelOut.model_validate({**row, "available": False, "honours": []})
    return ModelOut.model_validate(
        {
            **row,
            "available": True,
            "honours": sorted(found.honours),
            "languages": None if found.languages is None else sorted(found.languages),
            "longest_text": found.max_characters,
            "longest_s": found.max_seconds,
            "clip_lengths": list(found.clip_lengths),
        }
    )


@router.get("/services/health", responses=documented(NotAuthenticated))
async def get_services_health(caller: Caller, tx: Tx, request: Request) -> ServicesHealth:
    """How every provider is doing: last check, response time, breaker."""
    routing: Router = request.app.state.router
    catalogue, _ = await routing.snapshot()
    checks, breakers = await queries.checks(tx), await queries.breakers(tx)
    services = []
    for offer in catalogue.offers:
        check = checks.get(offer.provider)
        configured = offer.provider in routing.providers
        well = configured and offer.is_active and (check is None or check["status"] == ServiceHealth.HEALTHY)
        whole = breakers.get((offer.provider, ALL), BreakerState.CLOSED)
        breaker = breakers.get((offer.provider, offer.capability), whole) if whole != BreakerState.OPEN else whole
        services.append(
            ProviderHealthOut(
                provider=offer.provider,
                capability=offer.capability,
                configured=configured,
                status=ServiceHealth.HEALTHY if well else ServiceHealth.UNHEALTHY,
                breaker=BreakerState.CLOSED if offer.zero_cost else breaker,
                response_time_ms=check["response_time_ms"] if check else None,
                checked_at=check["checked_at"] if check else None,
                error=check["error_message"] if check else None if configured else "not configured",
                quality=offer.quality,
                zero_cost=offer.zero_cost,
            )
        )
    return ServicesHealth(services=services)
