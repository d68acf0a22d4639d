"""Editing the catalogue (BIL-18, BIL-44)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.plans import repository
from billing.plans.catalogue import Plan
from chassis.data.database import Transaction
from chassis.errors import Invalid
from contracts.enums import Priority
from contracts.product_lines import PRODUCT_LINES

_NEEDED = ("name", "price_monthly", "run_budget")
_MAY_BE_NOTHING = ("price_yearly", "credits_per_minute", "max_video_seconds")


class PlanIncomplete(Invalid):
    """A new plan needs more than that, or the currency of one that is sold cannot change."""

    code = "plan_incomplete"


async def everything(tx: Transaction) -> list[Plan]:
    """Every plan, sold or not."""
    return await repository.all_of(tx)


async def edit(
    tx: Transaction, product_line: str, plan_type: str, changes: Mapping[str, Any], *, by: UUID, reason: str
) -> Plan:
    """Make ``changes`` to a plan and keep its version; nothing is written where nothing changes.

    Raises :class:`PlanIncomplete`.
    """
    wanted = {name: value for name, value in changes.items() if value is not None or name in _MAY_BE_NOTHING}
    before = await repository.locked(tx, product_line, plan_type)
    if before is None:
        before_edit = _blank(product_line, plan_type, wanted)
    elif wanted.get("currency", before.currency) != before.currency:
        raise PlanIncomplete("A plan keeps its currency. Make another plan.", fields={"currency": before.currency})
    else:
        before_edit = before
    after = replace(before_edit, **wanted)
    return before if after == before else await repository.edit(tx, before, after, by, reason)


def _blank(product_line: str, plan_type: str, wanted: Mapping[str, Any]) -> Plan:
    if missing := [name for name in _NEEDED if name not in wanted]:
        raise PlanIncomplete("A new plan needs more than that.", fields=dict.fromkeys(missing, "is missing"))
    return Plan(
        product_line=product_line,
        plan_type=plan_type,
        name=plan_type,
        description="",
        price_monthly=Decimal(0),
        currency=PRODUCT_LINES[product_line].currency,
        quotas={},
        run_budget=Decimal(0),
        priority=Priority.NORMAL,
    )
