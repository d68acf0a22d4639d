"""What an operator may do while the router works. For administrators; each act is logged with who and why."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request

from ai_router.catalogue.models import Policy
from ai_router.explaining.schemas import PolicyIn
from ai_router.operating import queries, service
from ai_router.operating.schemas import (
    BreakerIn,
    BreakerOut,
    BreakersOut,
    EmergencyIn,
    EmergencyOut,
    GuardIn,
    GuardOut,
    PoliciesOut,
    PolicyOut,
)
from ai_router.routing.breaker import ALL, Key, SharedBreaker
from ai_router.routing.router import Router
from chassis.errors import Invalid, NotAllowed, NotAuthenticated, NotFound, documented
from chassis.http.requests import Tx
from chassis.identity.product_line import known_line
from chassis.identity.tokens import AdminCaller
from contracts.enums import Capability

log = structlog.get_logger(__name__)

router = APIRouter(
    prefix="/api/v1/admin/router", tags=["administration"], responses=documented(NotAuthenticated, NotAllowed)
)

Line = Annotated[str, Path(pattern=r"^([a-z]{1,30}|all)$", description="A product line, or `all`.", examples=["all"])]
Provider = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,50}$", description="Whose.", examples=["veo3"])]
What = Annotated[Capability, Path(description="What is done.", examples=["image_enhancement"])]
WhatOrAll = Annotated[
    str, Path(pattern=r"^[a-z_]{1,50}$", description="What is done, or `all`.", examples=["video_generation"])
]


class NotListed(NotFound):
    """The catalogue lists no such provider, policy or capability."""

    code = "not_listed"


class LimitTooLow(Invalid):
    """Today's limit cannot be lifted to less than what it is anyway."""

    code = "limit_too_low"


def _routing(request: Request) -> Router:
    found: Router = request.app.state.router
    return found


@router.get("/breakers")
async def get_breakers(_: AdminCaller, tx: Tx) -> BreakersOut:
    """Providers that are not asked at the moment, as all processes know them."""
    return BreakersOut(
        breakers=[
            BreakerOut(
                provider=row["provider"],
                capability=row["capability"],
                model=row["model"],
                state=SharedBreaker.of(row).state(tx.now),
                open_until=row["opened_until"],
                probing=row["probe_until"] is not None and row["probe_until"] > tx.now,
                why=row["why"],
                held_by=row["held_by"],
            )
            for row in await queries.breakers(tx)
        ]
    )


@router.put("/breakers/{provider}/{capability}", responses=documented(NotListed))
async def set_breaker(
    provider: Provider, capability: WhatOrAll, body: BreakerIn, caller: AdminCaller, tx: Tx, request: Request
) -> BreakersOut:
    """Have nobody ask a provider for a while, or have them ask again; `all` for whatever is asked of it."""
    catalogue, _ = await _routing(request).snapshot()
    whole = capability == "all"
    listed = {(offer.provider, offer.capability.value) for offer in catalogue.offers}
    if not any(each == provider and (whole or what == capability) for each, what in listed):
        raise NotListed(f"The catalogue has no {provider} for {capability}.")
    key = Key(provider, ALL if whole else capability, "" if whole else body.model)
    await service.set_breaker(tx, key, body, caller.user_id)
    tx.after_commit(_routing(request).book.expire)
    log.warning("operator.breaker", provider=provider, capability=capability, state=body.state, reason=body.reason)
    return await get_breakers(caller, tx)


@router.put("/emergency")
async def set_emergency(body: EmergencyIn, caller: AdminCaller, tx: Tx, request: Request) -> EmergencyOut:
    """Switch emergency mode: nothing is asked of outside providers while it is on."""
    await service.put_rule(tx, "emergency", body.on)
    tx.after_commit(_routing(request).book.expire)
    log.warning("operator.emergency", on=body.on, by=str(caller.user_id))
    return EmergencyOut(on=body.on)


@router.get("/daily-cost")
async def get_daily_cost(_: AdminCaller, tx: Tx, request: Request) -> GuardOut:
    """What is spent today, and what may be."""
    catalogue, usage = await _routing(request).snapshot()
    return service.guard_of(tx.now.date(), usage.cost_today, catalogue.rules, await queries.guard(tx))


@router.put("/daily-cost", responses=documented(LimitTooLow))
async def lift_daily_limit(body: GuardIn, caller: AdminCaller, tx: Tx, request: Request) -> GuardOut:
    """Allow more than the limit for today; from midnight UTC on the limit is what it was."""
    catalogue, usage = await _routing(request).snapshot()
    if body.limit < catalogue.rules.daily_limit:
        raise LimitTooLow(
            f"Today's limit is {catalogue.rules.daily_limit:f} already. Give more.", fields={"limit": "is too low"}
        )
    await service.lift(tx, body.limit, caller.user_id, body.reason)
    tx.after_commit(_routing(request).book.expire)
    log.warning("operator.limit_lifted", limit=str(body.limit), by=str(caller.user_id), reason=body.reason)
    return service.guard_of(tx.now.date(), usage.cost_today, catalogue.rules, await queries.guard(tx))


@router.get("/policies")
async def get_policies(_: AdminCaller, request: Request) -> PoliciesOut:
    """How each capability is routed, in all product lines and in those that have their own way."""
    catalogue, _usage = await _routing(request).snapshot()
    everywhere = [PolicyOut.of("", policy) for policy in catalogue.policies.values()]
    own = [PolicyOut.of(line, policy) for line, rows in catalogue.lines.items() for policy in rows.values()]
    return PoliciesOut(policies=everywhere + own)


@router.put("/policies/{product_line}/{capability}", responses=documented(NotListed))
async def set_policy(
    product_line: Line, capability: What, body: PolicyIn, caller: AdminCaller, tx: Tx, request: Request
) -> PolicyOut:
    """Route a capability otherwise, in one product line or in all that have no way of their own."""
    line = "" if product_line == "all" else known_line(product_line, field="product_line").key.value
    catalogue, _ = await _routing(request).snapshot()
    policy = body.over(catalogue.policy(capability, line))
    _check_listed(policy, {offer.provider for offer in catalogue.by_capability.get(capability, ())})
    await service.put_policy(tx, line, policy)
    tx.after_commit(_routing(request).book.expire)
    log.warning("operator.policy", line=line, capability=capability.value, by=str(caller.user_id))
    return PolicyOut.of(line, policy)


@router.delete("/policies/{product_line}/{capability}", status_code=204, responses=documented(NotListed))
async def drop_policy(product_line: Line, capability: What, caller: AdminCaller, tx: Tx, request: Request) -> None:
    """Route a capability in a product line as in all others again."""
    line = "" if product_line == "all" else known_line(product_line, field="product_line").key.value
    if not await service.drop_policy(tx, line, capability):
        raise NotListed(f"{product_line} has no policy of its own for {capability.value}.")
    tx.after_commit(_routing(request).book.expire)
    log.warning("operator.policy_dropped", line=line, capability=capability.value, by=str(caller.user_id))


def _check_listed(policy: Policy, listed: set[str]) -> None:
    named = {policy.primary, policy.premium, *(policy.chain or ())} - {None}
    if unknown := sorted(str(one) for one in named if one not in listed):
        raise NotListed(f"The catalogue has no {', '.join(unknown)} for {policy.capability.value}.")
