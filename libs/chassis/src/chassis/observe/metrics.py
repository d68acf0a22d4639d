"""What every service counts, in one registry per process (OBS-05). Labels take few values: routes, queues, codes."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
"""Everything this process shows at ``/metrics``; services add their own metrics to it."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_MESSAGE_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0)

HTTP_REQUESTS = Counter(
    "http_requests", "Requests answered.", ("service", "method", "route", "status"), registry=REGISTRY
)
HTTP_SECONDS = Histogram(
    "http_request_seconds",
    "Time from the request's first byte to the answer's last.",
    ("service", "method", "route"),
    buckets=_REQUEST_SECONDS,
    registry=REGISTRY,
)
HTTP_IN_PROGRESS = Gauge("http_requests_in_progress", "Requests not yet answered.", ("service",), registry=REGISTRY)

MESSAGES_HANDLED = Counter(
    "messages_handled", "Messages whose effect is committed.", ("queue", "type"), registry=REGISTRY
)
MESSAGES_REPEATED = Counter("messages_repeated", "Deliveries the inbox knew already.", ("queue",), registry=REGISTRY)
MESSAGES_RETRIED = Counter("messages_retried", "Messages put off to try again later.", ("queue",), registry=REGISTRY)
MESSAGES_DEAD_LETTERED = Counter("messages_dead_lettered", "Messages given up.", ("queue",), registry=REGISTRY)
MESSAGE_SECONDS = Histogram(
    "message_seconds",
    "Time to handle one batch of messages, commit included.",
    ("queue",),
    buckets=_MESSAGE_SECONDS,
    registry=REGISTRY,
)
MESSAGES_PUBLISHED = Counter("messages_published", "Messages the broker confirmed.", ("service",), registry=REGISTRY)
QUEUE_DEPTH = Gauge(
    "queue_depth",
    "Messages waiting for a consumer; with the suffix .dead, those given up that the broker keeps.",
    ("queue",),
    registry=REGISTRY,
)
OUTBOX_PENDING = Gauge("outbox_pending", "Outbox rows not yet confirmed.", ("service",), registry=REGISTRY)
OUTBOX_OLDEST_SECONDS = Gauge(
    "outbox_oldest_seconds",
    "Age of the oldest outbox row that its process left behind.",
    ("service",),
    registry=REGISTRY,
)
WORK_ITEMS = Gauge(
    "work_items", "Leased work: items running in this process, and room for more.", ("kind", "state"), registry=REGISTRY
)

POOL_CONNECTIONS = Gauge(
    "pool_connections", "Database connections, in use and idle.", ("service", "state"), registry=REGISTRY
)
CONNECTIONS_DISCARDED = Counter(
    "connections_discarded",
    "Database connections thrown away when given back or checked out, because they were not idle.",
    ("service", "when"),
    registry=REGISTRY,
)
CACHE_REQUESTS = Counter("cache_requests", "Look-ups in a cache.", ("cache", "result"), registry=REGISTRY)
RATE_LIMIT_DECISIONS = Counter("rate_limit_decisions", "Requests let through or not.", ("result",), registry=REGISTRY)
