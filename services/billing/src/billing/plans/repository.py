"""Plans in the database, with a short-lived copy in the process: they change rarely and are read for every hold."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson

from billing.plans.catalogue import STARTING_CATALOGUE, UNLIMITED, Plan
from chassis import ids
from chassis.data.database import Database, Transaction
from contracts.enums import Priority

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
        rows = await tx.fetch("SELECT * FROM plans WHERE is_active ORDER BY product_line, price_monthly")
        self._plans = {
            (row["product_line"], row["plan_type"]): Plan(
                product_line=row["product_line"],
                plan_type=row["plan_type"],
                name=row["name"],
                description=row["description"],
                price_monthly=row["price_monthly"],
                price_yearly=row["price_yearly"],
                currency=row["currency"],
                quotas=row["quotas"],
                features=row["features"],
                run_budget=row["run_budget"],
                priority=Priority(row["priority"]),
                credits_per_month=row["credits_per_month"],
                credits_per_minute=row["credits_per_minute"],
                max_video_seconds=row["max_video_seconds"],
            )
            for row in rows
        }
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

    def allowing(self, product_line: str, meter: str, units: int) -> tuple[str, ...]:
        """Plans under which ``units`` of ``meter`` a month are possible."""
        return tuple(
            plan.plan_type
            for plan in self.of(product_line)
            if (limit := plan.quotas.get(meter, 0)) == UNLIMITED or limit >= units
        )


async def load_starting_catalogue(database: Database) -> int:
    """The repeatable initial-data step (BIL-44): adds plans that are missing, changes none. Returns how many."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            """
            INSERT INTO plans (id, product_line, plan_type, name, description, price_monthly, price_yearly, currency,
                               credits_per_month, credits_per_minute, max_video_seconds, quotas, features,
                               run_budget, priority)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::numeric[],
                                 $7::numeric[], $8::text[], $9::int[], $10::int[], $11::int[], $12::jsonb[],
                                 $13::jsonb[], $14::numeric[], $15::text[])
            ON CONFLICT (product_line, plan_type) DO NOTHING RETURNING id
            """,
            [ids.uuid7() for _ in STARTING_CATALOGUE],
            [plan.product_line for plan in STARTING_CATALOGUE],
            [plan.plan_type for plan in STARTING_CATALOGUE],
            [plan.name for plan in STARTING_CATALOGUE],
            [plan.description for plan in STARTING_CATALOGUE],
            [plan.price_monthly for plan in STARTING_CATALOGUE],
            [plan.price_yearly for plan in STARTING_CATALOGUE],
            [plan.currency for plan in STARTING_CATALOGUE],
            [plan.credits_per_month for plan in STARTING_CATALOGUE],
            [plan.credits_per_minute for plan in STARTING_CATALOGUE],
            [plan.max_video_seconds for plan in STARTING_CATALOGUE],
            [orjson.dumps(plan.quotas).decode() for plan in STARTING_CATALOGUE],
            [orjson.dumps(plan.features).decode() for plan in STARTING_CATALOGUE],
            [plan.run_budget for plan in STARTING_CATALOGUE],
            [plan.priority.value for plan in STARTING_CATALOGUE],
        )
    return len(rows)
