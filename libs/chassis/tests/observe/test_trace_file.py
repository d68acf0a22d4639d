"""Spans kept on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind, Tracer

from chassis.observe import traces
from chassis.observe.trace_file import TraceFile
from chassis.settings import ServiceSettings


def tracer_into(file: TraceFile) -> Tracer:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(file))
    return provider.get_tracer("tests")


def test_a_span_is_a_line_as_soon_as_it_ends(tmp_path: Path) -> None:
    tracer = tracer_into(TraceFile(tmp_path / "traces", "billing", most_bytes=1_000_000))
    with tracer.start_as_current_span("outer", kind=SpanKind.CONSUMER) as outer:
        with tracer.start_as_current_span("inner", attributes={"talkingphoto.service": "users", "n": 1}):
            pass
        [file] = (tmp_path / "traces").iterdir()
        inner = json.loads(file.read_text(encoding="utf-8"))

    assert inner["end_ns"] >= inner["start_ns"]
    assert {name: inner[name] for name in ("name", "kind", "service", "status", "attributes")} == {
        "name": "inner",
        "kind": "internal",
        "service": "users",
        "status": "ok",
        "attributes": {"n": 1},
    }
    assert inner["parent_id"] == f"{outer.get_span_context().span_id:016x}"
    last = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
    assert (last["name"], last["kind"], last["service"], last["parent_id"]) == ("outer", "consumer", "billing", None)


def test_the_folder_keeps_the_newest_and_its_size(tmp_path: Path) -> None:
    for _ in range(3):
        tracer = tracer_into(TraceFile(tmp_path, "billing", most_bytes=40_000))
        for number in range(100):
            tracer.start_span(f"span {number}").end()

    files = sorted(tmp_path.iterdir())
    assert sum(file.stat().st_size for file in files) <= 40_000
    assert len(files) > 2
    newest = files[-1].read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(newest)["name"] == "span 99"


def test_a_folder_that_cannot_be_written_costs_spans_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    file = TraceFile(tmp_path / "file" / "traces", "billing", most_bytes=1_000_000)
    tracer_into(file).start_span("lost").end()
    assert file.export([]) is SpanExportResult.FAILURE


def test_where_the_settings_say_a_span_is_written_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    """What a killed process was doing is there, and what was done below it is no orphan."""
    provider = traces.configure_tracing(ServiceSettings(traces_dir=tmp_path, trace_sample_ratio=1.0))
    try:
        with traces.start_span_from(None, "kept", attributes={"n": 1}):
            traces.begin(traces.inject_traceparent(), "publish", kind=SpanKind.PRODUCER)
            traces.begin(
                traces.inject_traceparent(), "SELECT", kind=SpanKind.CLIENT, attributes={"db.query.summary": "SELECT"}
            )
            [file] = tmp_path.iterdir()
            [began] = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        _, ended = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        assert (began["end_ns"], began["status"], began["attributes"]) == (None, "unfinished", {"n": 1})
        assert ended["end_ns"] >= ended["start_ns"] == began["start_ns"]
        assert (ended["name"], ended["status"], ended["span_id"]) == ("kept", "ok", began["span_id"])
    finally:
        traces.configure_tracing(ServiceSettings())
        if provider is not None:
            provider.shutdown()


@pytest.mark.parametrize("settings", [{}, {"trace_sample_ratio": 1.0}])
def test_without_a_receiver_nothing_is_recorded(settings: dict[str, float]) -> None:
    assert traces.configure_tracing(ServiceSettings(**settings)) is None
    assert not traces.recording()
