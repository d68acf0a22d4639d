"""What is counted of uploads."""

from __future__ import annotations

from prometheus_client import Counter

from chassis.observe.metrics import REGISTRY

UPLOADS_ENDED = Counter(
    "youtube_uploads_ended", "Uploads to YouTube that ended, by how.", ("status",), registry=REGISTRY
)
for _status in ("complete", "failed"):
    # At zero from the start: what has not happened yet is a figure too.
    UPLOADS_ENDED.labels(_status)
