"""A parameter that a declaration honours reaches the vendor: with it the vendor is sent something else than without."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from ai_router.providers.port import FailureClass, ProviderFailure, ProviderRequest
from simulators.matrix.drive import drive
from simulators.matrix.scenarios import SCENARIOS, Bench, Scenario, input_of, request_of
from simulators.matrix.workspace import FolderWorkspace

OTHER: Mapping[str, Any] = {
    "prompt": "a quiet harbour at night",
    "script": "Thank you for coming today.",
    "width": 720,
    "height": 1280,
    "seed": 4711,
    "duration": 6,
    "factor": 4,
    "voice": "male",
    "speed": 1.1,
    "language": "es",
    "style": "warm",
    "negative_prompt": "fog",
    "enhancement_type": "restore",
    "count": 1,
    "strength": 0.3,
    "platform": "tiktok",
    "workflow_type": "educational",
    "transcript": [{"start": 1.0, "end": 4.0, "text": "Wait for it."}],
}
"""A value for every name that any vendor honours, other than the scenarios'."""

# Where another model of the vendor is the one that takes it.
MODELS: Mapping[tuple[str, str], str] = {("elevenlabs", "language"): "eleven_flash_v2_5"}
_SIZE = ("width", "height")
_INPUTS = ("image", "mask")
"""Honoured like parameters, because not every model takes them."""
_BESIDE: Mapping[str, str] = {"strength": "image"}
"""What means nothing without an input, and the input."""
_COUNTED = re.compile(r"\b[a-z_]+\d{8}\b")
"""Numbers a simulator gives to uploads, different each time."""


def _pair(base: ProviderRequest, name: str, workspace: FolderWorkspace) -> tuple[ProviderRequest, ProviderRequest]:
    """The request without a parameter and with another value for it. A size is asked for by both its sides."""
    if name in _INPUTS:
        first = replace(base, inputs={role: each for role, each in base.inputs.items() if role != name})
        with_input = {**first.inputs, name: workspace.put(*input_of(name))}
        return first, replace(base, inputs=with_input, attempt_id=UUID(int=base.attempt_id.int + 1))
    if name in _BESIDE:
        base = replace(base, inputs={**base.inputs, _BESIDE[name]: workspace.put(*input_of(_BESIDE[name]))})
    names = _SIZE if name in _SIZE else (name,)
    without = {key: value for key, value in base.parameters.items() if key not in names}
    with_it = {**without, **{each: OTHER[each] for each in names}}
    first = replace(base, parameters=without)
    return first, replace(base, parameters=with_it, attempt_id=UUID(int=base.attempt_id.int + 1))


async def _sent(at: Bench, scenario: Scenario, request: ProviderRequest, workspace: FolderWorkspace) -> tuple[str, Any]:
    workspace.clear()
    result = await drive(at.providers[scenario.provider], request, workspace)
    body = dict(at.simulators[scenario.vendor].ledger.entries[-1].body)
    text = json.dumps(body, sort_keys=True, default=str).replace(str(request.attempt_id), "")
    return _COUNTED.sub("", text), result.ignored


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.provider}-{s.capability}-{'+'.join(s.inputs)}")
async def test_every_honoured_parameter_changes_what_is_sent(
    at: Bench, workspace: FolderWorkspace, scenario: Scenario
) -> None:
    """Or it is reported as ignored for this very request, or nothing can be sent without it."""
    provider = at.providers[scenario.provider]
    [honours] = [d.honours for d in provider.declarations if d.capability is scenario.capability]
    silent = []
    for name in sorted(honours):
        base = request_of(scenario, workspace, 2 * next(at.numbers))
        base = replace(base, model=MODELS.get((scenario.provider, name)))
        without, with_it = _pair(base, name, workspace)
        after, ignored = await _sent(at, scenario, with_it, workspace)
        try:
            before, _ = await _sent(at, scenario, without, workspace)
        except ProviderFailure as needed:
            assert needed.failure is FailureClass.INPUT
            continue
        if before == after and name not in ignored:
            silent.append(name)
    assert silent == []
