"""The use cases of operators: translate, store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from ai_router.catalogue import repository as catalogue_repository
from ai_router.catalogue.models import Policy, Rules
from ai_router.health import repository as health_repository
from ai_router.operating import repository
from ai_router.operating.schemas import BreakerIn, GuardOut
from ai_router.routing.breaker import Key
from chassis.data.database import Transaction
from contracts.enums import Capability


async def set_breaker(tx: Transaction, key: Key, body: BreakerIn, by: UUID) -> None:
    """Hold a breaker open for all processes, or close it."""
    if body.state == "open":
        await health_repository.hold_open(tx, key, body.for_s, by, body.reason)
    else:
        await health_repository.reset(tx, key, by, body.reason)


async def put_rule(tx: Transaction, name: str, value: Any) -> None:
    """Keep a rule over all capabilities."""
    await catalogue_repository.put_rule(tx, name, value)


async def put_policy(tx: Transaction, line: str, policy: Policy) -> None:
    """Keep how a capability is routed."""
    await catalogue_repository.put_policy(tx, line, policy)


async def drop_policy(tx: Transaction, line: str, capability: Capability) -> bool:
    """Forget how a capability is routed in a line."""
    return await catalogue_repository.drop_policy(tx, line, capability)


async def lift(tx: Transaction, limit: Decimal, by: UUID, reason: str) -> None:
    """Allow more for today."""
    await repository.lift(tx, limit, by, reason)


def guard_of(day: date, spent: Decimal, rules: Rules, kept: Mapping[str, Any] | None) -> GuardOut:
    """How the day stands."""
    allowed = None if kept is None else kept["lifted_to"]
    limit = rules.daily_limit if allowed is None else max(rules.daily_limit, allowed)
    return GuardOut(
        day=day,
        spent=spent,
        warning=rules.daily_warning,
        limit=limit,
        lifted=allowed is not None,
        stopped=spent >= limit,
    )
