"""A short-lived copy of the plans in the process: they change rarely and are read for every hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.plans import repository
from billing.plans.catalogue import UNLIMITED, Plan
from chassis.data.database import Transaction

_FRESH_FOR = timedelta(seconds=60)


class UnknownPlan(LookupError):
    """No such plan in the catalogue."""


class PlanBook:
    """The active plans, read at most once a minute (PRF-15)."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], Plan] = {}
        self._read_at: datetime | None = None

    async def load(self, tx: Transaction) -> None:
        """Read the catalogue if the copy is older than a minute."""
        if self._read_at is not None and tx.now - self._read_at < _FRESH_FOR:
            return
        self._plans = {(plan.product_line, plan.plan_type): plan for plan in await repository.active(tx)}
        self._read_at = tx.now

    def get(self, product_line: str, plan_type: str) -> Plan:
        """One plan; raises :class:`UnknownPlan`."""
        try:
            return self._plans[product_line, plan_type]
        except KeyError:
            raise UnknownPlan(f"{product_line} has no plan {plan_type}") from None

    def of(self, product_line: str) -> list[Plan]:
        """The plans of a product line, cheapest first."""
        return [plan for (line, _), plan in self._plans.items() if line == product_line]

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
