"""A vendor that changes its answers without telling: whatever comes, the end is a result or a failure with a class."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

import httpx
import pytest

from ai_router.providers.port import FailureClass, ProviderFailure
from simulators.core.loopback import InProcess
from simulators.matrix.drive import drive
from simulators.matrix.scenarios import SCENARIOS, Scenario, bench, request_of
from simulators.matrix.workspace import FolderWorkspace

ODD: tuple[Any, ...] = (None, True, 0, -1, 1e300, "", "x", "http://127.0.0.1/secret", [], [None], {}, {"a": 1}, [[]])
MUTATIONS = 30


class Meddling(httpx.AsyncBaseTransport):
    """Changes one place of every JSON answer: another value, a missing name, a whole other document, broken text."""

    def __init__(self, inner: InProcess) -> None:
        self._inner = inner
        self.random = Random(0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        body = await response.aread()
        headers = {k: v for k, v in response.headers.items() if k != "content-length"}
        if "json" in response.headers.get("content-type", ""):
            body = self._changed(body)
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    def _changed(self, body: bytes) -> bytes:
        roll = self.random.random()
        if roll < 0.3:
            return body
        if roll < 0.35:
            return b"\xff\xfe" + body
        document = json.loads(body)
        places = list(_places(document))
        if roll < 0.45 or not places:
            return json.dumps(self.random.choice(ODD)).encode()
        change = self.random.choice(places)
        change(self.random.choice(ODD))
        return json.dumps(document).encode()


def _places(document: Any) -> Iterator[Callable[[Any], None]]:
    """A setter for every place below the top."""
    pairs = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in list(pairs):
        yield partial(document.__setitem__, key)
        yield from _places(value)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.provider}-{s.capability}-{'+'.join(s.inputs)}")
async def test_any_answer_ends_in_a_class(workspace: FolderWorkspace, scenario: Scenario) -> None:
    """Seeded, so a crash here has a number that repeats it."""
    meddlers: list[Meddling] = []

    def through(inner: InProcess) -> Meddling:
        meddlers.append(Meddling(inner))
        return meddlers[-1]

    at = bench(through=through)
    provider = at.providers[scenario.provider]
    async with at.client:
        for seed in range(MUTATIONS):
            meddlers[0].random = Random(seed)
            workspace.clear()
            request = request_of(scenario, workspace, next(at.numbers))
            before = len(at.simulators[scenario.vendor].ledger)
            try:
                result = await drive(provider, request, workspace)
                assert result.units > 0, f"seed {seed}: nothing was delivered"
            except ProviderFailure as failed:
                assert isinstance(failed.failure, FailureClass)
                assert failed.user_message
            except Exception as crash:
                raise AssertionError(f"seed {seed}: {type(crash).__name__}: {crash}") from crash
            assert len(at.simulators[scenario.vendor].ledger) - before <= 1
