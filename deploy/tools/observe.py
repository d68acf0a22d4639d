"""``make observe``: every panel of every dashboard with its value now, what fires, and the last run's trace.

Starts a private Prometheus on the platform that runs in the home, which has to be running (``make up``).
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.tools.dashboards import BOARDS, FOLDER, expressions
from deploy.tools.prometheus import NoPrometheus, Prometheus, scraping
from rich.console import Console
from rich.table import Table

from talkingphoto.main import app as command_line
from talkingphoto.running import announced

_VARIABLES = {"$__rate_interval": "1m", "$service": ".*"}
_MOST_SAMPLES = 6
_WIDTH = 160
_RUN = re.compile(r'"(?:talkingphoto\.)?run_id": ?"([0-9a-f-]{36})"')


def filled(expression: str) -> str:
    """A panel's expression as Grafana would send it with nothing chosen."""
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


async def show(home: Path, targets: Mapping[str, str], console: Console, *, watch_s: float) -> int:
    """Look on for ``watch_s`` and print everything; how many panels have no data."""
    with tempfile.TemporaryDirectory(prefix="talkingphoto-prometheus-") as folder:
        async with scraping(targets, Path(folder)) as prometheus:
            # What is reckoned from two looks is there after the third.
            await asyncio.sleep(watch_s)
            empty = 0
            for board in BOARDS:
                table = Table(title=board.title, title_justify="left", show_header=False, box=None)
                for title, expression in expressions(json.loads((FOLDER / f"{board.uid}.json").read_text())):
                    samples = await prometheus.query(filled(expression))
                    empty += not samples
                    table.add_row(title, _told(samples))
                console.print(table)
                console.print()
            console.print(await _firing(prometheus))
    if (run := last_run(home / "traces")) is not None:
        console.print(f"\nThe last run, {run}:")
        command_line(["trace", run, "--home", str(home)], standalone_mode=False)
    return empty


def last_run(folder: Path) -> str | None:
    """The run that the newest spans name."""
    for file in sorted(folder.glob("*.jsonl"), key=lambda file: file.stat().st_mtime, reverse=True):
        found = _RUN.findall(file.read_text(encoding="utf-8", errors="replace"))
        if found:
            return str(found[-1])
    return None


async def _firing(prometheus: Prometheus) -> str:
    firing = [
        f"{rule['name']}: {alert['annotations']['summary']} ({alert['annotations']['runbook_url']})"
        for rule in await prometheus.rules()
        if rule["type"] == "alerting" and rule["name"] != "Watchdog"
        for alert in rule["alerts"]
    ]
    return "Firing or about to:\n" + "\n".join(f"  {line}" for line in firing) if firing else "No alert fires."


def _told(samples: list[dict[str, Any]]) -> str:
    if not samples:
        return "no data"
    told = [_one(sample) for sample in samples[:_MOST_SAMPLES]]
    return "   ".join([*told, *([f"and {len(samples) - _MOST_SAMPLES} more"] if len(samples) > _MOST_SAMPLES else [])])


def _one(sample: dict[str, Any]) -> str:
    labels = " ".join(
        value for name, value in sample["metric"].items() if name not in ("__name__", "instance", "job", "objective")
    )
    value = float(sample["value"][1])
    # Not a number: what it is the share or the mean of has not happened since.
    return f"{labels} {'-' if math.isnan(value) else f'{value:.4g}'}".strip()


def main() -> None:
    """Show the platform of ``TALKINGPHOTO_HOME``, after having looked on for as many seconds as is said."""
    watch_s = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    home = Path(os.environ.get("TALKINGPHOTO_HOME") or Path.home() / ".talkingphoto")
    targets = announced(home).get("operations", {})
    if not targets:
        sys.exit(f"No platform runs in {home}. Start one: make up")
    try:
        empty = asyncio.run(show(home, targets, Console(highlight=False, emoji=False, width=_WIDTH), watch_s=watch_s))
    except NoPrometheus as reason:
        sys.exit(str(reason))
    if empty:
        print(f"\n{empty} panels have no data: what they show has not happened since the start.")


if __name__ == "__main__":
    main()
