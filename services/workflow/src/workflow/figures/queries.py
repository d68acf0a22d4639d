"""What workflow's rows tell ``/metrics``: open runs and where they are, files."""

from __future__ import annotations

from prometheus_client import Gauge

from chassis.observe.metrics import REGISTRY
from chassis.work.figures import Figure

RUNS_OPEN = Gauge("workflow_runs_open", "Runs that have not ended.", ("workflow_type", "status"), registry=REGISTRY)
RUNS_OLDEST_SECONDS = Gauge(
    "workflow_runs_oldest_seconds", "Age of the oldest of them.", ("workflow_type", "status"), registry=REGISTRY
)
RUNS_OVERDUE_SECONDS = Gauge(
    "workflow_runs_overdue_seconds",
    "For how long the one that is latest should have ended, by its own deadline.",
    ("workflow_type", "status"),
    registry=REGISTRY,
)
RUNS_PARKED = Gauge("workflow_runs_parked_now", "Runs that wait for an operator.", registry=REGISTRY)
STEPS_OPEN = Gauge(
    "workflow_steps_open",
    "Steps under way, by definition.",
    ("definition", "step"),
    registry=REGISTRY,
)
FILES = Gauge("workflow_files", "Files that are kept.", ("product_line",), registry=REGISTRY)
FILE_BYTES = Gauge("workflow_file_bytes", "Their bytes.", ("product_line",), registry=REGISTRY)

FIGURES = (
    Figure(
        (RUNS_OPEN, RUNS_OLDEST_SECONDS, RUNS_OVERDUE_SECONDS),
        # Whoever is past its end should have been woken by then: of all others the state is not looked into.
        "SELECT workflow_type, status, count(*), extract(epoch FROM now() - min(created_at)), "
        "max(CASE WHEN coalesce(wake_at, '-infinity') < now() THEN greatest(0, extract(epoch FROM now() - greatest("
        "(state::json ->> 'ends_by')::timestamptz, (state::json ->> 'undo_by')::timestamptz))) ELSE 0 END) FROM runs "
        "WHERE status = 'pending' OR status = 'processing' GROUP BY workflow_type, status",
    ),
    Figure((RUNS_PARKED,), "SELECT count(parked_reason) FROM runs WHERE status = 'processing'"),
    Figure(
        (STEPS_OPEN,),
        # As many as a platform has under way, and no more than tells something: that it piles up shows below too.
        "SELECT definition, step.key, count(*) "
        "FROM (SELECT definition, state FROM runs WHERE status = 'processing' LIMIT 2000) AS run, "
        "json_each(run.state::json -> 'steps') AS step WHERE step.value ->> 'status' = 'running' GROUP BY 1, 2",
    ),
    Figure((FILES, FILE_BYTES), "SELECT product_line, count(*), sum(file_size) FROM files GROUP BY 1", seldom=True),
)
