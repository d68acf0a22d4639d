"""SQL of plans."""

from __future__ import annotations

import orjson

from billing.plans.catalogue import STARTING_CATALOGUE, Plan
from chassis import ids
from chassis.data.database import Database, Transaction
from contracts.enums import Priority


async def all_of(tx: Transaction) -> list[Plan]:
    """Every plan, those that are not sold any more among them; the cheapest of each product line first."""
    rows = await tx.fetch("SELECT * FROM plans ORDER BY product_line, price_monthly")
    return [
        Plan(
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
            is_active=row["is_active"],
        )
        for row in rows
    ]


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
