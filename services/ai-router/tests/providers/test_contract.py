"""What every provider promises, vendor or local: the same tests for all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ai_router.providers.content import inspect
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    Performs,
    Provider,
    ProviderFailure,
    ProviderRequest,
    Ready,
    Running,
    Submits,
)
from contracts.enums import Capability
from simulators.matrix.drive import drive
from simulators.matrix.workspace import FolderWorkspace

Made = tuple[Provider, ProviderRequest]


def _declared(provider: Provider, request: ProviderRequest) -> Declaration:
    [found] = [d for d in provider.declarations if d.capability is request.capability]
    return found


async def _refusal(provider: Provider, request: ProviderRequest, workspace: FolderWorkspace) -> ProviderFailure:
    with pytest.raises(ProviderFailure) as caught:
        await drive(provider, request, workspace)
    return caught.value


async def test_it_has_exactly_one_shape_and_describes_itself(case: Made) -> None:
    provider, request = case
    assert isinstance(provider, Performs) != isinstance(provider, Submits)
    assert provider.key
    declaration = _declared(provider, request)
    assert declaration.models
    assert declaration.price_unit in ("image", "second", "job", "character", "token")
    capabilities = [each.capability for each in provider.declarations]
    assert len(capabilities) == len(set(capabilities))


async def test_it_is_healthy(case: Made) -> None:
    await case[0].healthy()


async def test_a_good_attempt_gives_whole_media_and_counts_units(case: Made, workspace: FolderWorkspace) -> None:
    """Every output is stored under its true type; units are delivered units."""
    provider, request = case
    result = await drive(provider, request, workspace)
    assert result.outputs
    assert result.units > 0
    for role, stored in result.outputs.items():
        data = workspace.read(stored)
        assert len(data) == stored.size > 0
        if role in ("document", "timings"):
            assert stored.mime_type == "application/json"
            json.loads(data)
        else:
            assert inspect(await workspace.fetch(stored)).mime_type == stored.mime_type
            assert stored.mime_type.startswith(role.partition("_")[0])


async def test_everything_asked_for_is_honoured_or_reported_as_ignored(case: Made, workspace: FolderWorkspace) -> None:
    """No parameter is dropped in silence; a parameter that was not given is not reported."""
    provider, request = case
    honours = _declared(provider, request).honours
    asked: dict[str, Any] = {**request.parameters, "bokeh": 3, "camera": "35mm", "absent": None}
    result = await drive(provider, replace(request, parameters=asked), workspace)
    given = {name for name, value in asked.items() if value is not None}
    assert given - honours <= set(result.ignored) <= given
    assert list(result.ignored) == sorted(result.ignored)


async def test_the_raw_answer_can_be_stored(case: Made, workspace: FolderWorkspace) -> None:
    """JSON, small, without media and without signed links."""
    provider, request = case
    text = json.dumps((await drive(provider, request, workspace)).raw)
    assert len(text) < 20_000
    assert "Signature=" not in text


async def test_what_is_not_offered_is_refused_before_anything_is_sent(case: Made, workspace: FolderWorkspace) -> None:
    provider, request = case
    offered = {each.capability for each in provider.declarations}
    foreign = next(each for each in Capability if each not in offered)
    assert (await _refusal(provider, replace(request, capability=foreign), workspace)).failure is FailureClass.INPUT
    other = await _refusal(provider, replace(request, model="no-such-model"), workspace)
    assert other.failure is FailureClass.INPUT
    assert other.user_message


async def test_a_missing_input_is_refused(case: Made, workspace: FolderWorkspace) -> None:
    """With neither media nor parameters there is nothing to work on."""
    provider, request = case
    failed = await _refusal(provider, replace(request, inputs={}, parameters={}), workspace)
    assert failed.failure is FailureClass.INPUT


async def test_a_failure_has_words_for_the_person(case: Made, workspace: FolderWorkspace) -> None:
    provider, request = case
    failed = await _refusal(provider, replace(request, inputs={}, parameters={}), workspace)
    assert failed.user_message
    assert str(failed) != failed.user_message


async def test_fetching_twice_gives_the_same(case: Made, workspace: FolderWorkspace) -> None:
    provider, request = case
    if not isinstance(provider, Submits):
        return
    accepted = await provider.submit(request, workspace)
    ready = await _ready(provider, accepted.vendor_job_id, request)
    first = await provider.fetch(accepted.vendor_job_id, ready, request, workspace)
    workspace.clear()
    second = await provider.fetch(accepted.vendor_job_id, ready, request, workspace)
    assert {role: each.sha256 for role, each in first.outputs.items()} == {
        role: each.sha256 for role, each in second.outputs.items()
    }


async def _ready(provider: Submits, vendor_job_id: str, request: ProviderRequest) -> Ready:
    for _ in range(6):
        state = await provider.poll(vendor_job_id, request)
        if isinstance(state, Ready):
            return state
        assert isinstance(state, Running)
        assert state.progress is None or 0.0 <= state.progress <= 1.0
    raise AssertionError("the job never finished")


async def test_cancelling_does_what_the_declaration_says(case: Made, workspace: FolderWorkspace) -> None:
    """A vendor that cancels ends the job; one that cannot says so and the job goes on."""
    provider, request = case
    if not isinstance(provider, Submits):
        return
    accepted = await provider.submit(request, workspace)
    assert await provider.cancel(accepted.vendor_job_id) is _declared(provider, request).cancels
    if _declared(provider, request).cancels:
        with pytest.raises(ProviderFailure):
            await _ready(provider, accepted.vendor_job_id, request)
    else:
        assert await _ready(provider, accepted.vendor_job_id, request)


async def test_a_lost_answer_is_resolved_or_declared_lost(case: Made, workspace: FolderWorkspace) -> None:
    """``lookup`` finds the job of this attempt and no other; without a way to tell it says so."""
    provider, request = case
    if not isinstance(provider, Submits):
        return
    if _declared(provider, request).idempotency != "lookup":
        with pytest.raises(ProviderFailure) as caught:
            await provider.lookup(request)
        assert caught.value.failure is FailureClass.UNKNOWN_OUTCOME
        return
    assert await provider.lookup(request) is None
    accepted = await provider.submit(request, workspace)
    found = await provider.lookup(request)
    assert found is not None
    assert found.vendor_job_id == accepted.vendor_job_id
    stranger = replace(request, attempt_id=type(request.attempt_id)(int=77))
    assert await provider.lookup(stranger) is None
