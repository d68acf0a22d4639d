"""Grafana's dashboards, as data; ``python -m deploy.tools.dashboards`` writes them into ``deploy/grafana/dashboards``.

Built with Grafana's own library, so the files have its schema's form. A test writes them again and compares, looks up
every metric they name in the code, and asks a real Prometheus for every query while the platform runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FOLDER = Path(__file__).parents[1] / "grafana" / "dashboards"
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")

SECONDS, PERCENT, RUPEES, RATE, NUMBER, BYTES = "s", "percentunit", "currencyINR", "reqps", "short", "bytes"


@dataclass(frozen=True)
class Panel:
    """One figure. ``queries``: expression by legend. ``red``: from where on it is bad (below it, where ``low``)."""

    kind: str
    title: str
    queries: dict[str, str]
    unit: str = NUMBER
    red: float | None = None
    low: bool = False
    words: str = ""


@dataclass(frozen=True)
class Board:
    """One dashboard. ``variables``: query by name, whose values panels use as ``$name``."""

    uid: str
    title: str
    words: str
    panels: Sequence[Panel]
    variables: dict[str, str]


def number(title: str, expression: str, unit: str = NUMBER, **more: Any) -> Panel:
    """One figure, large."""
    return Panel("stat", title, {"": expression}, unit, **more)


def lines(title: str, queries: dict[str, str], unit: str = NUMBER, **more: Any) -> Panel:
    """Figures over time."""
    return Panel("timeseries", title, queries, unit, **more)


def bars(title: str, legend: str, expression: str, unit: str = NUMBER, **more: Any) -> Panel:
    """How many of each, now."""
    return Panel("bargauge", title, {legend: expression}, unit, **more)


def rows(title: str, expression: str, unit: str = NUMBER, **more: Any) -> Panel:
    """A table of labels and a value."""
    return Panel("table", title, {"": expression}, unit, **more)


def told(event: str, over: str = "1d") -> str:
    """How often something was told in the last while."""
    return f'sum(increase(messages_published_total{{type="{event}"}}[{over}]))'


def none(expression: str) -> str:
    """The expression, or 0 while there is nothing of it."""
    return f"{expression} or on() vector(0)"


REQUESTS = 'http_requests_total{service=~"$service"}'
_SUCCESS = "runs:success_ratio1h or on() vector(1)"

BOARDS = (
    Board(
        "system",
        "System",
        "Is it well? Start here (OBS-21).",
        (
            number("Processes that answer", 'sum(up{job="talkingphoto"})'),
            number("Processes that do not", 'count(up{job="talkingphoto"} == 0) or vector(0)', red=1),
            number("Requests a second", 'sum(service:http_requests:rate5m{service="gateway"})', RATE),
            number(
                "Errors of ours",
                'slo:errors:ratio5m{objective="availability", service="gateway"} or on() vector(0)',
                PERCENT,
                red=0.001,
            ),
            number("Alerts", 'count(ALERTS{alertstate="firing", severity=~"warning|critical"}) or vector(0)', red=1),
            number("Dead letters", none('sum(queue:depth:max{queue=~".*[.]dead"})'), red=1),
            bars("Answer, on average", "{{service}}", "service:http_request_seconds:mean5m", SECONDS, red=2.0),
            bars("Errors of ours", "{{service}}", 'slo:errors:ratio5m{objective="availability"}', PERCENT, red=0.001),
            bars("Budget left of three days", "{{service}} {{objective}}", "slo:budget_left:ratio3d", PERCENT),
            number("Workflows in 24 hours", "sum(increase(workflow_runs_ended_total[1d]))"),
            number(
                "Success rate in 24 hours",
                'sum(increase(workflow_runs_ended_total{status="completed"}[1d])) '
                "/ clamp_min(sum(increase(workflow_runs_ended_total[1d])), 1)",
                PERCENT,
                red=0.95,
                low=True,
                words="Completed of all that ended (OBS-23).",
            ),
            number("New users in 24 hours", told("users.user_registered.v1")),
            number("Payments in 24 hours", told("billing.payment_succeeded.v1")),
            lines("CPU", {"{{process}} {{instance}}": "process:cpu_used:ratio"}, PERCENT, red=0.8),
            lines("Memory", {"{{process}} {{instance}}": "process:memory_used:ratio"}, PERCENT, red=0.85),
            lines("Disk", {"{{process}} {{instance}}": "process:disk_used:ratio"}, PERCENT, red=0.9),
            lines(
                "Log lines lost in 15 minutes",
                {"{{process}} {{instance}}": "sum by (process, instance) (increase(log_lines_lost_total[15m]))"},
            ),
            lines(
                "Network",
                {
                    "{{process}} {{direction}}": "sum by (process, direction) "
                    "(rate(machine_network_bytes_total[$__rate_interval]))"
                },
                "Bps",
            ),
            rows("What is firing", 'ALERTS{alertstate="firing"} or on() vector(0)', words="Each leads to its runbook."),
        ),
        {},
    ),
    Board(
        "performance",
        "Performance",
        "How fast, and what is short (OBS-22).",
        (
            number("People here", "max(users_sessions_used)", words="Sessions used within a quarter of an hour."),
            number("Streams open", "sum(live_streams)"),
            number("Answer, on average", 'service:http_request_seconds:mean5m{service="gateway"}', SECONDS, red=2.0),
            number("Answer, 95 of 100", 'service:http_request_seconds:p95_5m{service="gateway"}', SECONDS, red=0.5),
            number("AI cost today", "max(ai_cost_today_rupees)", RUPEES),
            number("Success rate", _SUCCESS, PERCENT, red=0.95, low=True),
            lines("Answer, 95 of 100", {"{{service}}": "service:http_request_seconds:p95_5m"}, SECONDS, red=0.5),
            lines(
                "Database statement, 95 of 100", {"{{service}}": "service:database_statement_seconds:p95_5m"}, SECONDS
            ),
            lines(
                "Database connections in use",
                {
                    "{{service}}": 'sum by (service) (pool_connections{state="in_use"})',
                    "{{service}}, at most": "sum by (service) (pool_connections_most)",
                },
            ),
            lines(
                "Calls of services and of the store, 95 of 100",
                {
                    "{{dependency}}": "histogram_quantile(0.95, sum by (dependency, le) "
                    # No calls for five minutes are no number.
                    "(rate(dependency_call_seconds_bucket[5m]))) >= 0 or on() vector(0)"
                },
                SECONDS,
            ),
            lines(
                "Found in a cache",
                {
                    "{{cache}}": 'sum by (cache) (rate(cache_requests_total{result="hit"}[5m])) '
                    "/ (sum by (cache) (rate(cache_requests_total[5m])) > 0) or on() vector(0)"
                },
                PERCENT,
            ),
            lines("Requests under way", {"{{service}}": "sum by (service) (http_requests_in_progress)"}),
            bars(
                "AI work in an hour",
                "{{provider}}",
                none("sum by (provider) (increase(ai_provider_calls_total[1h]))"),
            ),
            lines("CPU", {"{{process}}": "process:cpu_used:ratio"}, PERCENT, red=0.8),
            lines("Memory", {"{{process}}": "process:memory_used:ratio"}, PERCENT, red=0.85),
            rows("Routes that take longest", "topk(10, sum by (service, route) (rate(http_request_seconds_sum[5m])))"),
        ),
        {},
    ),
    Board(
        "workflows",
        "Workflows",
        "What is being made, where it waits, how it ends.",
        (
            number("Under way", none('sum(max by (workflow_type) (workflow_runs_open{status="processing"}))')),
            number("Waiting for a place", none('sum(max by (workflow_type) (workflow_runs_open{status="pending"}))')),
            number("Oldest", none("max(workflow_runs_oldest_seconds)"), SECONDS),
            number("Past its deadline", none("max(workflow_runs_overdue_seconds)"), SECONDS, red=300),
            number("Wait for an operator", "max(workflow_runs_parked_now)", red=1),
            number("Success rate of an hour", _SUCCESS, PERCENT, red=0.95, low=True),
            number("With a warning, in an hour", "sum(increase(workflow_runs_warned_total[1h]))"),
            bars(
                "Slower than the target, in an hour",
                "{{workflow_type}}",
                "sum by (workflow_type) (increase(workflow_runs_slow_total[1h]))",
            ),
            number("Put aside for an operator, in a day", "sum(increase(workflow_runs_parked_total[1d]))"),
            number("Oldest job", none("max(ai_jobs_oldest_seconds)"), SECONDS),
            lines(
                "Ended, a minute",
                {"{{status}}": "60 * sum by (status) (rate(workflow_runs_ended_total[$__rate_interval]))"},
            ),
            lines(
                "From the order to the result",
                {
                    "{{workflow_type}}, half": "histogram_quantile(0.5, sum by (workflow_type, le) "
                    "(rate(workflow_run_seconds_bucket[15m])))",
                    "{{workflow_type}}, 95 of 100": "histogram_quantile(0.95, sum by (workflow_type, le) "
                    "(rate(workflow_run_seconds_bucket[15m])))",
                    "{{workflow_type}}, at most": "max by (workflow_type) (workflow_run_target_seconds)",
                },
                SECONDS,
            ),
            bars("Steps under way", "{{definition}} {{step}}", none("max by (definition, step) (workflow_steps_open)")),
            bars("Jobs under way", "{{capability}} {{status}}", none("max by (capability, status) (ai_jobs_open)")),
            lines(
                "Gates: what judges gave, half of the results",
                {
                    "{{capability}}": "histogram_quantile(0.5, sum by (capability, le) "
                    "(rate(ai_result_score_bucket[1h])))"
                },
            ),
            lines(
                "Orders and ends, a minute",
                {
                    "{{type}}": "60 * sum by (type) "
                    '(rate(messages_published_total{type=~"workflow.run_(created|completed|failed|cancelled).v1"}[5m]))'
                },
            ),
            bars(
                "Work nobody has taken up",
                "{{service}} {{kind}}",
                none("max by (service, kind) (work_waiting)"),
            ),
            lines(
                "Places for work",
                {"{{kind}} {{state}}": "sum by (kind, state) (work_items)"},
            ),
            lines(
                "Exports, an hour",
                {
                    "{{type}}": "sum by (type) "
                    '(increase(messages_published_total{type=~"export.(rendition|kit)_.*"}[1h]))'
                },
            ),
            lines(
                "Uploads to YouTube, an hour",
                {"{{status}}": "sum by (status) (increase(youtube_uploads_ended_total[1h]))"},
            ),
            bars("Files kept", "{{product_line}}", none("max by (product_line) (workflow_files)")),
            bars("Bytes kept", "{{product_line}}", none("max by (product_line) (workflow_file_bytes)"), BYTES),
        ),
        {},
    ),
    Board(
        "money",
        "Money",
        "Held, spent, paid.",
        (
            number("Reservations open", "max(billing_holds_open)"),
            number("Credits held", "max(billing_credits_held)"),
            number("Oldest reservation", "max(billing_holds_oldest_seconds)", SECONDS),
            number("Held past their time", "max(billing_holds_overdue)", red=1),
            number("AI cost today", "max(ai_cost_today_rupees)", RUPEES),
            number(
                "Of what it may cost",
                "max(ai_cost_today_rupees) / clamp_min(max(ai_cost_limit_rupees), 1)",
                PERCENT,
                red=0.8,
            ),
            lines(
                "Cost, rupees an hour",
                {"{{provider}}": none("sum by (provider) (increase(ai_provider_cost_rupees_total[1h]))")},
                RUPEES,
            ),
            lines(
                "Reservations, a minute",
                {
                    "{{type}}": "60 * sum by (type) (rate(messages_published_total"
                    '{type=~"billing.(credits_reserved|reservation_refused|credits_captured|credits_released).v1"}[5m]))'
                },
            ),
            lines(
                "Payments, an hour",
                {"{{type}}": 'sum by (type) (increase(messages_published_total{type=~"billing.payment_.*"}[1h]))'},
            ),
            lines(
                "Reports of the payment processor, an hour",
                {"{{result}}": "sum by (result) (increase(payment_webhooks_total[1h]))"},
            ),
            lines(
                "Subscriptions, a day",
                {"{{type}}": 'sum by (type) (increase(messages_published_total{type=~"billing.subscription_.*"}[1d]))'},
            ),
            bars("Accounts", "{{product_line}} {{plan}}", none("max by (product_line, plan) (billing_accounts)")),
            bars(
                "Subscriptions",
                "{{product_line}} {{status}}",
                none("max by (product_line, status) (billing_subscriptions)"),
            ),
            bars(
                "Credits on accounts",
                "{{product_line}} {{plan}}",
                none("max by (product_line, plan) (billing_credits)"),
            ),
        ),
        {},
    ),
    Board(
        "providers",
        "Providers",
        "Who does the AI work, how well, how fast, for how much.",
        (
            bars(
                "Outside providers that are up",
                "{{provider}}",
                "max by (provider) (ai_provider_healthy) "
                'or label_replace(vector(1), "provider", "none but local", "", "")',
                words="1 when the last check succeeded.",
            ),
            number("Fell back in an hour", told("ai_router.fallback_used.v1", "1h")),
            number("Answered from the cache in an hour", none("sum(increase(ai_result_cache_hits_total[1h]))")),
            number("Cost today", "max(ai_cost_today_rupees)", RUPEES),
            lines(
                "Calls, a minute",
                {"{{provider}}": "60 * sum by (provider) (rate(ai_provider_calls_total[$__rate_interval]))"},
            ),
            lines("Calls that failed", {"{{provider}}": "provider:calls:failure_ratio15m"}, PERCENT, red=0.5),
            lines(
                "Call, half",
                {
                    "{{provider}} {{capability}}": "histogram_quantile(0.5, sum by (provider, capability, le) "
                    "(rate(ai_provider_call_seconds_bucket[15m])))"
                },
                SECONDS,
            ),
            lines(
                "Call, 95 of 100",
                {
                    "{{provider}} {{capability}}": "histogram_quantile(0.95, sum by (provider, capability, le) "
                    "(rate(ai_provider_call_seconds_bucket[15m])))"
                },
                SECONDS,
                red=30.0,
            ),
            lines(
                "How calls ended, an hour",
                {"{{outcome}}": "sum by (outcome) (increase(ai_provider_calls_total[1h]))"},
            ),
            lines(
                "Jobs, an hour",
                {"{{capability}} {{status}}": "sum by (capability, status) (increase(ai_jobs_ended_total[1h]))"},
            ),
            lines(
                "Cost, rupees an hour",
                {"{{provider}}": none("sum by (provider) (increase(ai_provider_cost_rupees_total[1h]))")},
                RUPEES,
            ),
        ),
        {},
    ),
    Board(
        "messaging",
        "Messaging",
        "Between the services: what waits, how long, what was given up.",
        (
            number("Waiting", 'sum(queue:depth:max{queue!~".*[.]dead"})', red=1000),
            number("Dead letters", none('sum(queue:depth:max{queue=~".*[.]dead"})'), red=1),
            number("In outboxes", "sum(outbox_pending)"),
            number("Oldest in an outbox", "max(outbox_oldest_seconds)", SECONDS, red=60),
            lines("Waiting", {"{{queue}}": 'queue:depth:max{queue!~".*[.]dead"}'}),
            lines("Age when taken up, 95 of 100", {"{{queue}}": "queue:message_wait_seconds:p95_5m"}, SECONDS, red=60),
            lines(
                "Handled, a second",
                {"{{queue}}": "sum by (queue) (rate(messages_handled_total[$__rate_interval]))"},
                RATE,
            ),
            lines(
                "A batch, 95 of 100",
                {"{{queue}}": "histogram_quantile(0.95, sum by (queue, le) (rate(message_seconds_bucket[5m])))"},
                SECONDS,
            ),
            lines(
                "Published, a second",
                {"{{service}}": "sum by (service) (rate(messages_published_total[$__rate_interval]))"},
                RATE,
            ),
            lines(
                "Tried again, given up, repeated: an hour",
                {
                    "{{queue}} again": "sum by (queue) (increase(messages_retried_total[1h]))",
                    "{{queue}} given up": "sum by (queue) (increase(messages_dead_lettered_total[1h]))",
                    "{{queue}} repeated": "sum by (queue) (increase(messages_repeated_total[1h]))",
                },
            ),
            rows("What was told in an hour", "topk(25, sum by (type) (increase(messages_published_total[1h])))"),
        ),
        {},
    ),
    Board(
        "business",
        "Business",
        "Who comes, what they make, what they pay (MET-07). Exact figures: GET /api/v1/analytics.",
        (
            number("New users, a day", told("users.user_registered.v1")),
            number("Logins, a day", told("users.user_logged_in.v1")),
            number("Orders, a day", told("workflow.run_created.v1")),
            number("Results, a day", told("workflow.run_completed.v1")),
            number("Payments, a day", told("billing.payment_succeeded.v1")),
            number("Accounts", none('sum(max by (active) (users_accounts{active="True"}))')),
            number("Erasures open", "max(users_erasures_open)"),
            lines(
                "The way, an hour",
                {
                    "registered": told("users.user_registered.v1", "1h"),
                    "verified": told("users.email_verified.v1", "1h"),
                    "uploaded": told("workflow.file_uploaded.v1", "1h"),
                    "ordered": told("workflow.run_created.v1", "1h"),
                    "completed": told("workflow.run_completed.v1", "1h"),
                    "paid": told("billing.payment_succeeded.v1", "1h"),
                },
            ),
            lines(
                "Logins, an hour",
                {
                    "{{type}}": "sum by (type) (increase(messages_published_total"
                    '{type=~"users.(user_logged_in|login_failed|user_locked|refresh_token_reused).v1"}[1h]))'
                },
            ),
            lines(
                "At the end of what a plan allows, a day",
                {"{{type}}": 'sum by (type) (increase(messages_published_total{type=~"billing.usage_limit_.*"}[1d]))'},
            ),
            lines(
                "Messages to users, an hour",
                {"{{type}}": 'sum by (type) (increase(messages_published_total{type=~"notify.notification_.*"}[1h]))'},
            ),
            lines(
                "Uploads, an hour",
                {
                    "taken": told("workflow.file_uploaded.v1", "1h"),
                    "not taken": 'sum(increase(http_requests_total{service="gateway", method="POST", '
                    'route=~"/api/v1/files.*", status=~"[45].."}[1h])) or vector(0)',
                },
            ),
            bars("Plans", "{{product_line}} {{plan}}", none("max by (product_line, plan) (billing_accounts)")),
        ),
        {},
    ),
    Board(
        "service",
        "One service",
        "Everything of one service.",
        (
            lines("Requests a second", {"{{status}}": f"sum by (status) (rate({REQUESTS}[$__rate_interval]))"}, RATE),
            lines(
                "Errors of ours",
                {"{{service}}": 'slo:errors:ratio5m{service=~"$service", objective="availability"}'},
                PERCENT,
            ),
            lines(
                "Answer, 95 of 100",
                {"{{service}}": 'service:http_request_seconds:p95_5m{service=~"$service"}'},
                SECONDS,
            ),
            rows(
                "Routes",
                'topk(20, sum by (service, method, route) (rate(http_requests_total{service=~"$service"}[5m])))',
                RATE,
            ),
            rows(
                "Routes, on average",
                'topk(20, sum by (service, route) (rate(http_request_seconds_sum{service=~"$service"}[5m])) '
                '/ sum by (service, route) (rate(http_request_seconds_count{service=~"$service"}[5m])))',
                SECONDS,
            ),
            lines(
                "Queues",
                {"{{queue}}": 'queue:depth:max{queue=~"($service)[.].*"}'},
            ),
            lines(
                "Messages handled, a second",
                {
                    "{{type}}": "sum by (type) "
                    '(rate(messages_handled_total{queue=~"($service)[.].*"}[$__rate_interval]))'
                },
                RATE,
            ),
            lines(
                "Messages published, a second",
                {"{{type}}": 'sum by (type) (rate(messages_published_total{service=~"$service"}[$__rate_interval]))'},
                RATE,
            ),
            lines("Outbox", {"{{service}}": 'sum by (service) (outbox_pending{service=~"$service"})'}),
            lines(
                "Database",
                {
                    "95 of 100": 'service:database_statement_seconds:p95_5m{service=~"$service"}',
                    "on average": 'sum by (service) (rate(database_statement_seconds_sum{service=~"$service"}[5m])) '
                    '/ sum by (service) (rate(database_statement_seconds_count{service=~"$service"}[5m]))',
                },
                SECONDS,
            ),
            lines(
                "Statements a second",
                {"{{service}}": 'sum by (service) (rate(database_statement_seconds_count{service=~"$service"}[5m]))'},
                RATE,
            ),
            lines("Connections", {"{{state}}": 'sum by (state) (pool_connections{service=~"$service"})'}),
            lines("Work waiting", {"{{kind}}": none('max by (kind) (work_waiting{service=~"$service"})')}),
        ),
        {"service": "label_values(http_requests_total, service)"},
    ),
)

_BUILDERS = {
    "stat": stat.Panel,
    "timeseries": timeseries.Panel,
    "bargauge": bargauge.Panel,
    "table": table.Panel,
}
_SIZE = {"stat": (4, 4), "timeseries": (8, 8), "bargauge": (8, 8), "table": (8, 12)}


def written(board: Board) -> str:
    """The file of a dashboard."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.words)
        .tags(["talkingphoto"])
        .readonly()
        .refresh("30s")
        .time("now-3h", "now")
        .timezone("browser")
    )
    for name, query in board.variables.items():
        built.with_variable(
            dashboard.QueryVariable(name).datasource(PROMETHEUS).query(query).include_all(True).all_value(".*")
        )
    for panel in board.panels:
        built.with_panel(_built(panel))
    made = json.loads(json.dumps(built.build(), cls=JSONEncoder))
    for panel in made["panels"]:
        # The library writes what was not said as null, which is no options' form.
        panel["options"] = panel["options"] or {}
    return f"{json.dumps(made, indent=2, ensure_ascii=False)}\n"


def expressions(board: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and expression of everything that a dashboard's file asks Prometheus for."""
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def _built(panel: Panel) -> Any:
    height, width = _SIZE[panel.kind]
    built = _BUILDERS[panel.kind]().title(panel.title).datasource(PROMETHEUS).height(height).span(width)
    built.unit(panel.unit).thresholds(_thresholds(panel))
    if panel.words:
        built.description(panel.words)
    for number_of, (legend, expression) in enumerate(panel.queries.items()):
        query = prometheus.Dataquery().expr(expression).ref_id(chr(ord("A") + number_of)).datasource(PROMETHEUS)
        if legend:
            query.legend_format(legend)
        if panel.kind == "timeseries":
            query.range()
        else:
            query.instant()
        if panel.kind == "table":
            query.format(PromQueryFormat.TABLE)
        built.with_target(query)
    if panel.kind == "timeseries":
        built.legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        built.fill_opacity(8)
    if panel.kind == "table":
        built.with_transformation(
            DataTransformerConfig(id_val="organize", options={"excludeByName": {"Time": True, "__name__": True}})
        )
    return built


def _thresholds(panel: Panel) -> Any:
    steps = [Threshold(value=None, color="red" if panel.red is not None and panel.low else "green")]
    if panel.red is not None:
        steps.append(Threshold(value=panel.red, color="green" if panel.low else "red"))
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for one in BOARDS:
        (FOLDER / f"{one.uid}.json").write_text(written(one), encoding="utf-8")
        print(FOLDER / f"{one.uid}.json")
