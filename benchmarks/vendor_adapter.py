"""What an adapter adds to a call: structured answers from a simulator in another process, beside OpenAI's own client.

Ours sends the question, checks the answer against schema and video, and stores it as a document. The peer sends the
same question and validates the answer with Pydantic.

    python benchmarks/vendor_adapter.py [--quick]
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import openai
import pydantic
import uvloop
from _harness import Meter, Result, Sample, Side, Wrong, compare, main

from ai_router.providers.http import pooled_client
from ai_router.providers.language import LONGEST_ANSWER_TOKENS, question
from ai_router.providers.port import Performs
from ai_router.providers.registry import configured
from contracts.enums import Capability
from simulators.matrix.scenarios import SCENARIOS, request_of
from simulators.matrix.workspace import FolderWorkspace

AT_ONCE = 8
ALONE = 200
"""Calls one after the other, for the milliseconds of one; their median counts."""
_START_S = 20.0


class Hook(pydantic.BaseModel):
    """One hook, as the peer validates it."""

    start: float
    end: float
    title: str
    reason: str
    score: float


class Hooks(pydantic.BaseModel):
    """The peer's answer."""

    hooks: list[Hook]


class Calls:
    """The two sides over one simulator."""

    def __init__(self, calls: int, settings: dict[str, str], folder: Path) -> None:
        self.calls = calls
        self.settings = settings
        scenario = next(s for s in SCENARIOS if s.provider == "openai" and s.capability is Capability.HOOK_DETECTION)
        self.workspace = FolderWorkspace(folder)
        self.request = request_of(scenario, self.workspace)
        self.alone_ms: dict[str, list[float]] = defaultdict(list)
        self.sent: httpx.Request | None = None
        """What the adapter sends."""

    async def ours(self) -> Sample:
        """The adapter."""
        async with pooled_client() as client:
            provider = configured(self.settings, lambda: client)["openai"]
            if not isinstance(provider, Performs):
                raise Wrong("the adapter does not perform")

            async def call() -> None:
                found = await provider.perform(self.request, self.workspace, lambda share: None)
                if len(found.data["hooks"]) != 2:
                    raise Wrong(f"{found.data}")

            await self._without_adapter(client, call)
            return await self._measured("ours", call)

    async def peer(self) -> Sample:
        """The official client."""
        task, turn = question(self.request)
        url, key = self.settings["OPENAI_BASE_URL"], self.settings["OPENAI_API_KEY"]
        async with openai.AsyncOpenAI(api_key=key, base_url=url, max_retries=0) as client:

            async def call() -> None:
                answer = await client.responses.parse(
                    model="gpt-5.4-mini",
                    instructions=task.instructions,
                    input=[{"role": "user", "content": [{"type": "input_text", "text": turn}]}],
                    text_format=Hooks,
                    max_output_tokens=LONGEST_ANSWER_TOKENS,
                    store=False,
                )
                if answer.output_parsed is None or len(answer.output_parsed.hooks) != 2:
                    raise Wrong("no hooks")

            return await self._measured("peer", call)

    def counters(self) -> dict[str, float]:
        """Milliseconds of one call alone, and what each side adds to the bare exchange of the same bytes."""
        alone = {side: median(times) for side, times in self.alone_ms.items()}
        return {f"{side}_ms_alone": ms for side, ms in alone.items()} | {
            f"{side}_added_ms": alone[side] - alone["bare"] for side in ("ours", "peer") if side in alone
        }

    async def _without_adapter(self, client: httpx.AsyncClient, call: Callable[[], Awaitable[None]]) -> None:
        async def keep(request: httpx.Request) -> None:
            self.sent = request

        client.event_hooks = {"request": [keep]}
        await call()
        client.event_hooks = {}
        sent = self.sent
        if sent is None:
            raise Wrong("the adapter sent nothing")

        async def again() -> None:
            answer = await client.request(sent.method, sent.url, headers=sent.headers, content=sent.content)
            answer.raise_for_status()

        await self._alone("bare", again)

    async def _alone(self, side: str, call: Callable[[], Awaitable[None]]) -> None:
        for _ in range(ALONE // 10):
            await call()
        for _ in range(ALONE):
            begun = time.perf_counter()
            await call()
            self.alone_ms[side].append((time.perf_counter() - begun) * 1000)

    async def _measured(self, side: str, call: Callable[[], Awaitable[None]]) -> Sample:
        await self._alone(side, call)
        before = self._accepted()
        meter = Meter([])
        left = iter(range(self.calls))

        async def work() -> None:
            for _ in left:
                await call()

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        sample = meter.sample(self.calls)
        if (accepted := self._accepted() - before) != self.calls:
            raise Wrong(f"{accepted} accepted of {self.calls}")
        return sample

    def _accepted(self) -> int:
        base = self.settings["OPENAI_BASE_URL"].removesuffix("/v1")
        return int(httpx.get(f"{base}/__simulator__/ledger", timeout=_START_S).json()["accepted"])


def _settings(process: subprocess.Popen[str]) -> dict[str, str]:
    if process.stdout is None:
        raise Wrong("the simulator says nothing")
    return dict(process.stdout.readline().strip().split("=", 1) for _ in range(3))


async def benchmark(quick: bool) -> Result:
    """Calls per second, eight at once; the milliseconds of a single call are among the counters."""
    folder = Path(tempfile.mkdtemp(prefix="bench-vendor-"))
    process = await asyncio.to_thread(_simulator)
    try:
        calls = Calls(200 if quick else 1_000, _settings(process), folder)
        await _ready(calls)
        return await compare(
            "vendor adapter beside the official client",
            Side("adapter", "schema and times checked, stored as a document", calls.ours),
            Side(f"openai {openai.__version__}", "schema checked", calls.peer),
            rounds=3 if quick else 9,
            gate=1.0,
            goal=1.5,
            counters=calls.counters,
        )
    finally:
        process.terminate()
        process.wait(_START_S)
        shutil.rmtree(folder, ignore_errors=True)


def _simulator() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulators", "--settings", "openai"], stdout=subprocess.PIPE, text=True
    )


async def _ready(calls: Calls) -> Any:
    until = time.monotonic() + _START_S
    while True:
        try:
            return calls._accepted()
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    uvloop.install()
    main(benchmark)
