"""A planted key is searched for wherever something leaves an adapter."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from ai_router.providers.port import ProviderFailure
from ai_router.providers.registry import configured
from simulators.core.loopback import InProcess
from simulators.matrix.drive import drive
from simulators.matrix.run import squares
from simulators.matrix.scenarios import SCENARIOS, Bench, bench, request_of
from simulators.matrix.workspace import FolderWorkspace

KEY = "sk-planted-4f1c9e7a2b"


@pytest.fixture
async def planted() -> AsyncIterator[Bench]:
    """All adapters with a recognisable key; every vendor echoes it in its error messages."""
    made = bench(key=KEY, through=_Echo)
    async with made.client:
        yield made


class _Echo(httpx.AsyncBaseTransport):
    """A careless vendor: puts the caller's key into every text of its error answers."""

    def __init__(self, inner: InProcess) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if response.status_code < 400:
            return response
        body = (await response.aread()).replace(b'"message": "', b'"message": "your key ' + KEY.encode() + b" ")
        body = body.replace(b'"message":"', b'"message":"your key ' + KEY.encode() + b" ")
        body = body.replace(b'"error":"', b'"error":"your key ' + KEY.encode() + b" ")
        return httpx.Response(response.status_code, content=body, request=request)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything any logger says, at the lowest level."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage() + (record.exc_text or ""))

    root, handler = logging.getLogger(), Keep(logging.DEBUG)
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before)


def _told(error: BaseException | None) -> Iterator[str]:
    """What a traceback says besides lines of code: every exception of the chain, with its notes."""
    while error is not None:
        yield from traceback.format_exception_only(error)
        error = error.__cause__ or error.__context__


async def test_the_key_never_leaves(planted: Bench, workspace: FolderWorkspace, logged: list[str]) -> None:
    """Errors with their tracebacks, results, stored raw answers, representations and logs, for every fault."""
    seen: list[str] = [repr(provider) for provider in planted.providers.values()]
    failures = 0
    for scenario in SCENARIOS:
        provider, simulator = planted.providers[scenario.provider], planted.simulators[scenario.vendor]
        for operation, fault in squares(simulator, scenario.lacks):
            if operation == "health":
                continue
            simulator.plan.clear()
            simulator.plan.script(operation, [fault])
            workspace.clear()
            try:
                result = await drive(provider, request_of(scenario, workspace), workspace)
                seen += [repr(result), json.dumps(result.raw), json.dumps(result.data)]
            except ProviderFailure as failed:
                failures += 1
                seen += [*_told(failed), repr(vars(failed)), failed.user_message]
    assert failures > 100
    assert any("[secret]" in text for text in seen), "no vendor echoed the key, so nothing was shown"
    assert [text for text in (*seen, *logged) if KEY in text] == []


async def test_the_key_goes_to_its_vendor_and_nowhere_else() -> None:
    """A result link on another host is fetched without the key."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=b"x")

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        provider = configured({"OPENAI_API_KEY": KEY}, lambda: client)["openai"]
        http = provider.http  # type: ignore[attr-defined]
        own = await http._guarded("https://api.openai.com/v1/files/x")
        other = await http._guarded("https://8.8.8.8/x.png")
    assert KEY in own.headers["authorization"]
    assert KEY not in str(other.headers)
