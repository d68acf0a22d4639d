"""fal's status stream: it ends a wait early, and never decides anything."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import cast

import httpx
import pytest

from ai_router.jobs.running.vendor import Polling, drive
from ai_router.providers.http import VendorHttp
from ai_router.providers.port import FailureClass, ProviderFailure, Ready, Watches
from ai_router.providers.vendors.fal import DIALECT, Fal
from contracts.enums import Capability
from simulators.core.faults import Fault
from simulators.core.loopback import InProcess
from simulators.matrix.scenarios import Bench, Scenario, request_of
from simulators.matrix.workspace import FolderWorkspace

SCENARIO = Scenario("fal_ai", "fal", Capability.IMAGE_GENERATION, (), {"prompt": "a lighthouse"})
SLOW = Polling(first_s=20.0, most_s=20.0, stop_s=60.0)
"""Whoever waits these pauses out does not pass."""


async def _nothing(*_: object) -> None:
    return None


async def test_a_job_is_watched_to_its_end(at: Bench, workspace: FolderWorkspace) -> None:
    fal = cast(Watches, at.providers["fal_ai"])
    request = request_of(SCENARIO, workspace)
    accepted = await fal.submit(request, workspace)
    await fal.watch(accepted.vendor_job_id)
    assert isinstance(await fal.poll(accepted.vendor_job_id, request), Ready)


async def test_a_failed_and_a_cancelled_job_end_the_watch_too(at: Bench, workspace: FolderWorkspace) -> None:
    fal = cast(Watches, at.providers["fal_ai"])
    at.simulators["fal"].plan.script("submit", [Fault.JOB_FAILED])
    for cancelled in (False, True):
        accepted = await fal.submit(request_of(SCENARIO, workspace, int(cancelled)), workspace)
        if cancelled:
            assert await fal.cancel(accepted.vendor_job_id)
        await asyncio.wait_for(fal.watch(accepted.vendor_job_id), 5)


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault.OVERLOADED, FailureClass.TRANSIENT),
        (Fault.JOB_LOST, None),
        (Fault.THROTTLED, FailureClass.THROTTLED),
        (Fault.SERVER_ERROR, FailureClass.TRANSIENT),
        (Fault.DROP_BEFORE, FailureClass.TRANSIENT),
        (Fault.GARBLED, FailureClass.TRANSIENT),
    ],
)
async def test_a_stream_that_does_not_work_says_so(
    at: Bench, workspace: FolderWorkspace, fault: Fault, failure: FailureClass | None
) -> None:
    fal, simulator = cast(Watches, at.providers["fal_ai"]), at.simulators["fal"]
    accepted = await fal.submit(request_of(SCENARIO, workspace), workspace)
    simulator.plan.script("poll", [fault])
    with pytest.raises(ProviderFailure) as refused:
        await fal.watch(accepted.vendor_job_id)
    assert failure is None or refused.value.failure is failure
    assert simulator.key not in f"{refused.value!r} {refused.value}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'data: {"status": "IN_PROGRESS"}\n\n',
        b"data: no json\n\n",
        b": only a comment\n\n",
        b"data: [1]\n\n",
    ],
)
async def test_a_stream_that_ends_before_the_job_is_no_end_of_the_job(body: bytes) -> None:
    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(ProviderFailure) as ended:
            await Fal(VendorHttp(client, "http://fal.simulated", DIALECT, {})).watch("fal-ai/flux/requests/1")
    assert ended.value.failure is FailureClass.TRANSIENT


async def test_the_pause_between_questions_ends_with_the_job(at: Bench, workspace: FolderWorkspace) -> None:
    fal, request = at.providers["fal_ai"], request_of(SCENARIO, workspace)
    begun = time.monotonic()
    result = await drive(fal, request, workspace, lambda _: None, remember=_nothing, polling=SLOW)
    assert result.outputs["image"].mime_type == "image/jpeg"
    assert time.monotonic() - begun < 10


async def test_without_a_stream_the_pause_is_waited_out_and_the_job_is_done(
    at: Bench, workspace: FolderWorkspace
) -> None:
    fal, request = at.providers["fal_ai"], request_of(SCENARIO, workspace)
    at.simulators["fal"].plan.script("poll", [Fault.SERVER_ERROR])
    quick = replace(SLOW, first_s=0.2, most_s=0.2)
    result = await drive(fal, request, workspace, lambda _: None, remember=_nothing, polling=quick)
    assert result.outputs


async def test_a_frozen_job_is_asked_about_all_the_same(workspace: FolderWorkspace) -> None:
    """The stream says nothing new for ever; the pause ends, and polling gives the job up in its time."""
    from simulators.vendors.fal import Fal as Simulator

    simulator = Simulator()
    simulator.plan.script("submit", [Fault.FROZEN])

    class Endless(httpx.AsyncBaseTransport):
        inner = InProcess({"fal.simulated": simulator.app})

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/status/stream"):
                await asyncio.sleep(3600)
            return await self.inner.handle_async_request(request)

    async with httpx.AsyncClient(transport=Endless()) as client:
        http = VendorHttp(client, "http://fal.simulated", DIALECT, {"authorization": f"Key {simulator.key}"})
        polling = Polling(first_s=0.05, most_s=0.05, stop_s=0.3)
        with pytest.raises(ProviderFailure) as stuck:
            await drive(
                Fal(http),
                request_of(SCENARIO, workspace),
                workspace,
                lambda _: None,
                remember=_nothing,
                polling=polling,
            )
    assert stuck.value.failure is FailureClass.STUCK
