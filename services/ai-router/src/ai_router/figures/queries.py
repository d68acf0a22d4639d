"""What ai-router's rows tell ``/metrics``: open jobs."""

from __future__ import annotations

from prometheus_client import Gauge

from chassis.observe.metrics import REGISTRY
from chassis.work.figures import Figure

JOBS_OPEN = Gauge("ai_jobs_open", "Jobs that have not ended.", ("capability", "status"), registry=REGISTRY)
JOBS_OLDEST_SECONDS = Gauge(
    "ai_jobs_oldest_seconds", "Age of the oldest of them.", ("capability", "status"), registry=REGISTRY
)

FIGURES = (
    Figure(
        (JOBS_OPEN, JOBS_OLDEST_SECONDS),
        "SELECT job_type, status, count(*), extract(epoch FROM now() - min(created_at)) FROM ai_jobs "
        "WHERE status IN ('pending', 'processing') AND job_type IS NOT NULL GROUP BY 1, 2",
    ),
)
