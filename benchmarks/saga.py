"""B1, B2, B25: three-step runs through the real services, beside Celery's chain and DBOS.

Ours: workflow, ai-router and notify as processes over RabbitMQ and PostgreSQL, with outbox, inbox, a stored history,
jobs with leases, live updates for clients, confirms and quorum queues. Celery keeps no state at all; DBOS keeps each
step's result in PostgreSQL, in one process without a broker.

    python benchmarks/saga.py [--quick]
    python benchmarks/saga.py --counters    (B25: statements, commits, WAL and messages per run, statement by statement)
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import uvloop
from _harness import Meter, Result, Sample, Side, Wrong, compare, in_one_line, report_latency
from _statements import Statements
from rich.console import Console
from rich.table import Table
from saga_stage import ENDS_WITHIN_S, HERE, Peers, Stage

from chassis.bus.messages import Received
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.messaging.listeners import Listeners
from contracts.workflow import RunCompleted

_UNCOUNTED = 10
"""Runs one at a time that only warm up."""

_WARM_UP = 300
"""Runs at once before the first round; the peers' workers warm up before each of theirs."""


async def throughput(stage: Stage, peers: Peers, *, runs: int, rounds: int) -> Result:
    """B1: runs per second beside Celery's chains per second."""
    counted: list[Mapping[str, float]] = []

    async def ours() -> Sample:
        before = await stage.counters()
        meter = Meter(stage.pids)
        run_ids = await stage.begin(runs)
        await stage.wait(run_ids)
        sample = meter.sample(runs)
        after = await stage.counters()
        counted.append({f"{name}_per_run": (after[name] - before[name]) / runs for name in after})
        await stage.check(run_ids)
        return sample

    async def celery() -> Sample:
        await peers.start_celery()
        worker = peers.worker
        meter = Meter([stage.broker.pid, *([worker.pid] if worker is not None else [])])
        await peers.chains(runs)
        sample = meter.sample(runs)
        await peers.stop_celery()
        return sample

    return await compare(
        "B1 saga throughput",
        Side("ours", "history, jobs, outbox, inbox, live updates; each effect once", ours),
        Side("celery chain, prefork -c 2", "acknowledged late, confirms; no state", celery),
        rounds=rounds,
        gate=1.0,
        goal=1.5,
        counters=lambda: {name: statistics.median(c[name] for c in counted) for name in counted[0]} if counted else {},
    )


async def beside_dbos(stage: Stage, *, runs: int, rounds: int) -> Result:
    """B1 beside DBOS: three steps whose results are kept in PostgreSQL."""

    async def ours() -> Sample:
        meter = Meter(stage.pids)
        run_ids = await stage.begin(runs)
        await stage.wait(run_ids)
        return meter.sample(runs)

    async def dbos() -> Sample:
        count = max(runs // 5, 50)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(HERE / "dbos_peer.py"),
            str(count),
            env=os.environ | {"DBOS_URL": _plain_url(stage), "POSTGRES_PID": str(stage.postgres.pid)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        seconds, cpu, done = (float(value) for value in output.split())
        if int(done) != count:
            raise Wrong(f"DBOS finished {done:.0f} of {count}")
        return Sample(count, seconds, cpu)

    return await compare(
        "B1 saga throughput beside DBOS",
        Side("ours", "history, jobs, outbox, inbox, live updates; each effect once", ours),
        Side("dbos, three steps", "step results in PostgreSQL; one process, no broker", dbos),
        rounds=rounds,
        gate=2.0,
        goal=3.0,
    )


def _plain_url(stage: Stage) -> str:
    return f"postgresql://postgres@/dbos_peer?host={stage.postgres.socket_folder}"


@asynccontextmanager
async def _ends(stage: Stage) -> AsyncIterator[asyncio.Queue[UUID]]:
    """Runs as their ``RunCompleted`` arrives here."""
    ended: asyncio.Queue[UUID] = asyncio.Queue()
    listeners = Listeners("benchmark")

    @listeners.on(RunCompleted)
    def hear(received: Received[RunCompleted]) -> None:
        ended.put_nowait(received.message.run_id)

    bus = RabbitMQBus(stage.broker.url)
    listeners.attach(bus)
    await bus.start()
    try:
        yield ended
    finally:
        await bus.stop()


async def latency(stage: Stage, peers: Peers, *, runs: int) -> Result:
    """B2: one run at a time, from its beginning to the event of its end, beside Celery's chain; in turn."""
    ours: list[float] = []
    theirs: list[float] = []
    await peers.start_celery()
    async with _ends(stage) as ended:
        for number in range(-_UNCOUNTED, runs):
            started = time.perf_counter()
            [run_id] = await stage.begin(1)
            async with asyncio.timeout(ENDS_WITHIN_S):
                while await ended.get() != run_id:
                    pass
            between = time.perf_counter()
            await peers.chains(1)
            if number >= 0:
                ours.append(between - started)
                theirs.append(time.perf_counter() - between)
    await peers.stop_celery()
    return report_latency("B2 saga latency", ours, theirs, gate=4.0, goal=2.0, counters={})


async def counters() -> None:
    """B25: what a run costs in statements, commits, WAL and messages, one at a time and many at once."""
    statements = Statements()
    statements.attach()
    stage = Stage(Path(tempfile.mkdtemp(prefix="talkingphoto-saga-")), statements)
    try:
        await stage.start()
        await _counted(stage, "warm-up", runs=100, together=100)
        for title, runs, together in (("one at a time", 100, 1), ("at saturation", 1000, 1000)):
            _show(title, *await _counted(stage, title, runs=runs, together=together))
    finally:
        await stage.stop()


async def _counted(
    stage: Stage, title: str, *, runs: int, together: int
) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
    at_rest = await stage.counters()
    messages = await stage.messages()
    before = await stage.counters()
    await stage.sent()
    begun: list[UUID] = []
    # Heard from the broker: looking into the database would be counted as well.
    async with _ends(stage) as ended, asyncio.timeout(ENDS_WITHIN_S):
        for _ in range(runs // together):
            batch = await stage.begin(together, batch=min(together, 100))
            begun += batch
            left = set(batch)
            while left:
                left.discard(await ended.get())
    sent = await stage.sent()
    messages = await stage.messages() - messages
    after = await stage.counters()
    await stage.wait(begun)
    await stage.check(begun)
    # Less what the clock causes while the sessions' reports are waited for, which was measured before.
    totals = {name: (after[name] - before[name] - (before[name] - at_rest[name])) / runs for name in after}
    totals["messages"] = messages / runs
    each = {(process, text): count / runs for process, counted in sent.items() for text, count in counted.items()}
    totals["statements"] = sum(each.values())
    totals["statements_without_transaction_control"] = sum(
        count for (_, text), count in each.items() if text.rstrip(";") not in ("BEGIN", "COMMIT", "ROLLBACK")
    )
    rounded = {name: round(value, 3) for name, value in totals.items()}
    sys.stdout.write(json.dumps({"name": f"B25 counters, {title}"} | rounded) + "\n")
    return totals, each


def _show(title: str, totals: Mapping[str, float], each: Mapping[tuple[str, str], float]) -> None:
    table = Table(title=f"B25, {title}: " + ", ".join(f"{name} {value:,.2f}" for name, value in totals.items()))
    table.add_column("per run", justify="right")
    table.add_column("process")
    table.add_column("statement", no_wrap=True)
    for (process, text), count in sorted(each.items(), key=lambda item: -item[1]):
        if count >= 0.01:
            table.add_row(f"{count:.2f}", process, text)
    Console(stderr=True, width=140).print(table)


async def benchmark(quick: bool) -> list[Result]:
    """Everything on one pair of servers."""
    stage = Stage(Path(tempfile.mkdtemp(prefix="talkingphoto-saga-")))
    try:
        await stage.start()
        peers = Peers(stage)
        await stage.postgres.create_database("dbos_peer")
        runs, rounds = (600, 3) if quick else (2000, 7)
        await stage.wait(await stage.begin(_WARM_UP))
        return [
            await throughput(stage, peers, runs=runs, rounds=rounds),
            await beside_dbos(stage, runs=runs, rounds=rounds),
            await latency(stage, peers, runs=50 if quick else 200),
        ]
    finally:
        await stage.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    with in_one_line(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if "--counters" in sys.argv[1:]:
            runner.run(counters())
            raise SystemExit(0)
        results = runner.run(benchmark("--quick" in sys.argv[1:]))
    raise SystemExit(1 if any(result.failed for result in results) else 0)
