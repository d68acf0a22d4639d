"""Dashboards and rules: what they name exists, every alert fires and ends, every one has a runbook."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from deploy.tools import dashboards, prometheus
from deploy.tools.observe import filled
from tests import compose_file

from chassis.observe.metrics import REGISTRY
from contracts.catalogue import MESSAGES
from talkingphoto_runner.layout import specs

REPOSITORY = compose_file.REPOSITORY
RULES = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in prometheus.RULES]
ALL = [rule for rules in RULES for group in rules["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in ALL if "alert" in rule}
RECORDED = {rule["record"] for rule in ALL if "record" in rule}

OF_PROMETHEUS = {"up", "ALERTS"}
OF_OPERATORS = {
    "certmanager_certificate_expiration_timestamp_seconds",
    "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp",
    "barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp",
    "cnpg_pg_replication_lag",
    "kube_job_status_failed",
}
"""What only a cluster has; allowed in ``cluster.yml`` alone."""

_WORDS = {"and", "or", "unless", "by", "on", "ignoring", "without", "group_left", "group_right", "bool", "offset"}


def names_in(expression: str) -> set[str]:
    """The metrics that an expression asks for."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]', " ", filled(expression).replace("$service", ""))
    bare = re.sub(r"\b(by|on|ignoring|without)\s*\([^)]*\)", " ", bare)
    return {
        found[0]
        for found in re.finditer(r"(?<![\w.:$])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])", bare)
        if found[0] not in _WORDS
    }


def declared() -> set[str]:
    """Every series that the processes may show."""
    specs()
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {f"{family.name}{end}" for family in REGISTRY.collect() for end in suffixes.get(family.type, ())}


def asked() -> Iterator[tuple[str, str]]:
    for file in sorted(dashboards.FOLDER.glob("*.json")):
        for title, expression in dashboards.expressions(json.loads(file.read_text(encoding="utf-8"))):
            yield f"{file.name}: {title}", expression
    for rule in ALL:
        yield rule.get("alert") or rule["record"], rule["expr"]


def test_every_metric_that_is_asked_for_exists() -> None:
    known = declared() | RECORDED | OF_PROMETHEUS
    unknown = {where: missing for where, expression in asked() if (missing := names_in(expression) - known)}
    assert set().union(*unknown.values()) == OF_OPERATORS
    [cluster] = [rules for rules in RULES if any(group["name"] == "certificates" for group in rules["groups"])]
    assert unknown.keys() == {rule["alert"] for group in cluster["groups"] for rule in group["rules"]}


OF_TARGETS = {"job", "instance", "process"}
"""Labels that Prometheus gives every series of a process."""

OF_ALERTS = {"alertname", "alertstate", "severity"}


def labels() -> dict[str, set[str]]:
    """Of every series that our processes may show and of every recorded one: the labels it may have."""
    specs()
    found = {"up": OF_TARGETS, "ALERTS": OF_TARGETS | OF_ALERTS}
    for collector in list(REGISTRY._collector_to_names):
        for family in collector.describe() if hasattr(collector, "describe") else collector.collect():
            names = set(getattr(collector, "_labelnames", ()) or getattr(family, "_labelnames", ())) | OF_TARGETS
            for end in ("", "_total", "_bucket", "_count", "_sum"):
                found[f"{family.name}{end}"] = names | ({"le"} if end == "_bucket" else set())
    for rule in ALL:
        if "record" in rule:
            grouped = {name for group in grouped_by(rule["expr"]) for name in group}
            found.setdefault(rule["record"], set()).update(grouped | set(rule.get("labels", {})))
    return found


def grouped_by(expression: str) -> list[set[str]]:
    """The labels that it adds up or joins by."""
    groups = re.findall(r"\b(?:by|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", expression)
    return [{name.strip() for name in group.split(",") if name.strip()} - {"le"} for group in groups]


def selected(expression: str) -> Iterator[tuple[str, str, str, str]]:
    """Metric, label, comparison and value of everything that it selects by."""
    for metric, inside in re.findall(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}", expression):
        for label, compares, value in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"', inside):
            yield metric, label, compares, value


def test_every_label_that_is_asked_for_is_one_of_the_metric() -> None:
    """A wrong one is no error to Prometheus: the expression is right and empty for ever."""
    known = labels()
    for where, expression in asked():
        if names_in(expression) & OF_OPERATORS:
            continue
        for metric, label, _, _ in selected(expression):
            assert label in known[metric], (where, metric, label)
        made = set(re.findall(r'label_replace\(.*?"(\w+)", "\$', expression))
        there = set().union(made, *(known[name] for name in names_in(expression)))
        for group in grouped_by(expression):
            assert group <= there, (where, group - there)


def test_every_message_that_is_asked_for_is_one() -> None:
    for where, expression in asked():
        for metric, label, compares, value in selected(expression):
            if metric.startswith("messages_") and label == "type":
                found = [name for name in MESSAGES if re.fullmatch(value, name)]
                assert found if compares == "=~" else value in MESSAGES, (where, value)


def test_a_wrong_label_is_found() -> None:
    assert list(selected('rate(x_total{a="b", c=~"d|e"}[5m])')) == [
        ("x_total", "a", "=", "b"),
        ("x_total", "c", "=~", "d|e"),
    ]
    assert grouped_by("sum by (a, le) (x) / on (b) group_left (c) y") == [{"a"}, {"b"}, {"c"}]
    assert "queue" in labels()["queue_depth"]
    assert "service" not in labels()["queue_depth"]
    assert "le" in labels()["http_request_seconds_bucket"]


def test_the_names_in_an_expression_are_found() -> None:
    expression = 'sum by (a, b) (rate(x_total{c="d_e", f=~"g"}[5m])) / on (h) group_left 2 * y:z > 0 or vector(0)'
    assert names_in(expression) == {"x_total", "y:z"}


def test_every_metric_of_ours_is_in_some_dashboard_or_rule() -> None:
    """What nobody looks at need not be counted."""
    specs()
    looked_at = set().union(*(names_in(expression) for _, expression in asked()))
    families = {family.name for family in REGISTRY.collect() if not family.name.startswith(("process_", "python_"))}
    seen = {re.sub("_(total|bucket|count|sum)$", "", name) for name in looked_at} | looked_at
    assert families - seen == set()


def test_the_dashboards_are_as_they_would_be_written() -> None:
    written = {f"{board.uid}.json": dashboards.written(board) for board in dashboards.BOARDS}
    assert {file.name: file.read_text(encoding="utf-8") for file in dashboards.FOLDER.glob("*")} == written


def test_grafana_is_given_every_dashboard_and_where_figures_are() -> None:
    provisioning = dashboards.FOLDER.parent / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"][0]
    assert (source["type"], source["uid"]) == (dashboards.PROMETHEUS.type_val, dashboards.PROMETHEUS.uid)
    [provider] = yaml.safe_load((provisioning / "dashboards" / "talkingphoto.yml").read_text())["providers"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"


def test_every_alert_says_how_bad_it_is_and_where_its_runbook_is() -> None:
    for name, rule in ALERTS.items():
        assert rule["labels"]["severity"] in ("warning", "critical", "none"), name
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}, name
        file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert anchor == name.lower()
        headings = re.findall(r"^## (\w+)$", (REPOSITORY / file).read_text(encoding="utf-8"), re.M)
        assert name in headings, f"{file} has nothing on {name}"
    told = {name: file for file in (REPOSITORY / "docs" / "runbooks").glob("*.md") for name in _headings(file)}
    assert told.keys() - ALERTS.keys() == set(), "runbooks of alerts that do not exist"


def _headings(file: Path) -> list[str]:
    return re.findall(r"^## ([A-Z]\w+[A-Z]\w+)$", file.read_text(encoding="utf-8"), re.M)


# What breaks: series and their values, one for each two minutes. All break for an hour and are well after it.
BROKEN = 30
STEADY = "0+100x100"


def counts(each: float, before: float = 0) -> str:
    """A counter that grows by so much a step for an hour, and then not any more."""
    return f"{before:g}+{each:g}x{BROKEN} {before + each * BROKEN:g}x60"


def is_(bad: float, good: float = 0) -> str:
    """A gauge that is bad for an hour."""
    return f"{bad:g}x{BROKEN} {good:g}x60"


def published(kind: str, values: str, service: str = "any") -> dict[str, str]:
    return {f'messages_published_total{{service="{service}", type="{kind}"}}': values}


_GATEWAY = 'service="gateway", method="GET", route="/api/v1/{rest}"'
_FILES = 'service="gateway", method="POST", route="/api/v1/files"'

CASES: dict[str, dict[str, str]] = {
    "ProcessDown": {'up{job="talkingphoto", process="notify"}': is_(0, 1)},
    "ErrorRateHigh": {
        f'http_requests_total{{{_GATEWAY}, status="200"}}': STEADY,
        f'http_requests_total{{{_GATEWAY}, status="503"}}': counts(10),
    },
    "ResponsesSlow": {
        'http_request_seconds_sum{service="users", route="/x"}': counts(300),
        'http_request_seconds_count{service="users", route="/x"}': counts(100),
    },
    "UploadsFail": {
        f'http_requests_total{{{_FILES}, status="201"}}': STEADY,
        f'http_requests_total{{{_FILES}, status="503"}}': counts(3),
    },
    "ClientsTurnedAway": {
        'rate_limit_decisions_total{result="allowed"}': STEADY,
        'rate_limit_decisions_total{result="refused"}': counts(50),
    },
    "DatabaseSlow": {
        'database_statement_seconds_bucket{service="users", le="1.0"}': counts(10),
        'database_statement_seconds_bucket{service="users", le="5.0"}': counts(100),
        'database_statement_seconds_bucket{service="users", le="+Inf"}': counts(100),
    },
    "PoolExhausted": {
        'pool_connections{service="users", state="in_use", instance="a"}': is_(15),
        'pool_connections_most{service="users", instance="a"}': is_(15, 15),
    },
    "ConnectionsThrownAway": {'connections_discarded_total{service="users", when="checked_out"}': counts(0.2)},
    "QueueBacklog": {'queue_depth{queue="export.commands"}': is_(2000)},
    "MessagesOld": {
        'message_wait_seconds_bucket{queue="export.commands", le="30.0"}': counts(1),
        'message_wait_seconds_bucket{queue="export.commands", le="120.0"}': counts(100),
        'message_wait_seconds_bucket{queue="export.commands", le="+Inf"}': counts(100),
    },
    "DeadLetters": {
        'queue_depth{queue="export.commands.dead"}': is_(1),
        'messages_dead_lettered_total{queue="export.commands"}': counts(0.1),
    },
    "OutboxBehind": {'outbox_oldest_seconds{service="users"}': is_(90)},
    "WorkOverdue": {'work_oldest_seconds{service="export", kind="export.kit"}': is_(900)},
    "RunsSlow": {
        'workflow_run_seconds_sum{workflow_type="product_demo"}': counts(450),
        'workflow_run_seconds_count{workflow_type="product_demo"}': counts(10),
        'workflow_run_target_seconds{workflow_type="product_demo"}': is_(30, 30),
    },
    "RunsFail": {
        'workflow_runs_ended_total{status="completed"}': STEADY,
        'workflow_runs_ended_total{status="failed"}': counts(30),
    },
    "RunsParked": {"workflow_runs_parked_now": is_(1)},
    "RunStuck": {'workflow_runs_overdue_seconds{workflow_type="product_demo", status="processing"}': is_(900)},
    "ProviderDown": {'ai_provider_healthy{provider="runway_act2"}': is_(0, 1)},
    "ProviderFails": {
        'ai_provider_calls_total{provider="runway_act2", capability="video_generation", outcome="succeeded"}': STEADY,
        'ai_provider_calls_total{provider="runway_act2", capability="video_generation", outcome="transient"}': counts(
            200
        ),
    },
    "FallbacksMany": {
        **published("ai_router.fallback_used.v1", counts(50), "ai_router"),
        'ai_jobs_ended_total{capability="video_generation", status="completed"}': STEADY,
    },
    "ProviderCallsSlow": {
        'ai_provider_call_seconds_bucket{capability="video_generation", provider="a", le="30.0"}': counts(1),
        'ai_provider_call_seconds_bucket{capability="video_generation", provider="a", le="60.0"}': counts(100),
        'ai_provider_call_seconds_bucket{capability="video_generation", provider="a", le="+Inf"}': counts(100),
    },
    "DailyCostNear": {
        "ai_cost_today_rupees": is_(4200),
        "ai_cost_warning_rupees": is_(4000, 4000),
        "ai_cost_limit_rupees": is_(5000, 5000),
    },
    "PaymentReportsUnreadable": {'payment_webhooks_total{result="unreadable"}': counts(0.1)},
    "PaymentReportsDoubtful": {'payment_webhooks_total{result="doubtful"}': counts(2)},
    "PaymentsFail": {
        **published("billing.payment_failed.v1", counts(1), "billing"),
        **published("billing.payment_succeeded.v1", counts(0.1), "billing"),
    },
    "HoldsOverdue": {"billing_holds_overdue": is_(2)},
    "NotificationsFail": published("notify.notification_failed.v1", counts(1), "notify"),
    "LoginsFail": {
        **published("users.login_failed.v1", counts(30), "users"),
        **published("users.user_logged_in.v1", counts(2), "users"),
    },
    "AccountsLocked": {"users_locked": is_(20)},
    "StolenTokens": published("users.refresh_token_reused.v1", counts(1), "users"),
    "AccessRefused": {'http_requests_total{service="workflow", route="/x", status="403"}': counts(40)},
    "MemoryShort": {
        'machine_memory_bytes{process="workflow-worker", instance="a", state="used"}': is_(90, 10),
        'machine_memory_bytes{process="workflow-worker", instance="a", state="free"}': is_(10, 90),
    },
    "CpuShort": {
        'machine_cpu_seconds_total{process="workflow-worker", instance="a"}': counts(230),
        'machine_cpus{process="workflow-worker", instance="a"}': is_(2, 2),
    },
    "DiskFull": {
        'machine_disk_bytes{process="workflow-worker", instance="a", state="used"}': is_(95, 10),
        'machine_disk_bytes{process="workflow-worker", instance="a", state="free"}': is_(5, 90),
    },
    "BackupFailed": {
        'barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp{namespace="tp"}': is_(100, 100),
        'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="tp"}': is_(1, 200),
    },
    "ReplicaLag": {'cnpg_pg_replication_lag{namespace="tp", pod="users-2"}': is_(60)},
    "JobFailed": {'kube_job_status_failed{namespace="tp", job_name="users-migrate"}': is_(1)},
}
"""What is broken, by alert."""

LONG: dict[str, dict[str, str]] = {
    "CertificateExpires": {
        'certmanager_certificate_expiration_timestamp_seconds{name="edge", namespace="tp"}': "1e6x23 1e7x9"
    },
    "BackupOld": {
        'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="tp"}': "-130000x23 5000x9"
    },
    "ErasuresWait": {"users_erasures_oldest_seconds": "90000x23 0x9"},
    "NothingScraped": {'up{job="talkingphoto", process="users"}': "_x23 1x9"},
    "DailyCostReached": {
        "ai_cost_today_rupees": "5000x23 0x9",
        "ai_cost_limit_rupees": "5000x32",
        "ai_cost_warning_rupees": "4000x32",
    },
}
"""Broken for an hour and a half, because they wait an hour before they speak; or at odds with one of the others."""


WELL: dict[str, str] = {
    'up{job="talkingphoto", process="notify"}': "1x200",
    'http_requests_total{service="gateway", method="POST", route="/api/v1/files", status="201"}': "0+500x200",
    'http_requests_total{service="gateway", method="POST", route="/api/v1/files", status="503"}': "0+0.2x200",
    'http_requests_total{service="gateway", method="GET", route="/api/v1/{rest}", status="200"}': "0+5000x200",
    'http_requests_total{service="gateway", method="GET", route="/api/v1/{rest}", status="403"}': "0+10x200",
    'http_request_seconds_sum{service="gateway", method="GET", route="/api/v1/{rest}"}': "0+400x200",
    'http_request_seconds_count{service="gateway", method="GET", route="/api/v1/{rest}"}': "0+5000x200",
    'http_request_seconds_bucket{service="gateway", method="GET", route="/api/v1/{rest}", le="0.5"}': "0+4900x200",
    'http_request_seconds_bucket{service="gateway", method="GET", route="/api/v1/{rest}", le="+Inf"}': "0+5000x200",
    'rate_limit_decisions_total{result="allowed"}': "0+5000x200",
    'rate_limit_decisions_total{result="refused"}': "0+100x200",
    'database_statement_seconds_bucket{service="users", le="0.1"}': "0+1000x200",
    'database_statement_seconds_bucket{service="users", le="+Inf"}': "0+1010x200",
    # Twenty of thirty: more than a smaller pool has.
    'pool_connections{service="users", state="in_use", instance="a"}': "20x200",
    'pool_connections_most{service="users", instance="a"}': "30x200",
    'connections_discarded_total{service="users", when="checked_out"}': "0x200",
    'queue_depth{queue="export.commands"}': "400x200",
    'queue_depth{queue="export.commands.dead"}': "0x200",
    'message_wait_seconds_bucket{queue="export.commands", le="30.0"}': "0+100x200",
    'message_wait_seconds_bucket{queue="export.commands", le="+Inf"}': "0+101x200",
    'messages_dead_lettered_total{queue="export.commands"}': "0x200",
    'outbox_oldest_seconds{service="users"}': "2x200",
    'work_oldest_seconds{service="export", kind="export.kit"}': "120x200",
    # Films take twenty minutes, and one of three hours is within its deadline; a photo takes eleven seconds.
    'workflow_run_seconds_sum{workflow_type="film_video"}': "0+2400x200",
    'workflow_run_seconds_count{workflow_type="film_video"}': "0+2x200",
    'workflow_run_target_seconds{workflow_type="film_video"}': "3600x200",
    'workflow_run_seconds_sum{workflow_type="product_demo"}': "0+110x200",
    'workflow_run_seconds_count{workflow_type="product_demo"}': "0+10x200",
    'workflow_run_target_seconds{workflow_type="product_demo"}': "30x200",
    'workflow_runs_oldest_seconds{workflow_type="film_video", status="processing"}': "10800x200",
    'workflow_runs_overdue_seconds{workflow_type="film_video", status="processing"}': "0x200",
    'workflow_runs_ended_total{status="completed"}': "0+100x200",
    'workflow_runs_ended_total{status="failed"}': "0+1x200",
    "workflow_runs_parked_now": "0x200",
    'ai_provider_healthy{provider="veo3"}': "1x200",
    'ai_provider_calls_total{provider="veo3", capability="video_generation", outcome="succeeded"}': "0+100x200",
    'ai_provider_calls_total{provider="veo3", capability="video_generation", outcome="transient"}': "0+10x200",
    'ai_provider_call_seconds_bucket{capability="video_generation", provider="veo3", le="30.0"}': "0+99x200",
    'ai_provider_call_seconds_bucket{capability="video_generation", provider="veo3", le="+Inf"}': "0+100x200",
    'ai_jobs_ended_total{capability="video_generation", status="completed"}': "0+100x200",
    "ai_cost_today_rupees": "1500x200",
    "ai_cost_warning_rupees": "4000x200",
    "ai_cost_limit_rupees": "5000x200",
    'payment_webhooks_total{result="unreadable"}': "0x200",
    'payment_webhooks_total{result="doubtful"}': "0+0.1x200",
    "billing_holds_overdue": "0x200",
    # Somebody wants to be forgotten at any time, and is within the minute.
    "users_erasures_open": "3x200",
    "users_erasures_oldest_seconds": "50x200",
    "users_locked": "2x200",
    'machine_memory_bytes{process="workflow-worker", instance="a", state="used"}': "60x200",
    'machine_memory_bytes{process="workflow-worker", instance="a", state="free"}': "40x200",
    'machine_cpu_seconds_total{process="workflow-worker", instance="a"}': "0+140x200",
    'machine_cpus{process="workflow-worker", instance="a"}': "2x200",
    'machine_disk_bytes{process="workflow-worker", instance="a", state="used"}': "60x200",
    'machine_disk_bytes{process="workflow-worker", instance="a", state="free"}': "40x200",
    'certmanager_certificate_expiration_timestamp_seconds{name="edge", namespace="tp"}': "1e7x200",
    'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="tp"}': "100x200",
    'barman_cloud_cloudnative_pg_io_last_failed_backup_timestamp{namespace="tp"}': "1x200",
    'cnpg_pg_replication_lag{namespace="tp", pod="users-2"}': "1x200",
    'kube_job_status_failed{namespace="tp", job_name="users-migrate"}': "0x200",
    **published("ai_router.fallback_used.v1", "0+5x200", "ai_router"),
    **published("billing.payment_failed.v1", "0+0.2x200", "billing"),
    **published("billing.payment_succeeded.v1", "0+5x200", "billing"),
    **published("notify.notification_failed.v1", "0+0.1x200", "notify"),
    **published("users.login_failed.v1", "0+3x200", "users"),
    **published("users.user_logged_in.v1", "0+40x200", "users"),
    **published("users.refresh_token_reused.v1", "0x200", "users"),
}
"""A platform with much to do, for six hours and a half: everything that alerts look at, and nothing is wrong."""


def burning(service: str, each: int, until: int) -> dict[str, str]:
    """Of a thousand requests a step so many go wrong, up to a step."""
    requests = f'http_requests_total{{service="{service}", route="/x"'
    return {
        f'{requests}, status="200"}}': "0+1000x400",
        f'{requests}, status="500"}}': f"0+{each}x{until} {each * until}x400",
    }


def test_no_alert_fires_while_all_are_busy_and_well(tmp_path: Path) -> None:
    given = {name.partition("{")[0] for name in WELL}
    for name, rule in ALERTS.items():
        asked_for, looked_at = names_in(rule["expr"]), set()
        while recorded := asked_for & RECORDED:
            looked_at |= recorded
            asked_for = (
                asked_for | names_in(" ".join(one["expr"] for one in ALL if one.get("record") in recorded))
            ) - (looked_at)
        assert asked_for <= given, (name, asked_for - given)
    firing = 'ALERTS{alertname!="Watchdog", alertstate="firing"}'
    group = {
        "interval": "2m",
        "input_series": [{"series": name, "values": values} for name, values in WELL.items()],
        "promql_expr_test": [
            {"expr": firing, "eval_time": f"{minutes}m", "exp_samples": []} for minutes in range(30, 400, 30)
        ]
        + [
            {
                "expr": 'count(ALERTS{alertname="Watchdog", alertstate="firing"})',
                "eval_time": "30m",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    }
    _passes(tmp_path, [group])


def test_a_dead_letter_is_one_alert_however_many_ways_it_is_seen(tmp_path: Path) -> None:
    group = _group("2m", {"DeadLetters": CASES["DeadLetters"]}, 29, 70)
    group["promql_expr_test"] = [
        {
            "expr": 'ALERTS{alertname="DeadLetters", alertstate="firing"}',
            "eval_time": "58m",
            "exp_samples": [
                {
                    "labels": 'ALERTS{alertname="DeadLetters", alertstate="firing", queue="export.commands.dead", '
                    'severity="warning"}',
                    "value": 1,
                }
            ],
        }
    ]
    _passes(tmp_path, [group])


def test_every_alert_fires_when_what_it_is_about_breaks_and_ends_when_it_is_well(tmp_path: Path) -> None:
    burns = {"BudgetBurnsVeryFast", "BudgetBurnsFast", "BudgetBurns", "BudgetBurnsSlowly"}
    assert CASES.keys() | LONG.keys() | burns | {"Watchdog"} == ALERTS.keys()
    groups = [
        _group("2m", CASES, 29, 70),
        _group("4m", LONG, 22, 30),
        _group("1m", {"BudgetBurnsVeryFast": burning("users", 20, 60)}, 50, 70),
        # No longer than five minutes: so old may a recorded figure be for the rule that reads it.
        _group("4m", {"BudgetBurnsFast": burning("users", 10, 30)}, 28, 40),
        _group("4m", {"BudgetBurns": burning("users", 4, 180)}, 170, 215),
        _group("4m", {"BudgetBurnsSlowly": burning("users", 2, 300)}, 290, 395),
    ]
    _passes(tmp_path, groups)


def _passes(folder: Path, groups: list[dict[str, Any]]) -> None:
    files = [folder / f"{number}.yml" for number, _ in enumerate(groups)]
    for file, group in zip(files, groups, strict=True):
        rules = [str(rules) for rules in prometheus.RULES]
        tests = {"rule_files": rules, "evaluation_interval": group["interval"], "tests": [group]}
        file.write_text(yaml.safe_dump(tests, width=1000))
    promtool = prometheus.programs().promtool
    done = subprocess.run([promtool, "test", "rules", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _group(interval: str, broken: dict[str, dict[str, str]], firing: int, well: int) -> dict[str, Any]:
    """Alerts that fire and are over after so many steps."""
    series: dict[str, str] = {}
    for one in broken.values():
        assert series.keys().isdisjoint(one), f"{one} is broken by two"
        series |= one
    minutes = int(interval.removesuffix("m"))
    return {
        "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(count by (alertname) (ALERTS{{alertname="{name}", alertstate="firing"}}))',
                "eval_time": f"{step * minutes}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
            }
            for name in broken
            for step, fires in ((firing, True), (well, False))
        ],
    }


def test_prometheus_takes_the_rules_and_the_configuration() -> None:
    promtool = prometheus.programs().promtool
    done = subprocess.run(
        [promtool, "check", "config", prometheus.FOLDER / "prometheus.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
