"""Where recorded spans go, and the libraries whose calls are spans by OpenTelemetry's own instrumentations.

Imported only by a process that records. A call of a library is recorded below a span that is recorded, and never
begins a trace; nobody outside is sent our trace's id.
"""

from __future__ import annotations

import os
from typing import Any

from opentelemetry.context import Context
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, RequestInfo
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import Span

from chassis.observe.logs import current_service
from chassis.observe.trace_file import SERVICE, TraceFile, TraceFileProcessor
from chassis.settings import ServiceSettings, is_here


def provider_of(settings: ServiceSettings, exporter: SpanExporter | None) -> TracerProvider:
    """What makes our spans, all of which are recorded: whether to make one has been decided. Libraries are set up too.

    ``exporter`` receives each span as it ends, instead of what the settings name.
    """
    resource = Resource.create({"service.name": settings.service_name})
    ours = TracerProvider(sampler=ALWAYS_ON, resource=resource)
    # A library begins a span wherever it is called; without a recorded one around it, there shall be none.
    theirs = TracerProvider(sampler=ParentBased(ALWAYS_OFF), resource=resource, shutdown_on_exit=False)
    for processor in (_Belonging(settings.service_name), *_receivers(settings, exporter)):
        ours.add_span_processor(processor)
        theirs.add_span_processor(processor)
    # The stable attribute names; read once, when the first library is set up.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    set_global_textmap(CompositePropagator([]))
    HTTPXClientInstrumentor().instrument(
        tracer_provider=theirs, request_hook=_describe, async_request_hook=_describe_async, skip_dep_check=True
    )
    if settings.object_store == "s3":
        from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

        BotocoreInstrumentor().instrument(  # type: ignore[no-untyped-call]
            tracer_provider=theirs,
            request_hook=_describe_object,
            propagator=CompositePropagator([]),
            skip_dep_check=True,
        )
    return ours


def remove_instruments() -> None:
    """Leave the libraries as they were."""
    from opentelemetry.instrumentation.botocore import BotocoreInstrumentor

    for instrument in (HTTPXClientInstrumentor(), BotocoreInstrumentor()):  # type: ignore[no-untyped-call]
        if instrument.is_instrumented_by_opentelemetry:
            instrument.uninstrument()


class _Belonging(SpanProcessor):
    """Notes whose span it is, where one process runs several services."""

    def __init__(self, default: str) -> None:
        self._default = default

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        """Called where the span begins."""
        span.set_attribute(SERVICE, current_service() or self._default)


def _receivers(settings: ServiceSettings, exporter: SpanExporter | None) -> list[SpanProcessor]:
    if exporter is not None:
        return [SimpleSpanProcessor(exporter)]
    receivers: list[SpanProcessor] = []
    if settings.traces_dir is not None:
        file = TraceFile(settings.traces_dir, settings.service_name, most_bytes=settings.traces_max_mb * 1_000_000)
        receivers.append(TraceFileProcessor(file))
    if settings.otlp_endpoint is not None:
        import requests
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        endpoint = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
        session = requests.Session()
        session.trust_env = not is_here(endpoint)
        receivers.append(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, session=session)))
    return receivers


def _describe(span: Span, request: RequestInfo) -> None:
    # Signed links and keys travel in queries; the instrumentation masks only those of a few vendors.
    span.set_attribute("url.full", str(request.url).partition("?")[0].partition("#")[0])


async def _describe_async(span: Span, request: RequestInfo) -> None:
    _describe(span, request)


def _describe_object(span: Span, service: str, operation: str, parameters: dict[str, Any]) -> None:
    for name, parameter in (("aws.s3.bucket", "Bucket"), ("aws.s3.key", "Key")):
        if isinstance(value := parameters.get(parameter), str):
            span.set_attribute(name, value)
