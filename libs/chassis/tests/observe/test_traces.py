"""Log lines and traces: what is in them, what must not be."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from fastapi import APIRouter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import SecretStr

from chassis.http.app import create_app
from chassis.http.operations import operations_app
from chassis.observe import context, traces
from chassis.observe.logs import mask_secrets
from chassis.settings import ServiceSettings

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = SAMPLED[:-1] + "0"


class Output:
    """What was written to standard output during a test."""

    def __init__(self, captured: pytest.CaptureFixture[bytes]) -> None:
        self._captured = captured
        self._written = b""

    def getvalue(self) -> bytes:
        self._written += self._captured.readouterr().out
        return self._written


@pytest.fixture
def output(capsysbinary: pytest.CaptureFixture[bytes]) -> Iterator[Output]:
    """Standard output; the logging configuration is put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Output(capsysbinary)
    structlog.reset_defaults()
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], root.level = handlers, level


def lines_of(output: Output) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_says_what_who_and_where(output: Output) -> None:
    traces.configure_logging(ServiceSettings(service_name="billing"))
    user = UUID("0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")

    with context.bind(correlation_id="request-1", user_id=user, product_line="pixie", traceparent=UNSAMPLED):
        structlog.get_logger().info("reservation.refused", missing=3)

    line = lines_of(output)[0]
    assert line.pop("timestamp").endswith("Z")
    assert isinstance(line.pop("line"), int)
    assert line == {
        "message": "reservation.refused",
        "level": "info",
        "service": "billing",
        "module": __name__,
        "function": "test_a_line_says_what_who_and_where",
        "missing": 3,
        "request_id": "request-1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "user_id": str(user),
        "product_line": "pixie",
    }


def test_in_a_shared_process_each_service_writes_under_its_own_name(output: Output) -> None:
    traces.configure_logging(ServiceSettings(service_name="all"))
    log = structlog.get_logger()
    with traces.service_scope("billing"):
        log.info("inside")
    log.info("outside")

    assert [line["service"] for line in lines_of(output)] == ["billing", "all"]


def test_libraries_write_the_same_kind_of_line(output: Output) -> None:
    traces.configure_logging(ServiceSettings(service_name="billing"))
    traces.configure_logging(ServiceSettings(service_name="billing"))
    try:
        raise ValueError("no route to amqp://svc:hunter2@broker:5672")
    except ValueError:
        logging.getLogger("some.library").exception("lost %s", "connection")
    logging.getLogger("httpx").info("GET https://x.org/?signature=hunter2")

    (line,) = lines_of(output)
    assert (line["message"], line["logger"], line["level"]) == ("lost connection", "some.library", "error")
    assert "hunter2" not in json.dumps(line)
    assert "amqp://svc:***@broker" in line["exception"]


def test_the_level_is_a_setting_and_a_file_gets_the_same_lines(output: Output, tmp_path: Path) -> None:
    traces.configure_logging(ServiceSettings(log_level="WARNING", log_file=tmp_path / "service.log"))
    log = structlog.get_logger()
    log.info("not.written")
    log.warning("written")

    assert [line["message"] for line in lines_of(output)] == ["written"]
    assert (tmp_path / "service.log").read_bytes() == output.getvalue()


def test_standard_output_can_be_left_alone(output: Output, tmp_path: Path) -> None:
    traces.configure_logging(ServiceSettings(log_stdout=False, log_file=tmp_path / "service.log"))
    structlog.get_logger().info("written")

    assert output.getvalue() == b""
    assert json.loads((tmp_path / "service.log").read_bytes())["message"] == "written"


def test_people_get_a_line_they_can_read(output: Output) -> None:
    traces.configure_logging(ServiceSettings(log_format="console"))
    structlog.get_logger().info("reservation.refused", api_key="hunter2")

    text = output.getvalue().decode()
    assert "reservation.refused" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("password", "hunter2", "***"),
        ("Authorization", "Bearer abc", "***"),
        ("refresh_token", "abc", "***"),
        ("stripe_api_key", "sk_live", "***"),
        ("x-api-key", "k", "***"),
        ("set_cookie", "a=b", "***"),
        ("anything", SecretStr("hunter2"), "***"),
        ("headers", {"authorization": "Bearer abc", "accept": "x"}, {"authorization": "***", "accept": "x"}),
        ("calls", [{"password": "hunter2"}], [{"password": "***"}]),
        ("url", "amqp://svc:hunter2@broker/x", "amqp://svc:***@broker/x"),
        ("note", "sent Bearer abc.def-123 along", "sent Bearer *** along"),
        ("email", "carla@example.org", "c***@example.org"),
        ("phone", "+91 123", "***"),
        ("token_type", "bearer", "bearer"),
        ("tokens_used", 12, 12),
        ("max_tokens", "12", "12"),
        ("job_id", UUID(int=1), UUID(int=1)),
        ("url", "https://x.org/a?b=c", "https://x.org/a?b=c"),
    ],
    ids=str,
)
def test_secrets_and_persons_are_masked(field: str, value: Any, written: Any) -> None:
    assert mask_secrets(None, "info", {field: value}) == {field: written}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "garbage",
        SAMPLED.upper(),
        SAMPLED + "0",
        "01" + SAMPLED[2:],
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
    ],
)
def test_a_malformed_traceparent_is_nobodys(value: str | None) -> None:
    assert traces.valid_traceparent(value) is None
    with traces.start_span_from(value, "work"):
        handed_on = traces.inject_traceparent()
    assert traces.valid_traceparent(handed_on) == handed_on


def test_without_a_receiver_the_trace_is_handed_on_unchanged() -> None:
    with traces.start_span_from(SAMPLED, "work") as span:
        assert not span.is_recording()
        assert traces.inject_traceparent() == SAMPLED
        assert context.current().traceparent == SAMPLED
    assert context.current().traceparent is None


def test_a_span_continues_the_trace_it_was_handed(spans: InMemorySpanExporter) -> None:
    with traces.start_span_from(SAMPLED, "consume", attributes={"queue": "jobs"}):
        handed_on = traces.inject_traceparent()
        with traces.span("query", {"table": "jobs"}):
            pass

    query, consume = spans.get_finished_spans()
    assert consume.parent is not None
    assert consume.context is not None
    assert query.parent is not None
    assert f"{consume.context.trace_id:032x}" == SAMPLED[3:35] == handed_on[3:35]
    assert f"{consume.parent.span_id:016x}" == SAMPLED[36:52]
    assert f"{consume.context.span_id:016x}" == handed_on[36:52] == f"{query.parent.span_id:016x}"
    assert handed_on.endswith("-01")
    assert consume.attributes == {"queue": "jobs", "talkingphoto.service": "things"}


def test_what_the_parent_did_not_sample_is_not_recorded(spans: InMemorySpanExporter) -> None:
    with traces.start_span_from(UNSAMPLED, "work"), traces.span("query"):
        assert traces.inject_traceparent() == UNSAMPLED
    with traces.span("outside any trace"):
        pass

    assert spans.get_finished_spans() == ()


def test_an_exception_is_noted_in_the_span(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="broken"), traces.start_span_from(None, "work"):
        raise ValueError("broken")

    (span,) = spans.get_finished_spans()
    assert span.parent is None
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ValueError"
    # What an error says may be what a user wrote.
    assert "broken" not in span.to_json()


def test_a_span_belongs_to_the_service_in_whose_scope_it_began(spans: InMemorySpanExporter) -> None:
    with traces.service_scope("billing"), traces.start_span_from(SAMPLED, "work"):
        pass

    (span,) = spans.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["talkingphoto.service"] == "billing"


def test_a_span_may_end_after_others_have_begun_below_it(spans: InMemorySpanExporter) -> None:
    started = traces.begin(SAMPLED, "publish", kind=SpanKind.PRODUCER)
    with traces.within(started):
        handed_on = traces.inject_traceparent()
        with traces.span("part"):
            pass
    assert [span.name for span in spans.get_finished_spans()] == ["part"]
    started.end()
    assert traces.traceparent_of(started) == handed_on
    assert context.current().traceparent is None


def test_the_share_of_new_traces_is_a_setting() -> None:
    exporter = InMemorySpanExporter()
    traces.configure_tracing(ServiceSettings(trace_sample_ratio=0.0), exporter)
    try:
        for _ in range(50):
            with traces.start_span_from(None, "work"):
                pass
        assert exporter.get_finished_spans() == ()
    finally:
        traces.configure_tracing(ServiceSettings())


async def test_a_request_is_a_span_named_after_its_route(spans: InMemorySpanExporter) -> None:
    router = APIRouter()

    @router.get("/things/{number}")
    async def read(number: int) -> str:
        """Read."""
        return traces.inject_traceparent()

    app = create_app(name="things", settings=ServiceSettings(), version="1", routers=[router], readiness={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as http:
        handed_on = (await http.get("/things/7", headers={"traceparent": SAMPLED})).json()
        await http.get("/things/7", headers={"traceparent": UNSAMPLED})
        refused = await http.get("/things/x", headers={"traceparent": SAMPLED})

    first, second = spans.get_finished_spans()
    assert (first.name, second.name) == ("GET /things/{number}", "GET /things/{number}")
    assert first.context is not None
    assert handed_on == f"{SAMPLED[:36]}{first.context.span_id:016x}-01"
    assert first.attributes is not None
    assert first.attributes["http.response.status_code"] == 200
    assert second.attributes is not None
    assert second.attributes["http.response.status_code"] == 422
    assert second.status.status_code is StatusCode.UNSET
    assert refused.json()["error"]["trace_id"] == SAMPLED[3:35]


async def test_a_figure_leads_to_the_trace_of_a_recorded_request_and_of_no_other(spans: InMemorySpanExporter) -> None:
    router = APIRouter()

    @router.get("/led/{number}")
    async def read(number: int) -> str:
        return "here"

    app = create_app(name="led", settings=ServiceSettings(env="test"), version="1", routers=[router], readiness={})
    asked = {name: f"00-{name * 32}-{'1' * 16}-0{flag}" for name, flag in (("a", 1), ("b", 0))}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://led") as http:
        for traceparent in asked.values():
            assert (await http.get("/led/1", headers={"traceparent": traceparent})).status_code == 200
    shown = operations_app("led", {})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shown), base_url="http://led") as http:
        answer = await http.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    lines = [line for line in answer.text.splitlines() if 'route="/led/{number}"' in line and " # {" in line]
    assert lines, "no exemplar at all"
    assert all(f'# {{trace_id="{"a" * 32}"}}' in line for line in lines), lines
