"""Traces that follow a job through HTTP, broker and database, by W3C ``traceparent`` (OBS-04).

The decision to record is made once, where a trace begins; everywhere else the parent's flag decides. What is not
recorded costs one string: no span object is made. ``context.current().traceparent`` names the present span; the
OpenTelemetry library's own context follows it, so that its instrumentations of other libraries fit in below.
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context as OtelContext
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
)
from opentelemetry.util.types import AttributeValue

from chassis.observe import context
from chassis.observe.logs import configure_logging as configure_logging
from chassis.observe.logs import service_scope as service_scope
from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SAMPLED = frozenset("13579bdf")
"""Last digits of a traceparent whose trace is recorded."""

Attributes = Mapping[str, AttributeValue]

_NOT_RECORDED: AbstractContextManager[Span] = nullcontext(INVALID_SPAN)


@dataclass(frozen=True)
class _Recording:
    tracer: Tracer
    ratio: float


_recording: _Recording | None = None


def configure_tracing(settings: ServiceSettings, exporter: SpanExporter | None = None) -> TracerProvider | None:
    """Record the settings' share of new traces and send them to ``otlp_endpoint`` and into ``traces_dir``.

    Without either, record nothing. ``exporter`` receives each span as it ends instead. Call ``shutdown`` on the answer
    before the process ends, so that what is buffered is sent. Calling it again replaces the earlier configuration.
    """
    global _recording
    if _recording is not None:
        from chassis.observe.instruments import remove_instruments

        remove_instruments()
        _recording = None
    if exporter is None and settings.otlp_endpoint is None and settings.traces_dir is None:
        return None
    # The SDK and the exporter take a quarter of a second to import; a process that records nothing does not pay it.
    from chassis.observe.instruments import provider_of

    provider = provider_of(settings, exporter)
    _recording = _Recording(provider.get_tracer("chassis"), settings.trace_sample_ratio)
    return provider


def valid_traceparent(value: str | None) -> str | None:
    """``value`` when it is a well-formed version 00 traceparent, else None."""
    return value if value is not None and _TRACEPARENT.fullmatch(value) else None


def new_traceparent() -> str:
    """A new trace that is not recorded: log lines, events and answers still share its id."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def inject_traceparent() -> str:
    """The traceparent to send along with a call or message; a new trace outside any."""
    return context.current().traceparent or new_traceparent()


def exemplar() -> dict[str, str] | None:
    """What leads from a figure to the present trace, where that is recorded."""
    traceparent = context.current().traceparent
    if traceparent is None or not records(traceparent):
        return None
    return {"trace_id": traceparent.split("-")[1]}


def recording() -> bool:
    """Whether this process records anything at all."""
    return _recording is not None


def records(traceparent: str | None) -> bool:
    """Whether a span below ``traceparent`` is recorded; for None, decides about a new trace."""
    if _recording is None:
        return False
    if traceparent is None:
        return random.random() < _recording.ratio
    return traceparent[-1:] in _SAMPLED


def begin(
    parent: str | None,
    name: str,
    *,
    kind: SpanKind,
    attributes: Attributes | None = None,
    links: Sequence[Link] = (),
    start_ns: int | None = None,
) -> Span:
    """A recorded span that the caller ends, for who has asked ``records``. ``parent`` is well formed, or None.

    ``start_ns``: when it began, in nanoseconds of the epoch, if that was earlier.
    """
    if _recording is None:
        raise RuntimeError("nothing is recorded in this process")
    below = _remote(parent) if parent else OtelContext()
    return _recording.tracer.start_span(
        name, context=below, kind=kind, attributes=attributes, links=links, start_time=start_ns
    )


def traceparent_of(span: Span) -> str:
    """What hands ``span`` on as a parent."""
    own = span.get_span_context()
    return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"


def failed(span: Span, error: BaseException) -> None:
    """Mark a span as failed, by the error's type only: its text may hold what a user wrote."""
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(StatusCode.ERROR, type(error).__name__)


@contextmanager
def within(span: Span) -> Iterator[None]:
    """Make a span the present one for the duration of the block. It neither ends with the block nor fails with it."""
    with (
        trace.use_span(span, record_exception=False, set_status_on_exception=False),
        context.bind(traceparent=traceparent_of(span)),
    ):
        yield


@contextmanager
def start_span_from(
    traceparent: str | None,
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
) -> Iterator[Span]:
    """Work on behalf of ``traceparent`` (None or malformed: of a new trace), recorded when its trace is.

    In the block the task's context carries the traceparent to hand on. An exception that leaves the block is noted.
    """
    parent = valid_traceparent(traceparent)
    if not records(parent):
        with context.bind(traceparent=parent or new_traceparent()):
            yield INVALID_SPAN
        return
    with start_recorded(parent, name, kind=kind, attributes=attributes) as started:
        yield started


@contextmanager
def start_recorded(
    parent: str | None,
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
) -> Iterator[Span]:
    """As ``start_span_from``, for who has asked ``records`` already: ``parent`` is well formed, or None."""
    started = begin(parent, name, kind=kind, attributes=attributes)
    try:
        with within(started):
            yield started
    except Exception as error:
        failed(started, error)
        raise
    finally:
        started.end()


def span(
    name: str, attributes: Attributes | None = None, *, kind: SpanKind = SpanKind.INTERNAL
) -> AbstractContextManager[Span]:
    """A part of the present work worth seeing by itself; costs next to nothing when the trace is not recorded."""
    parent = context.current().traceparent
    if parent is None or not records(parent):
        return _NOT_RECORDED
    return start_recorded(parent, name, kind=kind, attributes=attributes)


def calling(method: str, service: str) -> AbstractContextManager[Span]:
    """A call of another service of ours over HTTP; :func:`answered` tells how it ended."""
    parent = context.current().traceparent
    if parent is None or not records(parent):
        return _NOT_RECORDED
    about = {"http.request.method": method, "server.address": service}
    return start_recorded(parent, f"{method} {service}", kind=SpanKind.CLIENT, attributes=about)


def answered(span: Span, status: int) -> None:
    """Note the status of an answer; for who has called, 400 and more are errors."""
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)


def _remote(traceparent: str) -> OtelContext:
    parent = SpanContext(
        trace_id=int(traceparent[3:35], 16),
        span_id=int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[53:], 16)),
    )
    return trace.set_span_in_context(NonRecordingSpan(parent), OtelContext())
