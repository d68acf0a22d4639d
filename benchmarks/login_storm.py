"""B19: twenty people log in again and again while others read their profile; beside bcrypt alone.

Ours is the users service over a socket, on PostgreSQL, in a process of its own: every login counts failures, opens a
session and signs a token. The peer compares passwords in a loop on as many threads as the service does it on, all cores
but one, with nothing around it. What matters to everybody else is how long the reads take meanwhile: p99 below 50 ms.
Where they take half of that without a login the machine is busy, and the run void.

    python benchmarks/login_storm.py [--quick]
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import bcrypt
from _harness import Result, _environment, _p99, main, report

from chassis.clock import SystemClock
from chassis.data import migrations
from chassis.data.database import Database
from chassis.identity.tokens import TokenVerifier
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.service import Dependencies
from chassis.settings import load
from chassis.testing.served import served
from users.composition import SPEC

AT_ONCE = 20
READERS = 4
READ_EVERY_S = 0.02
COST = 12
MOST_MS = 50.0
GATE, GOAL = 0.8, 0.95
PASSWORD = "monsoon-42-lamp"  # noqa: S105  # nobody's


async def serve(url: str) -> None:
    """The users service on the database at ``url``, until standard input ends; prints its address."""
    clock = SystemClock()
    database = Database(url, service="users", clock=clock)
    addresses: list[str] = []

    async def keys() -> Any:
        async with aiohttp.ClientSession() as http, http.get(f"{addresses[0]}/.well-known/jwks.json") as answer:
            return await answer.json()

    settings = load(SPEC.settings, env="test", bcrypt_cost=COST)
    verifier = TokenVerifier(keys, issuer=settings.token_issuer, audience=settings.token_audience)
    service = SPEC.build(settings, Dependencies(database, None, verifier, clock, None))  # type: ignore[arg-type]
    async with served(service.app) as address:
        addresses.append(address)
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await database.close()


@asynccontextmanager
async def served_alone(database_url: str) -> AsyncIterator[str]:
    """The address of the service in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "--serve",
        database_url,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        while not (line := (await process.stdout.readline()).decode().strip()).startswith("http"):
            if not line and process.returncode is not None:
                raise RuntimeError("the service did not start")
        draining = asyncio.create_task(process.stdout.read())
        yield line
        draining.cancel()
    finally:
        process.stdin.close()
        await process.wait()


class People:
    """Accounts of the service at an address, and what they do."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._tokens: list[str] = []

    async def join(self) -> None:
        """Open the accounts, and a session for each reader."""
        for number in range(AT_ONCE):
            consents = [{"kind": "terms"}, {"kind": "privacy"}]
            body = {"email": f"{number}@example.com", "password": PASSWORD, "consents": consents}
            async with self._http.post("/api/v1/auth/register", json=body) as answer:
                assert answer.status == 201, await answer.text()
        for number in range(READERS):
            self._tokens.append(await self.log_in(number))

    async def log_in(self, number: int) -> str:
        """A new session's access token."""
        body = {"email": f"{number}@example.com", "password": PASSWORD}
        async with self._http.post("/api/v1/auth/login", json=body) as answer:
            assert answer.status == 200, await answer.text()
            token: str = (await answer.json())["access_token"]
            return token

    async def read(self, seconds: float) -> list[float]:
        """How long each of the reads took that were made for so long."""
        took: list[float] = []
        end = time.perf_counter() + seconds

        async def reading(token: str) -> None:
            while time.perf_counter() < end:
                began = time.perf_counter()
                headers = {"Authorization": f"Bearer {token}"}
                async with self._http.get("/api/v1/users/me", headers=headers) as answer:
                    await answer.read()
                    assert answer.status == 200
                took.append(time.perf_counter() - began)
                await asyncio.sleep(READ_EVERY_S)

        await asyncio.gather(*(reading(token) for token in self._tokens))
        return took

    async def storm(self, seconds: float) -> tuple[list[float], float]:
        """The same while everybody logs in again and again; also logins a second."""
        done, stop = 0, asyncio.Event()

        async def logging_in(number: int) -> None:
            nonlocal done
            while not stop.is_set():
                await self.log_in(number)
                done += 1

        storming = [asyncio.create_task(logging_in(number)) for number in range(AT_ONCE)]
        began = time.perf_counter()
        took = await self.read(seconds)
        rate = done / (time.perf_counter() - began)
        stop.set()
        await asyncio.gather(*storming)
        return took, rate


def compared_a_second(seconds: float) -> float:
    """How many passwords bcrypt alone compares on all cores but one."""
    threads = max(1, (os.cpu_count() or 2) - 1)
    digest = base64.b64encode(hashlib.sha256(PASSWORD.encode()).digest())
    hashed = bcrypt.hashpw(digest, bcrypt.gensalt(COST))
    end = time.perf_counter() + seconds

    def comparing(_: int) -> int:
        count = 0
        while time.perf_counter() < end:
            bcrypt.checkpw(digest, hashed)
            count += 1
        return count

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(comparing, range(threads))) / seconds


def _verdict(ratio: float, idle_ms: float, storm_ms: float) -> str:
    if idle_ms >= MOST_MS / 2:
        # Somebody else has the machine: nothing is known.
        return "void"
    if ratio < GATE or storm_ms >= MOST_MS:
        return "below gate"
    return "goal" if ratio >= GOAL else "gate"


async def benchmark(quick: bool) -> Result:
    """Idle, storm and peer, each for as long."""
    seconds = 6.0 if quick else 20.0
    folder = Path(tempfile.mkdtemp(prefix="login-storm-"))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = PrivatePostgres(folder / "postgres")
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        url = await postgres.create_database("users")
        assert SPEC.migrations is not None
        await migrations.upgrade(url, SPEC.migrations)
        address = await stack.enter_async_context(served_alone(url))
        http = await stack.enter_async_context(aiohttp.ClientSession(address))
        people = People(http)
        await people.join()
        idle = await people.read(seconds)
        storm, rate = await people.storm(seconds)
        alone = await asyncio.to_thread(compared_a_second, seconds)
    ratio, p99 = rate / alone, _p99(storm) * 1e3
    result = Result(
        name="B19 logins beside bcrypt alone",
        ratio=round(ratio, 3),
        spread=0.0,
        verdict=_verdict(ratio, _p99(idle) * 1e3, p99),
        gate=GATE,
        goal=GOAL,
        ratios=[round(ratio, 3)],
        ours={"name": "users", "promise": "counted, opened, signed", "rate": round(rate, 2), "cpu_us": 0.0},
        peer={"name": "bcrypt", "promise": "none", "rate": round(alone, 2), "cpu_us": 0.0},
        counters={
            "reads": float(len(storm)),
            "idle_p50_ms": round(statistics.median(idle) * 1e3, 2),
            "idle_p99_ms": round(_p99(idle) * 1e3, 2),
            "storm_p50_ms": round(statistics.median(storm) * 1e3, 2),
            "storm_p99_ms": round(p99, 2),
            "most_ms": MOST_MS,
        },
        environment=_environment(),
    )
    report(result)
    return result


if __name__ == "__main__":
    if "--serve" in sys.argv:
        asyncio.run(serve(sys.argv[-1]))
    else:
        main(benchmark)
