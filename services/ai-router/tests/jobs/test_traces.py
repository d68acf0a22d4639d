"""A job in its run's trace: the command, each attempt, the provider's work, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ai_router.jobs.models import Call, Job
from chassis import ids
from chassis.data.leased_work import WorkItem
from chassis.messaging.consumer import wait_until
from chassis.observe import context, traces
from chassis.settings import ServiceSettings
from contracts.ai_router import JobCompleted
from contracts.enums import Capability

ATTEMPT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.configure_tracing(ServiceSettings(trace_sample_ratio=1.0), exporter)
    yield exporter
    traces.configure_tracing(ServiceSettings())


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent is not None else None


async def test_from_the_command_to_the_end_each_part_is_below_what_led_to_it(
    spans: InMemorySpanExporter, start_router: Any, a_job: Any, studio: Any, judge: Any, quick: Any
) -> None:
    router = await start_router({"veo3": studio()}, validator=judge(), options=quick())
    job = a_job(Capability.VIDEO_GENERATION, parameters={"duration": 5})
    await router.tell(job)
    await router.wait_for(JobCompleted, job.job_id)

    def found() -> dict[str, ReadableSpan]:
        """Spans by name, or by what is published, in the trace of the command."""
        ended = spans.get_finished_spans()
        trace_ids = {span.context.trace_id for span in ended if span.name == names[0] and span.context}
        mine = [span for span in ended if span.context and span.context.trace_id in trace_ids]
        return {
            str((span.attributes or {})["cloudevents.event_type"]) if span.name == "publish events" else span.name: span
            for span in mine
        }

    names = ("process ai_router.commands", "work ai_router.job", "video_generation veo3", JobCompleted.NAME)
    await wait_until(lambda: found().keys() >= set(names), timeout_s=5)
    process, work, provider, told = (found()[name] for name in names)
    assert process.parent is None
    assert process.context is not None
    assert work.context is not None
    assert parent_of(work) == process.context.span_id
    assert parent_of(provider) == parent_of(told) == work.context.span_id
    assert (provider.attributes or {})["talkingphoto.paid"] is True
    assert (process.attributes or {})["talkingphoto.run_id"] == str(job.run_id)


def test_a_claimed_job_belongs_to_the_attempt_at_it(a_job: Any) -> None:
    """Also where the row was written by a process that is gone, and where nothing of the trace is recorded."""
    command = a_job(Capability.VIDEO_GENERATION)
    cause = context.Context(correlation_id="request-1", user_id=ids.uuid7(), traceparent=ATTEMPT[:-1] + "0")
    written = Job(command, cause)
    row = {**written.payload(), "command": command.model_dump(mode="json")}
    row["context"]["user_id"] = str(cause.user_id)
    for subject in (written, None):
        item = WorkItem(command.job_id, "ai_router.job", row, 1, ids.uuid7(), subject)
        assert item.context == cause
        assert Job.of(item) == written
        with context.bind(traceparent=ATTEMPT):
            assert Job.of(item).context == cause._replace(traceparent=ATTEMPT)


def test_stopping_a_call_belongs_to_what_made_it_necessary(a_job: Any) -> None:
    command = a_job(Capability.VIDEO_GENERATION)
    now = command.deadline
    call = Call.begin(command, "veo3", 1, now, estimated_cost=Decimal(1), paid=True)
    with context.bind(traceparent=ATTEMPT):
        assert call.stopping().payload["context"] == {"traceparent": ATTEMPT}
