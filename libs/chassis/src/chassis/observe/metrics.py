"""What every service counts, in one registry per process (OBS-05). Labels take few values: routes, queues, codes."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from chassis.observe.machine import MachineCollector

# When a counter began is told by the process' own start; the series would double what is stored.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
"""Everything this process shows at ``/metrics``; services add their own metrics to it."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
MachineCollector(registry=REGISTRY)

_REQUEST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_STATEMENT_SECONDS = (0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
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
MESSAGE_WAIT_SECONDS = Histogram(
    "message_wait_seconds",
    "From when a message was written to when a consumer took it up, tries after failures included.",
    ("queue",),
    buckets=_MESSAGE_SECONDS,
    registry=REGISTRY,
)
MESSAGES_PUBLISHED = Counter(
    "messages_published", "Messages the broker confirmed.", ("service", "type"), registry=REGISTRY
)
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

WORK_WAITING = Gauge(
    "work_waiting", "Leased work that is due and that nobody has taken up.", ("service", "kind"), registry=REGISTRY
)
WORK_OLDEST_SECONDS = Gauge(
    "work_oldest_seconds", "For how long the oldest of it has been due.", ("service", "kind"), registry=REGISTRY
)

STATEMENT_SECONDS = Histogram(
    "database_statement_seconds",
    "Time of one database statement, as its caller waits for it.",
    ("service",),
    buckets=_STATEMENT_SECONDS,
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "dependency_call_seconds",
    "Calls of other services and of the object store: answered, refused, or failed.",
    ("dependency", "outcome"),
    buckets=_REQUEST_SECONDS,
    registry=REGISTRY,
)
POOL_CONNECTIONS = Gauge(
    "pool_connections", "Database connections, in use and idle.", ("service", "state"), registry=REGISTRY
)
POOL_MOST = Gauge("pool_connections_most", "As many as may be open.", ("service",), registry=REGISTRY)
CONNECTIONS_DISCARDED = Counter(
    "connections_discarded",
    "Database connections thrown away when given back or checked out, because they were not idle.",
    ("service", "when"),
    registry=REGISTRY,
)
LOG_LINES_LOST = Counter(
    "log_lines_lost", "Log lines that standard output or the log file did not take.", registry=REGISTRY
)
CACHE_REQUESTS = Counter("cache_requests", "Look-ups in a cache.", ("cache", "result"), registry=REGISTRY)
RATE_LIMIT_DECISIONS = Counter("rate_limit_decisions", "Requests let through or not.", ("result",), registry=REGISTRY)
