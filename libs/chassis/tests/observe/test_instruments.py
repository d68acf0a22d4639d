"""Calls that libraries make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from chassis.observe import context, traces
from chassis.settings import ServiceSettings
from chassis.testing.served import served

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
async def vendor() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server's address, and the names of headers it was sent."""
    headers: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers.extend(name for name, _ in scope["headers"])
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async with served(app) as url:
        yield url, headers


async def test_a_vendors_call_is_a_span_without_what_signs_it(
    spans: InMemorySpanExporter, vendor: tuple[str, list[bytes]]
) -> None:
    url, headers = vendor
    async with httpx.AsyncClient() as client:
        with traces.start_span_from(SAMPLED, "work"):
            await client.get(f"{url}/video.mp4?token=hunter2#hunter2", headers={"Authorization": "Bearer hunter2"})

    call, work = spans.get_finished_spans()
    assert (call.name, call.kind) == ("GET", SpanKind.CLIENT)
    assert call.parent == work.context
    assert call.attributes is not None
    assert call.attributes["url.full"] == f"{url}/video.mp4"
    assert call.attributes["http.response.status_code"] == 200
    assert "hunter2" not in call.to_json()
    assert b"traceparent" not in headers


async def test_a_call_outside_a_recorded_trace_is_none(
    spans: InMemorySpanExporter, vendor: tuple[str, list[bytes]]
) -> None:
    async with httpx.AsyncClient() as client:
        await client.get(vendor[0])
        with traces.start_span_from(SAMPLED[:-1] + "0", "work"):
            await client.get(vendor[0])

    assert spans.get_finished_spans() == ()


async def test_libraries_are_left_as_they_were(vendor: tuple[str, list[bytes]]) -> None:
    before = httpx.AsyncHTTPTransport.handle_async_request
    traces.configure_tracing(ServiceSettings(), InMemorySpanExporter())
    assert httpx.AsyncHTTPTransport.handle_async_request is not before
    traces.configure_tracing(ServiceSettings())
    assert httpx.AsyncHTTPTransport.handle_async_request is before


@pytest.fixture
def s3() -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    yield client
    client.close()
    server.stop()


async def test_a_call_of_s3_names_the_object(spans: InMemorySpanExporter, s3: Any) -> None:
    s3.create_bucket(Bucket="bucket")
    with traces.start_span_from(SAMPLED, "work"):
        await asyncio.to_thread(s3.put_object, Bucket="bucket", Key="images/a.jpg", Body=b"pixels")

    call, work = spans.get_finished_spans()
    assert call.name == "S3.PutObject"
    assert call.parent == work.context
    assert call.attributes is not None
    assert (call.attributes["aws.s3.bucket"], call.attributes["aws.s3.key"]) == ("bucket", "images/a.jpg")
    assert "pixels" not in call.to_json()


async def test_a_receiver_on_this_machine_is_reached_past_any_proxy(
    vendor: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, received = vendor
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    provider = traces.configure_tracing(ServiceSettings(otlp_endpoint=address, trace_sample_ratio=1.0))
    assert provider is not None
    try:
        with context.bind(traceparent=SAMPLED), traces.span("told", {}, kind=SpanKind.CLIENT):
            pass
        await asyncio.to_thread(provider.shutdown)
    finally:
        traces.configure_tracing(ServiceSettings())
    assert b"content-length" in received
