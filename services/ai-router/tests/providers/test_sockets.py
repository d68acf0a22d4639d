"""The adapters over real connections, with the client the service uses: what is shown in process holds on a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from ai_router.providers.http import pooled_client
from ai_router.providers.port import FailureClass, Performs, Provider, ProviderFailure
from ai_router.providers.registry import configured
from chassis.observe import traces
from chassis.settings import ServiceSettings
from simulators.core.faults import Fault
from simulators.matrix.drive import drive
from simulators.matrix.expectations import RESULT
from simulators.matrix.scenarios import SCENARIOS, Scenario, request_of, settings_for
from simulators.matrix.workspace import FolderWorkspace
from simulators.serve import Served

FIRST: Mapping[str, Scenario] = {scenario.provider: scenario for scenario in reversed(SCENARIOS)}
"""One scenario per provider."""


@pytest.fixture
async def connected(sockets: Mapping[str, Served]) -> AsyncIterator[Mapping[str, Provider]]:
    for served in sockets.values():
        served.simulator.plan.clear()
    async with pooled_client() as client:
        settings = settings_for({name: served.url for name, served in sockets.items()})
        yield configured(settings, lambda: client)


async def _outcome(
    provider: Provider, scenario: Scenario, workspace: FolderWorkspace, number: int, **more: float
) -> str:
    try:
        await drive(provider, replace(request_of(scenario, workspace, number), **more), workspace)  # type: ignore[arg-type]
    except ProviderFailure as failed:
        return failed.failure
    return RESULT


@pytest.mark.parametrize("key", sorted(FIRST))
async def test_work_gets_done(connected: Mapping[str, Provider], workspace: FolderWorkspace, key: str) -> None:
    await connected[key].healthy()
    assert await _outcome(connected[key], FIRST[key], workspace, 1001) == RESULT


@pytest.mark.parametrize("key", sorted(FIRST))
async def test_a_lost_answer_is_found_or_unknown_and_accepted_once(
    connected: Mapping[str, Provider], sockets: Mapping[str, Served], workspace: FolderWorkspace, key: str
) -> None:
    """A connection that breaks after acceptance, and a gateway that gives up."""
    provider, scenario = connected[key], FIRST[key]
    simulator = sockets[scenario.vendor].simulator
    lookup = provider.declarations[0].idempotency == "lookup"
    for number, fault in enumerate((Fault.DROP_AFTER, Fault.GATEWAY_AFTER), start=2001):
        before = len(simulator.ledger)
        simulator.plan.script("perform" if isinstance(provider, Performs) else "submit", [fault])
        assert await _outcome(provider, scenario, workspace, number) == (
            RESULT if lookup else FailureClass.UNKNOWN_OUTCOME
        )
        assert len(simulator.ledger) == before + 1


@pytest.mark.parametrize("key", sorted(FIRST))
async def test_a_silent_vendor_meets_the_deadline(
    connected: Mapping[str, Provider], sockets: Mapping[str, Served], workspace: FolderWorkspace, key: str
) -> None:
    """A synchronous call waits as long as the job may take, and no longer."""
    provider, scenario = connected[key], FIRST[key]
    if not isinstance(provider, Performs):
        return
    sockets[scenario.vendor].simulator.plan.script("perform", [Fault.HANG_AFTER])
    outcome = await _outcome(provider, scenario, workspace, 3001, deadline_s=0.2)
    assert outcome == FailureClass.UNKNOWN_OUTCOME


async def test_a_vendor_that_is_down_accepted_nothing(workspace: FolderWorkspace) -> None:
    """A refused connection is the one loss after which the same call may be made at once."""
    async with pooled_client() as client:
        settings = settings_for({scenario.vendor: "http://127.0.0.1:9" for scenario in SCENARIOS})
        for key, provider in configured(settings, lambda: client).items():
            assert await _outcome(provider, FIRST[key], workspace, 4001) == FailureClass.TRANSIENT


async def test_every_vendors_calls_are_spans_that_give_nothing_away(
    sockets: Mapping[str, Served], workspace: FolderWorkspace
) -> None:
    """Neither keys and signed queries, nor what a user wrote; and no vendor is told of our traces."""
    exporter = InMemorySpanExporter()
    traces.configure_tracing(ServiceSettings(trace_sample_ratio=1.0), exporter)
    settings = settings_for({name: served.url for name, served in sockets.items()})
    try:
        async with pooled_client() as client:
            for key, provider in configured(settings, lambda: client).items():
                with traces.start_span_from(None, key):
                    assert await _outcome(provider, FIRST[key], workspace, 3001) == RESULT
    finally:
        traces.configure_tracing(ServiceSettings())

    calls = [span for span in exporter.get_finished_spans() if span.kind is SpanKind.CLIENT]
    works = {span.context.span_id: span.name for span in exporter.get_finished_spans() if span.context}
    assert {works[span.parent.span_id] for span in calls if span.parent} == set(FIRST)
    told = "".join(span.to_json() for span in calls)
    assert not [secret for name, secret in settings.items() if name.endswith("_API_KEY") and secret in told]
    assert not [span for span in calls if "?" in str((span.attributes or {})["url.full"])]
    words = {str(value) for scenario in FIRST.values() for value in scenario.parameters.values()}
    assert not [text for text in words if len(text) > 20 and text in told]
