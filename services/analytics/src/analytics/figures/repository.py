"""SQL of the figures: what a portion of facts adds is written by one statement a table."""

from __future__ import annotations

from analytics.figures.rules import FIRSTS, Changes
from chassis.data.database import Transaction

TABLES = ("days", "people", "tiers", "active_days", "runs", "payments", "subscriptions")
"""Everything that is made of the log."""

_DAYS = """
INSERT INTO days (day, product_line, measure, key, number, amount)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::numeric[])
ON CONFLICT (day, measure, product_line, key)
DO UPDATE SET number = days.number + excluded.number, amount = days.amount + excluded.amount
"""

_STEPS = tuple(FIRSTS.values())
_PEOPLE = f"""
INSERT INTO people (person, product_line, seen_at, {", ".join(_STEPS)})
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], {
    ", ".join(f"${number}::timestamptz[]" for number in range(4, 4 + len(_STEPS)))
})
ON CONFLICT (person) DO UPDATE SET
    product_line = coalesce(people.product_line, excluded.product_line),
    seen_at = greatest(people.seen_at, excluded.seen_at),
    {", ".join(f"{step} = least(people.{step}, excluded.{step})" for step in _STEPS)}
"""  # noqa: S608

_TIERS = """
INSERT INTO tiers (person, product_line, plan, version)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
ON CONFLICT (person, product_line) DO UPDATE SET plan = excluded.plan, version = excluded.version
WHERE tiers.version < excluded.version
"""

_ACTIVE = """
INSERT INTO active_days (day, product_line, person) SELECT * FROM unnest($1::date[], $2::text[], $3::text[])
ON CONFLICT DO NOTHING
"""

_RUNS = """
INSERT INTO runs (run, told, status, person, product_line, workflow_type, created_at, ended_at, seconds, cost)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::float8[], $10::numeric[])
ON CONFLICT (run) DO UPDATE SET
    told = greatest(runs.told, excluded.told),
    status = CASE WHEN excluded.told > runs.told THEN excluded.status ELSE runs.status END,
    ended_at = CASE WHEN excluded.told > runs.told THEN excluded.ended_at ELSE runs.ended_at END,
    person = coalesce(runs.person, excluded.person),
    product_line = coalesce(runs.product_line, excluded.product_line),
    workflow_type = coalesce(runs.workflow_type, excluded.workflow_type),
    created_at = least(runs.created_at, excluded.created_at),
    seconds = coalesce(excluded.seconds, runs.seconds),
    cost = coalesce(excluded.cost, runs.cost)
"""

_PAYMENTS = """
INSERT INTO payments (payment, person, product_line, plan, currency, amount, refunded, paid_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
    $8::timestamptz[])
ON CONFLICT (payment) DO UPDATE SET
    person = coalesce(payments.person, excluded.person),
    product_line = coalesce(payments.product_line, excluded.product_line),
    amount = greatest(payments.amount, excluded.amount),
    refunded = payments.refunded + excluded.refunded,
    plan = coalesce(payments.plan, excluded.plan),
    paid_at = coalesce(payments.paid_at, excluded.paid_at)
"""

_SUBSCRIPTIONS = """
INSERT INTO subscriptions (subscription, told_at, told, person, product_line, plan, interval, status)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[])
ON CONFLICT (subscription) DO UPDATE SET told_at = excluded.told_at, told = excluded.told, person = excluded.person,
    product_line = excluded.product_line, plan = excluded.plan, interval = excluded.interval, status = excluded.status
WHERE (subscriptions.told_at, subscriptions.told) < (excluded.told_at, excluded.told)
"""


async def add(tx: Transaction, changes: Changes) -> None:
    """Write what a portion of facts adds."""
    for statement, rows in (
        (_DAYS, [(*cell, total.number, total.amount) for cell, total in sorted(changes.days.items())]),
        (
            _PEOPLE,
            [
                (name, person.product_line, person.seen_at, *(person.first.get(step) for step in _STEPS))
                for name, person in sorted(changes.people.items())
            ],
        ),
        (_TIERS, [(*of, plan, version) for of, (version, plan) in sorted(changes.tiers.items())]),
        (_ACTIVE, sorted(changes.active)),
        (
            _RUNS,
            [
                (
                    key,
                    run.told,
                    run.status,
                    run.person,
                    run.product_line,
                    run.workflow_type,
                    run.created_at,
                    run.ended_at,
                    run.seconds,
                    run.cost,
                )
                for key, run in sorted(changes.runs.items())
            ],
        ),
        (
            _PAYMENTS,
            [
                (key, one.person, one.product_line, one.plan, one.currency, one.amount, one.refunded, one.paid_at)
                for key, one in sorted(changes.payments.items())
            ],
        ),
        (_SUBSCRIPTIONS, [(key, *told) for key, told in sorted(changes.subscriptions.items())]),
    ):
        if rows:
            await tx.execute(statement, *map(list, zip(*rows, strict=True)))


async def clear(tx: Transaction) -> None:
    """Remove all figures, so that they can be made anew."""
    for table in TABLES:
        # Not TRUNCATE, which would keep readers waiting until the end.
        await tx.execute(f"DELETE FROM {table}")  # noqa: S608
