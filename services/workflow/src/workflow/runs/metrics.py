"""What is counted about runs, and logged of the same."""

from __future__ import annotations

import structlog
from prometheus_client import Counter, Gauge, Histogram

from chassis.observe.metrics import REGISTRY
from contracts.enums import TALKING_PHOTO_TYPES, WorkflowType
from contracts.message import Event
from contracts.workflow import RunCancelled, RunCompleted, RunFailed

log = structlog.get_logger(__name__)

TARGETS_S = {
    **dict.fromkeys(TALKING_PHOTO_TYPES, 30.0),
    WorkflowType.CLIP_TRIM: 60.0,
    WorkflowType.CLIP_AUTO_HOOKS: 900.0,
    WorkflowType.FILM_VIDEO: 3600.0,
}
"""A result should take no longer: a talking photo by WFL-28 and OBS-10, the others as their longest take here."""

RUNS_ENDED = Counter("workflow_runs_ended", "Runs that reached an end.", ("status",), registry=REGISTRY)
for _status in ("completed", "failed", "cancelled"):
    # At zero from the start: what has not happened yet is a figure too.
    RUNS_ENDED.labels(_status)
RUNS_SLOW = Counter(
    "workflow_runs_slow", "Completed runs that took longer than the target.", ("workflow_type",), registry=REGISTRY
)
RUNS_WARNED = Counter("workflow_runs_warned", "Runs that completed with a warning.", registry=REGISTRY)
RUNS_PARKED = Counter("workflow_runs_parked", "Runs that wait for a person.", registry=REGISTRY)
RUN_SECONDS = Histogram(
    "workflow_run_seconds",
    "From the order to the result.",
    ("workflow_type",),
    buckets=(0.1, 1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 7200.0),
    registry=REGISTRY,
)
RUN_TARGET_SECONDS = Gauge(
    "workflow_run_target_seconds", "How long one should take at most.", ("workflow_type",), registry=REGISTRY
)
for _type, _target in TARGETS_S.items():
    RUNS_SLOW.labels(_type)
    RUN_SECONDS.labels(_type)
    RUN_TARGET_SECONDS.labels(_type).set(_target)


def count(event: Event) -> None:
    """Count and log the end of a run; other events are neither."""
    match event:
        case RunCompleted(workflow_type=kind, seconds=seconds, warnings=warnings):
            log.info("run.ended", status="completed", ms=round(seconds * 1000), warnings=len(warnings))
            RUNS_ENDED.labels("completed").inc()
            RUN_SECONDS.labels(kind).observe(seconds)
            if seconds > TARGETS_S[kind]:
                RUNS_SLOW.labels(kind).inc()
            if warnings:
                RUNS_WARNED.inc()
        case RunFailed(step=step, code=code):
            log.warning("run.ended", status="failed", step=step, code=code)
            RUNS_ENDED.labels("failed").inc()
        case RunCancelled(step=step):
            log.info("run.ended", status="cancelled", step=step)
            RUNS_ENDED.labels("cancelled").inc()
        case _:
            pass
