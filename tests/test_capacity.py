"""The capacity plan's arithmetic is right, and its measured figures are those of the page that they come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ai_router.catalogue.models import Rules
from analytics.reports.rules import COST_A_RUN, RUNS_A_USER
from workflow.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "capacity.md").read_text(encoding="utf-8")
CPU_MS, WAL_KB, CORE_S = 4.1, 34, 22
MONTH_S, DAYS = 30 * 86_400, 30


def row(name: str) -> list[str]:
    """The cells of the arithmetic's line."""
    [line] = re.findall(rf"^\| {re.escape(name)} \| (.*) \|$", PAGE, re.M)
    return [cell.strip().replace("*", "") for cell in line.split(" | ")]


def number(cell: str) -> float:
    """The last number that a cell has: its result."""
    return float(re.findall(r"\d[\d,]*(?:\.\d+)?", cell)[-1].replace(",", ""))


def test_measured_figures_are_those_that_were_measured() -> None:
    performance = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| now: aio-pika with ours .* {CPU_MS} \|$", performance, re.M)
    assert "| WAL | 33 to 35 kB |" in performance
    assert "| messages to the broker | 12.0 |" in performance
    media = (DOCS.parent / "libs" / "media" / "README.md").read_text(encoding="utf-8")
    assert "| 10 s of 720 x 1280 from 12 megapixels, one core | its own length | 0.35, 0.36, 0.36 | **0.36**" in media
    assert pytest.approx(CORE_S, rel=0.02) == 30 * 0.36 * 2


@pytest.mark.parametrize(("column", "users", "peak"), [(0, 1000, 10), (1, 1_000_000, 5)])
def test_the_arithmetic(column: int, users: int, peak: int) -> None:
    runs = users * RUNS_A_USER
    mean = float(runs) / MONTH_S
    assert number(row("runs a month")[column]) == float(runs)
    assert float(re.findall(r"([\d.]+)/s", row("mean")[column])[0]) == pytest.approx(mean, rel=0.05)
    most = float(re.findall(r"([\d.]+)/s", row("peak")[column])[0])
    assert most == pytest.approx(mean * peak, rel=0.05)
    drawing = float(re.findall(r"= ([\d.]+) cores", row("drawing at the peak")[column])[0])
    assert drawing == pytest.approx(most * CORE_S, rel=0.1)
    orchestration = float(re.findall(r"= ([\d.]+) cores", row("orchestration at the peak")[column])[0])
    assert orchestration == pytest.approx(most * CPU_MS / 1000, rel=0.25)
    log, unit = re.findall(r"= ([\d.]+) (MB|GB)", row("write-ahead log a day")[column])[0]
    assert float(log) * {"MB": 1e3, "GB": 1e6}[unit] == pytest.approx(float(runs) / DAYS * WAL_KB, rel=0.06)
    assert number(row("AI work")[column]) == float(runs * COST_A_RUN)


def test_what_breaks_first_is_what_is_set() -> None:
    limit = Rules().daily_limit
    assert f"₹{limit:,} a day" in PAGE
    assert f"{int(limit / COST_A_RUN):,} runs a day" in PAGE
    assert f"{Settings.model_fields['max_processing'].default} runs at once" in PAGE
