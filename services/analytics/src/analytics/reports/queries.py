"""SQL of the reports. What is asked for by the hour is read from the facts, everything else from the figures."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from chassis.data.database import Transaction

Rows = list[dict[str, Any]]

_RUNS = """
SELECT count(*) AS total, count(*) FILTER (WHERE status = 'completed') AS completed,
    count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
    avg(seconds) FILTER (WHERE status = 'completed') AS average_seconds
FROM runs WHERE created_at >= $1 AND created_at < $2
"""

_PEOPLE = """
SELECT count(*) FILTER (WHERE registered_at >= $1 AND registered_at < $2) AS new,
    count(*) FILTER (WHERE seen_at >= $1) AS active
FROM people
"""

_TIERS = "SELECT product_line, plan, count(*) AS users FROM tiers GROUP BY 1, 2 ORDER BY 1, 2"

_COSTS = """
SELECT body ->> 'provider' AS provider, body ->> 'capability' AS capability, product_line, count(*) AS calls,
    sum((body ->> 'cost')::numeric) AS cost
FROM facts WHERE type = 'ai_router.cost_recorded.v1' AND at >= $1 AND at < $2 GROUP BY 1, 2, 3 ORDER BY 5 DESC, 1, 2
"""

_SCORES = """
SELECT body ->> 'step' AS step, floor((body ->> 'score')::numeric)::int AS score, count(*) AS results,
    sum((body ->> 'score')::numeric) AS total
FROM facts WHERE type = 'workflow.step_completed.v1' AND at >= $1 AND at < $2 AND body ? 'score'
GROUP BY 1, 2 ORDER BY 1, 2
"""

_HEALTH = """
SELECT DISTINCT ON (body ->> 'provider') body ->> 'provider' AS provider, (body ->> 'healthy')::boolean AS healthy,
    at AS since, count(*) OVER (PARTITION BY body ->> 'provider') AS changes
FROM facts WHERE type = 'ai_router.provider_health_changed.v1' AND at >= $1 AND at < $2
ORDER BY body ->> 'provider', at DESC, id DESC
"""

_PAID = """
SELECT currency, count(*) AS payments, sum(amount)::bigint AS received, sum(refunded)::bigint AS refunded
FROM payments WHERE paid_at >= $1 AND paid_at < $2 GROUP BY 1 ORDER BY 1
"""

_RECENT = """
SELECT run, workflow_type, product_line, status, cost, seconds, created_at FROM runs
WHERE created_at IS NOT NULL ORDER BY created_at DESC, run DESC LIMIT $1
"""

_DAYS = """
SELECT day, measure, sum(number)::bigint AS number, sum(amount) AS amount FROM days
WHERE day >= $1 AND day < $2 AND measure = ANY($3::text[]) AND ($4::text IS NULL OR product_line = $4)
GROUP BY 1, 2 ORDER BY 1, 2
"""

_ACTIVE = """
SELECT day, count(DISTINCT person) AS people FROM active_days
WHERE day >= $1 AND day < $2 AND ($3::text IS NULL OR product_line = $3) GROUP BY 1 ORDER BY 1
"""

_ACTIVE_IN_ALL = """
SELECT count(DISTINCT person) AS people FROM active_days
WHERE day >= $1 AND day < $2 AND ($3::text IS NULL OR product_line = $3)
"""

_FUNNEL = """
SELECT count(*) AS registered, count(verified_at) AS verified, count(uploaded_at) AS uploaded,
    count(ordered_at) AS ordered, count(completed_at) AS completed, count(paid_at) AS paid
FROM people WHERE registered_at >= $1 AND registered_at < $2 AND ($3::text IS NULL OR product_line = $3)
"""

_PROVIDERS = """
SELECT split_part(key, '|', 1) AS provider, split_part(key, '|', 2) AS capability, measure,
    sum(number)::bigint AS number, sum(amount) AS amount
FROM days WHERE day >= $1 AND day < $2 AND measure IN ('job', 'job_score', 'cost', 'fallback') AND key <> '|'
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

_COHORTS = """
SELECT date_trunc('month', people.registered_at AT TIME ZONE 'UTC')::date AS cohort,
    date_trunc('month', active.day)::date AS month, count(DISTINCT people.person) AS people
FROM people JOIN active_days AS active USING (person)
WHERE people.registered_at >= $1 AND ($2::text IS NULL OR people.product_line = $2)
GROUP BY 1, 2 ORDER BY 1, 2
"""

_COHORT_SIZES = """
SELECT date_trunc('month', registered_at AT TIME ZONE 'UTC')::date AS cohort, count(*) AS people
FROM people WHERE registered_at >= $1 AND ($2::text IS NULL OR product_line = $2) GROUP BY 1 ORDER BY 1
"""

_REVENUE = """
SELECT date_trunc('month', paid_at AT TIME ZONE 'UTC')::date AS month, coalesce(product_line, '') AS product_line,
    currency, count(*) AS payments, count(DISTINCT person) AS payers, sum(amount)::bigint AS received,
    sum(refunded)::bigint AS refunded
FROM payments WHERE paid_at >= $1 AND paid_at < $2 AND ($3::text IS NULL OR product_line = $3)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

# What each running subscription brings a month: its person's last payment for that plan, a twelfth of it of a year's.
_RECURRING = """
SELECT coalesce(sub.product_line, '') AS product_line, last.currency, count(*) AS subscriptions,
    sum(last.amount / CASE sub.interval WHEN 'year' THEN 12.0 ELSE 1 END) AS minor
FROM subscriptions AS sub CROSS JOIN LATERAL (
    SELECT amount, currency FROM payments
    WHERE payments.person = sub.person AND payments.plan = sub.plan AND amount > refunded
    AND payments.product_line IS NOT DISTINCT FROM sub.product_line
    ORDER BY paid_at DESC LIMIT 1
) AS last
WHERE sub.status IN ('active', 'past_due') AND ($1::text IS NULL OR sub.product_line = $1)
GROUP BY 1, 2 ORDER BY 1, 2
"""


_BEHAVIOUR = """
SELECT event_type, coalesce(page_url, '') AS page, count(*) AS events, count(DISTINCT person) AS people,
    count(DISTINCT session_id) AS visits, avg(page_load_time)::float8 AS average_load_ms,
    avg(interaction_time) AS average_seconds
FROM user_analytics WHERE created_at >= $1 AND created_at < $2 AND ($3::text IS NULL OR product_line = $3)
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 1000
"""

_UPTIME = """
SELECT service_name AS service, count(*) AS looks, count(*) FILTER (WHERE success) AS well,
    avg(response_time_ms) AS average_ms, percentile_cont(0.95) WITHIN GROUP (ORDER BY response_time_ms) AS p95_ms,
    max(created_at) FILTER (WHERE NOT success) AS last_failure, max(memory_usage_mb) AS most_memory_mb,
    avg(cpu_usage_percent) AS average_cpu_percent
FROM system_health WHERE created_at >= $1 AND created_at < $2 GROUP BY 1 ORDER BY 1
"""


async def runs(tx: Transaction, since: datetime, until: datetime) -> dict[str, Any]:
    """How the runs of a period went."""
    return await _one(tx, _RUNS, since, until)


async def people(tx: Transaction, since: datetime, until: datetime) -> dict[str, Any]:
    """Who came, and who did anything since."""
    return await _one(tx, _PEOPLE, since, until)


async def tiers(tx: Transaction) -> Rows:
    """How many are on which plan now."""
    return await _all(tx, _TIERS)


async def costs(tx: Transaction, since: datetime, until: datetime) -> Rows:
    """What calls of providers cost, the dearest first."""
    return await _all(tx, _COSTS, since, until)


async def scores(tx: Transaction, since: datetime, until: datetime) -> Rows:
    """How many results were given which whole score, by step."""
    return await _all(tx, _SCORES, since, until)


async def health(tx: Transaction, since: datetime, until: datetime) -> Rows:
    """The last that was said of each provider that changed, and how often it did."""
    return await _all(tx, _HEALTH, since, until)


async def paid(tx: Transaction, since: datetime, until: datetime) -> Rows:
    """What was paid, by currency."""
    return await _all(tx, _PAID, since, until)


async def recent(tx: Transaction, limit: int) -> Rows:
    """The newest runs."""
    return await _all(tx, _RECENT, limit)


async def days(tx: Transaction, since: date, until: date, measures: list[str], line: str | None) -> Rows:
    """Measures by day."""
    return await _all(tx, _DAYS, since, until, measures, line)


async def active(tx: Transaction, since: date, until: date, line: str | None) -> Rows:
    """How many people did anything, by day."""
    return await _all(tx, _ACTIVE, since, until, line)


async def active_in_all(tx: Transaction, since: date, until: date, line: str | None) -> int:
    """How many people did anything in a period."""
    return int((await _one(tx, _ACTIVE_IN_ALL, since, until, line))["people"])


async def funnel(tx: Transaction, since: datetime, until: datetime, line: str | None) -> dict[str, int]:
    """Of those who registered in a period, how many have come how far."""
    return await _one(tx, _FUNNEL, since, until, line)


async def providers(tx: Transaction, since: date, until: date) -> Rows:
    """What providers did, by capability and measure."""
    return await _all(tx, _PROVIDERS, since, until)


async def cohorts(tx: Transaction, since: datetime, line: str | None) -> tuple[Rows, Rows]:
    """How many registered in each month, and how many of them were here in which month."""
    return await _all(tx, _COHORT_SIZES, since, line), await _all(tx, _COHORTS, since, line)


async def revenue(tx: Transaction, since: datetime, until: datetime, line: str | None) -> Rows:
    """What was paid, by month, product line and currency."""
    return await _all(tx, _REVENUE, since, until, line)


async def recurring(tx: Transaction, line: str | None) -> Rows:
    """What running subscriptions bring a month, in the currency's smallest unit."""
    return await _all(tx, _RECURRING, line)


async def behaviour(tx: Transaction, since: datetime, until: datetime, line: str | None) -> Rows:
    """What clients told, by event and page, the commonest first."""
    return await _all(tx, _BEHAVIOUR, since, until, line)


async def uptime(tx: Transaction, since: datetime, until: datetime) -> Rows:
    """How services were that were looked at."""
    return await _all(tx, _UPTIME, since, until)


async def cost_in_all(tx: Transaction, since: date, until: date) -> Decimal:
    """What AI work cost in a period, in rupees."""
    rows = await days(tx, since, until, ["cost"], None)
    return sum((row["amount"] for row in rows), Decimal(0))


async def _all(tx: Transaction, query: str, *arguments: Any) -> Rows:
    return [dict(row) for row in await tx.fetch(query, *arguments)]


async def _one(tx: Transaction, query: str, *arguments: Any) -> dict[str, Any]:
    row = await tx.fetchrow(query, *arguments)
    return dict(row) if row is not None else {}
