"""What the AI router counts, and logs of the same. Labels take few values: providers, capabilities, outcomes."""

from __future__ import annotations

from functools import cache

import structlog
from prometheus_client import Counter, Gauge, Histogram

from chassis.observe.metrics import REGISTRY
from contracts.enums import Capability, Status

log = structlog.get_logger(__name__)

_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)

PROVIDER_CALLS = Counter(
    "ai_provider_calls",
    "Calls of providers that ended, by how: succeeded, or the failure class.",
    ("provider", "capability", "outcome"),
    registry=REGISTRY,
)
PROVIDER_SECONDS = Histogram(
    "ai_provider_call_seconds",
    "Time from choosing a provider to its judged result or failure.",
    ("provider", "capability"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
JOBS_ENDED = Counter("ai_jobs_ended", "Jobs that ended, by how.", ("capability", "status"), registry=REGISTRY)
SCORES = Histogram(
    "ai_result_score",
    "What judges gave to results, from 0 to 10.",
    ("capability",),
    buckets=(2.0, 4.0, 5.0, 6.0, 7.0, 7.5, 8.0, 8.5, 9.0, 9.5, 10.0),
    registry=REGISTRY,
)
CACHE_HITS = Counter("ai_result_cache_hits", "Jobs answered without work.", ("capability",), registry=REGISTRY)
COST = Counter("ai_provider_cost_rupees", "What calls of providers have cost.", ("provider",), registry=REGISTRY)
COST_TODAY = Gauge("ai_cost_today_rupees", "Cost of all calls since midnight UTC, as last read.", registry=REGISTRY)
COST_WARNING = Gauge("ai_cost_warning_rupees", "What operators are warned from.", registry=REGISTRY)
COST_LIMIT = Gauge("ai_cost_limit_rupees", "What AI work may cost in a day.", registry=REGISTRY)
PROVIDER_HEALTHY = Gauge("ai_provider_healthy", "1 when the last check succeeded.", ("provider",), registry=REGISTRY)


def job_ended(capability: Capability, status: Status, score: float | None = None) -> None:
    """Count and log a job that has ended, and how good its result is."""
    log.info("job.ended", capability=capability, status=status)
    _jobs_ended(capability, status).inc()
    if score is not None:
        _scores(capability).observe(score)


def call_ended(provider: str, capability: Capability, outcome: str, seconds: float) -> None:
    """Count and log a call that has ended and how long it took. ``outcome``: ``succeeded``, or the failure class."""
    log.info("provider.called", provider=provider, capability=capability, outcome=outcome, ms=round(seconds * 1000, 3))
    _calls(provider, capability, outcome).inc()
    _call_seconds(provider, capability).observe(seconds)


def may_be_called(provider: str, capability: Capability) -> None:
    """Show at zero what may be counted: the first call after a start would not be seen to have been one more."""
    _calls(provider, capability, "succeeded")
    _call_seconds(provider, capability)
    _scores(capability)


# Looking a counter up by its labels takes longer than counting.


@cache
def _jobs_ended(capability: Capability, status: Status) -> Counter:
    return JOBS_ENDED.labels(capability, status)


@cache
def _scores(capability: Capability) -> Histogram:
    return SCORES.labels(capability)


@cache
def _calls(provider: str, capability: Capability, outcome: str) -> Counter:
    return PROVIDER_CALLS.labels(provider, capability, outcome)


@cache
def _call_seconds(provider: str, capability: Capability) -> Histogram:
    return PROVIDER_SECONDS.labels(provider, capability)
