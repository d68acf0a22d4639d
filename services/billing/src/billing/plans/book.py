"""A short-lived copy of the plans in the process: they change rarely and are read for every hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from billing.plans import repository
from billing.plans.catalogue import UNLIMITED, Plan
from chassis.data.database import Transaction
from contracts.enums import Priority

_FRESH_FOR = timedelta(seconds=60)
FREE = "free"


class PlanBook:
    """The plans, read at most once a minute (PRF-15)."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}
        self._read_at: datetime | None = None

    async def load(self, tx: Transaction) -> None:
        """Read the catalogue if the copy is older than a minute."""
        if self._read_at is not None and tx.now - self._read_at < _FRESH_FOR:
            return
        self._plans = {(plan.product_line, plan.plan_type): plan for plan in await repository.all_of(tx)}
        self._read_at = tx.now

    def forget(self) -> None:
        """Read the catalogue anew when it is next asked for."""
        self._read_at = None

    def get(self, product_line: str, plan_type: str) -> Plan:
        """The plan of an account, sold or not. One that the catalogue has lost allows nothing."""
        return self._plans.get((product_line, plan_type)) or _allowing_nothing(product_line, plan_type)

    def sold(self, product_line: str, plan_type: str) -> Plan | None:
        """A plan that can be had; None where it is not sold."""
        plan = self._plans.get((product_line, plan_type))
        return plan if plan is not None and plan.is_active else None

    def opening(self, product_line: str, plan_type: str) -> Plan | None:
        """The plan of a new account: ``plan_type``, or the free one where the line does not sell that; None where
        neither is sold."""
        return self.sold(product_line, plan_type) or self.sold(product_line, FREE)

    def of(self, product_line: str) -> list[Plan]:
        """The plans of a product line that are sold, cheapest first."""
        return [plan for (line, _), plan in self._plans.items() if line == product_line and plan.is_active]

    def above(self, product_line: str, plan_type: str, meter: str) -> tuple[str, ...]:
        """Plans under which more of ``meter`` is possible a month, cheapest first."""
        own = self.get(product_line, plan_type).quotas.get(meter, 0)
        if own == UNLIMITED:
            return ()
        return tuple(
            plan.plan_type
            for plan in self.of(product_line)
            if (limit := plan.quotas.get(meter, 0)) == UNLIMITED or limit > own
        )

    def larger(self, product_line: str, plan_type: str, meter: str | None) -> tuple[str, ...]:
        """Plans that allow more of ``meter``; where none has a quota of it, those with more credits. Cheapest first."""
        if any(meter in plan.quotas for plan in self.of(product_line)):
            return self.above(product_line, plan_type, meter or "")
        own = self.get(product_line, plan_type).credits_per_month
        return tuple(plan.plan_type for plan in self.of(product_line) if plan.credits_per_month > own)

    def upgrades(self, product_line: str, plan_type: str) -> dict[str, tuple[str, ...]]:
        """By meter, and by ``credits`` where they decide, the plans that have more of it than ``plan_type``."""
        meters = {meter for plan in self.of(product_line) for meter in plan.quotas} or {"credits"}
        return {meter: self.larger(product_line, plan_type, meter) for meter in sorted(meters)}

    def dearer(self, product_line: str, run_budget: Decimal) -> tuple[str, ...]:
        """Plans under which the AI work of a run may cost ``run_budget``, cheapest first."""
        return tuple(plan.plan_type for plan in self.of(product_line) if plan.run_budget >= run_budget)

    def longer(self, plan: Plan) -> tuple[str, ...]:
        """Plans of the same product line that take longer videos than ``plan``, cheapest first."""
        own = plan.max_video_seconds
        if own is None:
            return ()
        return tuple(
            other.plan_type
            for other in self.of(plan.product_line)
            if other.max_video_seconds is None or other.max_video_seconds > own
        )

    def with_each_feature(self, product_line: str) -> dict[str, tuple[str, ...]]:
        """By feature, the plans of a product line that have it, cheapest first."""
        sold = self.of(product_line)
        features = sorted({name for plan in sold for name, has in plan.features.items() if has})
        return {name: tuple(plan.plan_type for plan in sold if plan.features.get(name)) for name in features}


def _allowing_nothing(product_line: str, plan_type: str) -> Plan:
    return Plan(
        product_line=product_line,
        plan_type=plan_type,
        name=plan_type,
        description="",
        price_monthly=Decimal(0),
        currency="",
        quotas={},
        run_budget=Decimal(0),
        priority=Priority.LOW,
        is_active=False,
    )
