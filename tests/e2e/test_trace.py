"""One run is one trace, from the request to the last thing that it caused, in both topologies."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chassis.observe.traces import configure_tracing
from chassis.settings import ServiceSettings, load
from talkingphoto.client import Client
from talkingphoto.main import app
from talkingphoto.making import Order, make
from talkingphoto.screen import Screen
from talkingphoto.show import Printer
from talkingphoto.trace import Span, find, tree

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

SERVICES = {"gateway", "workflow", "billing", "ai_router", "export", "notify"}
LAST = ("process notify.runs", "workflow.run_completed.v1")
_WRITTEN_S = 20.0


async def test_a_run_is_one_whole_trace(platform: Any, user: Client, portrait: Path, tmp_path: Path) -> None:
    if platform.name == "embedded":
        # Of several platforms in this process the one that started last would get all spans.
        where = {"service_name": "talkingphoto", "traces_dir": platform.home / "traces", "trace_sample_ratio": 1}
        configure_tracing(load(ServiceSettings, **where))
    order = Order(photo=portrait, script="Follow me.", platforms=("tiktok",), title="Followed")
    summary = await make(user, order, tmp_path, Screen(Printer(), quiet=True))
    updates = [json.loads(event.data) async for event in user._events(summary["run_id"], "0")]

    trace = await whole_trace(platform.home / "traces", summary["run_id"])

    assert [span.title for span in trace if span.parent_id is None] == ["POST /api/v1/workflows"]
    assert {span.service for span in trace} >= SERVICES
    by_kind = {kind: {span.name for span in trace if span.kind == kind} for kind in ("client", "consumer", "producer")}
    assert by_kind["consumer"] >= {
        "process billing.commands", "process ai_router.commands", "process workflow.runs", "process export.commands",
        "process notify.runs", "work ai_router.job", "work export.renditions", "work export.kit",
    }  # fmt: skip
    assert "POST workflow" in by_kind["client"]
    for capability in ("image_enhancement", "audio_generation", "video_generation"):
        assert any(name.startswith(f"{capability} ") for name in by_kind["client"]), capability
    assert by_kind["producer"] == {"publish events", "publish commands"}
    assert any("INSERT outbox" in name for name in by_kind["client"])
    assert {update["trace_id"] for update in updates} == {trace[0].trace_id}
    assert "Follow me" not in json.dumps([span.attributes for span in trace])

    if platform.name == "distributed":
        # The other one runs in this process, whose log is the test's.
        told = [line for line in log_lines(platform.home / "logs") if line.get("run_id") == summary["run_id"]]
        assert {line["message"] for line in told} >= {
            "message.handled", "work.begun", "work.ended", "provider.called", "job.ended", "run.ended",
        }  # fmt: skip
        assert {line["service"] for line in told} >= SERVICES - {"gateway"}
        assert {line["trace_id"] for line in told} == {trace[0].trace_id}
        assert len({line["user_id"] for line in told}) == 1
        assert all("ms" in line for line in told if line["message"] in ("message.handled", "work.ended", "run.ended"))
        assert "Follow me" not in json.dumps(told)

    kept = [path for path in platform.objects.rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in (platform.objects, platform.home / "logs")} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in kept} == {0}

    shown = CliRunner().invoke(app, ["trace", summary["run_id"], "--home", str(platform.home)])
    assert shown.exit_code == 0
    assert "orphan" not in shown.stdout
    assert f"trace {trace[0].trace_id}" in shown.stdout


def log_lines(folder: Path) -> list[dict[str, Any]]:
    """Every line of every log; ``ValueError`` for one that is no JSON."""
    return [json.loads(line) for file in folder.glob("*.log*") for line in file.read_text().splitlines()]


async def whole_trace(folder: Path, run_id: str) -> list[Span]:
    """The run's only trace, once its last span has been written; ``AssertionError`` with what is wrong with it."""
    deadline = asyncio.get_running_loop().time() + _WRITTEN_S
    while True:
        traces = find(folder, run_id)
        ends = {(span.name, span.attributes.get("cloudevents.event_type")) for trace in traces for span in trace}
        orphans = [node.span for trace in traces for node in tree(trace) if node.orphan]
        unfinished = [span for trace in traces for span in trace if span.end_ns is None]
        if len(traces) == 1 and LAST in ends and not orphans and not unfinished:
            return traces[0]
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{len(traces)} traces, orphans {orphans}, unfinished {unfinished}, {ends}")
        await asyncio.sleep(0.1)
