"""Traces that follow a job through HTTP, broker and database, by W3C ``traceparent`` (OBS-04).

The decision to record is made once, where a trace begins; everywhere else the parent's flag decides. What is not
recorded costs one string: no span object is made.
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context as OtelContext
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, Tracer
from opentelemetry.util.types import AttributeValue

from chassis.observe import context
from chassis.observe.logs import configure_logging as configure_logging
from chassis.observe.logs import service_scope as service_scope
from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SAMPLED = 1


@dataclass(frozen=True)
class _Recording:
    tracer: Tracer
    ratio: float


_recording: _Recording | None = None


def configure_tracing(settings: ServiceSettings, exporter: SpanExporter | None = None) -> TracerProvider | None:
    """Record the settings' share of new traces and send them to ``otlp_endpoint``; without one, record nothing.

    ``exporter`` receives each span as it ends instead. Call ``shutdown`` on the answer before the process ends, so
    that what is buffered is sent. Calling it again replaces the earlier configuration.
    """
    global _recording
    if exporter is None and settings.otlp_endpoint is None:
        _recording = None
        return None
    # The SDK and the exporter take a quarter of a second to import; a process that records nothing does not pay it.
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": settings.service_name}))
    if exporter is not None:
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        endpoint = f"{(settings.otlp_endpoint or '').rstrip('/')}/v1/traces"
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
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


def records(traceparent: str | None) -> bool:
    """Whether a span below ``traceparent`` is recorded; for None, decides about a new trace."""
    if _recording is None:
        return False
    if traceparent is None:
        return random.random() < _recording.ratio
    return bool(int(traceparent[53:], 16) & _SAMPLED)


@contextmanager
def start_span_from(
    traceparent: str | None,
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, AttributeValue] | None = None,
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
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """As ``start_span_from``, for who has asked ``records`` already: ``parent`` is well formed, or None."""
    if _recording is None:
        raise RuntimeError("nothing is recorded in this process")
    with _recording.tracer.start_as_current_span(
        name, context=_remote(parent) if parent else OtelContext(), kind=kind, attributes=attributes
    ) as started:
        own = started.get_span_context()
        with context.bind(traceparent=f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"):
            yield started


@contextmanager
def span(name: str, **attributes: AttributeValue) -> Iterator[Span]:
    """A part of the present work worth seeing by itself; costs next to nothing when the trace is not recorded."""
    parent = context.current().traceparent
    if parent is None or not records(parent):
        yield INVALID_SPAN
        return
    with start_span_from(parent, name, attributes=attributes) as started:
        yield started


def _remote(traceparent: str) -> OtelContext:
    parent = SpanContext(
        trace_id=int(traceparent[3:35], 16),
        span_id=int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[53:], 16)),
    )
    return trace.set_span_in_context(NonRecordingSpan(parent), OtelContext())
