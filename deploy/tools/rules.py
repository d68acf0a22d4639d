"""Prometheus' rules as its operator takes them; ``python -m deploy.tools.rules`` writes them for ``deploy/k8s``.

One ``PrometheusRule`` with the groups of ``deploy/prometheus/rules``; a test writes it again and compares.
"""

from __future__ import annotations

from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[1]
FILE = DEPLOY / "k8s" / "base" / "monitoring" / "rules.yaml"


def written() -> str:
    """The whole file."""
    files = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "talkingphoto"},
        "spec": {"groups": groups},
    }
    head = "# Written by `make dashboards` from deploy/prometheus/rules.\n"
    return head + yaml.safe_dump(rule, sort_keys=False, width=110, allow_unicode=True)


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
