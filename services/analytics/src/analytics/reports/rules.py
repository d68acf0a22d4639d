"""Shares, growth, recommendations, projections: each formula with its source. Pure, in ``Decimal``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
TENTH = Decimal("0.1")

RUNS_A_USER = Decimal(5)
"""A month: 500 users, 2,500 workflows (ANL-14)."""
COST_A_RUN = Decimal("0.50")
"""Rupees, as assumed (ANL-15) while nothing has been measured."""
SCENARIOS = ((500, Decimal(0)), (2_000, Decimal(5_000)), (10_000, Decimal(25_000)))
"""Users, and rupees of infrastructure a month (ANL-14)."""
AI_SCENARIOS = (500, 5_000, 50_000)
"""Users (ANL-15)."""
TARGETS = (("8 weeks", Decimal(750_000)), ("then", Decimal(5_000_000)), ("after that", Decimal(10_000_000)))
"""Rupees of recurring revenue a month (MET-06); reported, not enforced."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do when a figure is above a limit (ANL-13). ``measured`` is None where events do not tell it."""

    figure: str
    limit: Decimal
    measured: Decimal | None
    unit: str
    advice: str
    priority: str
    effort: str
    expense: str

    @property
    def due(self) -> bool:
        """Whether it is time."""
        return self.measured is not None and self.measured > self.limit


def advice(people_here: int, ai_cost_a_month: Decimal, growth: Decimal | None) -> list[Advice]:
    """ANL-13's table against what was measured. Times of answers and statements are not told by events."""
    return [
        Advice(
            "people here at a time",
            Decimal(500),
            Decimal(people_here),
            "people",
            "Put several replicas behind a load balancer.",
            "high",
            "1 to 2 weeks",
            "₹2,000 to 5,000 a month",
        ),
        Advice(
            "average response",
            Decimal(2_000),
            None,
            "ms",
            "Cache in Redis. The figure is on the dashboard Performance.",
            "high",
            "1 week",
            "₹1,000 a month",
        ),
        Advice(
            "database statement",
            Decimal(500),
            None,
            "ms",
            "Better statements and indexes. The figure is on the dashboard Performance.",
            "medium",
            "2 to 3 weeks",
            "none",
        ),
        Advice(
            "AI cost",
            Decimal(10_000),
            ai_cost_a_month,
            "rupees a month",
            "Negotiate bulk prices: 20 to 40 percent less.",
            "medium",
            "weeks",
            "none",
        ),
        Advice(
            "growth",
            Decimal(50),
            growth,
            "percent a month",
            "Split services further: 10 times the capacity.",
            "high",
            "6 to 9 months",
            "₹5 to 10 lakh",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Projection:
    """A month with so many users. ``ai`` = runs x cost of a run; ``total`` = ``infrastructure`` + ``ai``."""

    users: int
    runs: int
    infrastructure: Decimal | None
    ai: Decimal
    total: Decimal | None


def projection(users: int, infrastructure: Decimal | None, runs_a_user: Decimal, cost_a_run: Decimal) -> Projection:
    """Runs = users x runs a user; AI = runs x cost of a run."""
    runs = int((users * runs_a_user).to_integral_value(ROUND_HALF_UP))
    ai = (runs * cost_a_run).quantize(CENT, ROUND_HALF_UP)
    return Projection(users, runs, infrastructure, ai, None if infrastructure is None else infrastructure + ai)


def share(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """Percent, to a tenth; None of nothing."""
    return (Decimal(100) * part / whole).quantize(TENTH, ROUND_HALF_UP) if whole else None


def change(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | None:
    """By how many percent it is more than it was; None where there was nothing."""
    return share(Decimal(now) - Decimal(before), Decimal(before)) if now is not None and before else None


def success_rate(completed: int, total: int) -> Decimal:
    """Completed / max(total, 1) x 100 (OBS-23)."""
    return (Decimal(100) * completed / max(total, 1)).quantize(TENTH, ROUND_HALF_UP)


def distribution(rows: Iterable[tuple[int, int, Decimal]]) -> tuple[dict[str, int], Decimal | None]:
    """Of (whole score, results, their sum): results by score from 0 to 10, and the mean."""
    spread = {str(score): 0 for score in range(11)}
    number, total = 0, Decimal(0)
    for score, results, added in rows:
        spread[str(score)] += results
        number, total = number + results, total + added
    return spread, (total / number).quantize(CENT, ROUND_HALF_UP) if number else None
