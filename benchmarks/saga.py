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
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop
from _harness import Meter, Result, Sample, Side, Wrong, compare, report_latency
from _statements import Statements
from rich.console import Console
from rich.table import Table
from saga_services import SPECS, THREE_STEPS

from chassis import ids
from chassis.bus.rabbitmq import RabbitMQBus
from chassis.database import Database
from chassis.listeners import Listeners
from chassis.messages import Received
from chassis.outbox import Outbox
from chassis.private_postgres import PrivatePostgres
from chassis.private_rabbitmq import PrivateRabbitMQ
from chassis.process import migrate
from chassis.settings import load
from contracts.enums import Priority, WorkflowType
from contracts.workflow import RunCompleted
from workflow.runs.service import Order, begin_all

HERE = Path(__file__).parent
_ENDS_WITHIN_S = 120.0
_UNCOUNTED = 10
"""Runs one at a time that only warm up."""


class Stage:
    """Private servers, and the three services as processes."""

    def __init__(self, folder: Path, statements: Statements | None = None) -> None:
        """``statements``: count this process' and have the workers count theirs."""
        self.folder = folder
        self.statements = statements
        self.postgres = PrivatePostgres(folder / "postgres")
        self.broker = PrivateRabbitMQ(folder / "rabbitmq")
        self.workers: list[asyncio.subprocess.Process] = []
        self.urls: dict[str, str] = {}
        self.database: Database
        self.outbox: Outbox
        self.bus: RabbitMQBus

    async def start(self) -> None:
        """Start everything and wait until the workers are ready."""
        await asyncio.gather(self.postgres.start(), self.broker.start())
        for name, spec in SPECS.items():
            self.urls[name] = await self.postgres.create_database(name)
            await migrate(spec, load(spec.settings, **self._settings(name)))
        ports = await asyncio.gather(*(self._start_worker(name) for name in SPECS))
        await _until_ready(ports)
        self.database = Database(self.urls["workflow"], service="workflow")
        self.bus = RabbitMQBus(self.broker.url)
        await self.bus.start()
        self.outbox = Outbox(self.database, self.bus)
        await self.outbox.start()

    async def stop(self) -> None:
        """Stop everything by pid."""
        for worker in self.workers:
            if worker.returncode is None:
                worker.send_signal(signal.SIGTERM)
        await asyncio.gather(*(worker.wait() for worker in self.workers))
        await self.bus.stop()
        await self.outbox.stop()
        await self.database.close()
        await self.broker.stop()
        await self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pids(self) -> list[int]:
        """Every process of our side."""
        return [self.postgres.pid, self.broker.pid, *(worker.pid for worker in self.workers)]

    async def begin(self, count: int, *, batch: int = 100) -> list[Any]:
        """Begin runs, a batch per transaction; returns their ids."""
        run_ids = [ids.uuid7() for _ in range(count)]
        for start in range(0, count, batch):
            async with self.database.transaction() as tx:
                begin_all(tx, THREE_STEPS, {run_id: _order() for run_id in run_ids[start : start + batch]})
        return run_ids

    async def wait(self, run_ids: list[Any]) -> None:
        """Return when every run has completed; raise :class:`Wrong` when one ended otherwise or not in time."""
        deadline = time.monotonic() + _ENDS_WITHIN_S
        async with self.database.connection() as connection:
            # Looks at one row however many are open, so that watching costs the server next to nothing.
            while await connection.fetchval("SELECT true FROM runs WHERE status = 'processing' LIMIT 1"):
                if time.monotonic() > deadline:
                    break
                await asyncio.sleep(0.03)
            rows = await connection.fetch(
                "SELECT status, count(*) AS runs FROM runs WHERE id = ANY($1::uuid[]) GROUP BY status", run_ids
            )
        by_status = {row["status"]: row["runs"] for row in rows}
        if by_status != {"completed": len(run_ids)}:
            raise Wrong(f"of {len(run_ids)} runs: {by_status}")

    async def check(self, run_ids: list[Any]) -> None:
        """Each run had exactly three jobs, each done once, and told its client everything once."""
        connection = await self.postgres.connect("ai_router")
        try:
            wrong = await connection.fetchval(
                "SELECT count(*) FROM (SELECT workflow_id FROM ai_jobs WHERE workflow_id = ANY($1::uuid[]) "
                "AND status = 'completed' GROUP BY workflow_id HAVING count(*) <> 3) AS wrong",
                run_ids,
            )
            jobs = await connection.fetchval(
                "SELECT count(*) FROM ai_jobs WHERE workflow_id = ANY($1::uuid[])", run_ids
            )
        finally:
            await connection.close()
        if wrong or jobs != 3 * len(run_ids):
            raise Wrong(f"{jobs} jobs for {len(run_ids)} runs, {wrong} runs without exactly three")

    async def counters(self) -> dict[str, float]:
        """Commits and WAL bytes of the whole server so far."""
        connection = await self.postgres.connect()
        try:
            await connection.execute("SELECT pg_stat_force_next_flush()")
            commits = await connection.fetchval("SELECT sum(xact_commit) FROM pg_stat_database")
            wal = await connection.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
        finally:
            await connection.close()
        return {"commits": float(commits), "wal_bytes": float(wal)}

    async def messages(self) -> float:
        """Messages handed to the broker so far: rows that were ever in an outbox."""
        # A session reports what it did at most once a second.
        await asyncio.sleep(1.2)
        total = 0.0
        for name in SPECS:
            connection = await self.postgres.connect(name)
            try:
                total += await connection.fetchval("SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'outbox'")
            finally:
                await connection.close()
        return total

    async def sent(self) -> dict[str, dict[str, int]]:
        """Statements since the last time, by process."""
        by_process = {"driver": self.statements.take()} if self.statements is not None else {}
        for name, worker in zip(SPECS, self.workers, strict=True):
            answer = self.folder / f"{name}.json"
            worker.send_signal(signal.SIGUSR1)
            async with asyncio.timeout(10):
                while not answer.exists():
                    await asyncio.sleep(0.02)
            by_process[name] = json.loads(answer.read_text())
            answer.unlink()
        return by_process

    def _settings(self, name: str) -> dict[str, Any]:
        return {
            "service_name": name,
            "database_url": self.urls[name],
            "bus": "rabbitmq",
            "rabbitmq_url": self.broker.url,
            "object_store": "folder",
            "object_folder": str(self.folder / "objects"),
            "jwks_url": "http://127.0.0.1:1/none",
            "log_level": "WARNING",
            "max_processing": 1_000_000,
            "job_concurrency": 400,
        }

    async def _start_worker(self, name: str) -> int:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port: int = sock.getsockname()[1]
        environment = {key.upper(): str(value) for key, value in self._settings(name).items()} | {"PORT": str(port)}
        if self.statements is not None:
            environment["STATEMENTS_FOLDER"] = str(self.folder)
        with (self.folder / f"{name}.log").open("wb") as log:
            self.workers.append(
                await asyncio.create_subprocess_exec(
                    sys.executable,
                    str(HERE / "saga_services.py"),
                    name,
                    env=os.environ | environment,
                    stdout=log,
                    stderr=log,
                )
            )
        return port


class Peers:
    """Celery and DBOS on the same servers."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._path = str(stage.folder / "done.sock")
        self._socket.bind(self._path)
        os.environ["DONE_SOCKET"] = self._path
        os.environ["RABBITMQ_URL"] = stage.broker.url
        self.worker: asyncio.subprocess.Process | None = None

    async def start_celery(self) -> None:
        """A prefork worker with two processes, warmed up."""
        self.worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "celery",
            "-A",
            "celery_peer",
            "worker",
            "-c",
            "2",
            "--loglevel",
            "ERROR",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            cwd=HERE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self.chains(10)

    async def stop_celery(self) -> None:
        """End the worker."""
        if self.worker is not None and self.worker.returncode is None:
            self.worker.send_signal(signal.SIGTERM)
            await self.worker.wait()
        self.worker = None

    async def chains(self, count: int) -> None:
        """Begin chains and wait until each has ended."""
        import celery_peer

        def begin_all() -> None:
            for number in range(count):
                celery_peer.start(number)

        begun = asyncio.create_task(asyncio.to_thread(begin_all))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_ENDS_WITHIN_S):
            seen: set[bytes] = set()
            while len(seen) < count:
                seen.add(await loop.sock_recv(self._socket, 4))
        await begun


def _order() -> Order:
    return Order(
        user_id=ids.uuid7(),
        product_line="talkingphoto",
        workflow_type=WorkflowType.EDUCATIONAL,
        file_id=None,
        title=None,
        description=None,
        target_duration=None,
        estimated_cost=Decimal(0),
        priority=Priority.NORMAL,
        input={},
    )


async def _until_ready(ports: list[int]) -> None:
    async with asyncio.timeout(60):
        for port in ports:
            while True:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(b"GET /ready HTTP/1.0\r\n\r\n")
                    answer = await reader.read(64)
                    writer.close()
                    if b" 200 " in answer:
                        break
                except OSError:
                    pass
                await asyncio.sleep(0.1)


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
        gate=1.5,
        goal=3.0,
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
        gate=4.0,
        goal=8.0,
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
            async with asyncio.timeout(_ENDS_WITHIN_S):
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
    before = {"messages": await stage.messages()} | await stage.counters()
    await stage.sent()
    begun: list[UUID] = []
    # Heard from the broker: looking into the database would be counted as well.
    async with _ends(stage) as ended, asyncio.timeout(_ENDS_WITHIN_S):
        for _ in range(runs // together):
            batch = await stage.begin(together, batch=min(together, 100))
            begun += batch
            left = set(batch)
            while left:
                left.discard(await ended.get())
    after = {"messages": await stage.messages()} | await stage.counters()
    sent = await stage.sent()
    await stage.wait(begun)
    await stage.check(begun)
    totals = {name: (after[name] - before[name]) / runs for name in after}
    each = {(process, text): count / runs for process, counted in sent.items() for text, count in counted.items()}
    totals["statements"] = sum(each.values())
    totals["statements_without_transaction_control"] = sum(
        count for (_, text), count in each.items() if text not in ("BEGIN;", "COMMIT;", "ROLLBACK;")
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
        return [
            await throughput(stage, peers, runs=runs, rounds=rounds),
            await beside_dbos(stage, runs=runs, rounds=3),
            await latency(stage, peers, runs=50 if quick else 200),
        ]
    finally:
        await stage.stop()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if "--counters" in sys.argv[1:]:
            runner.run(counters())
            raise SystemExit(0)
        results = runner.run(benchmark("--quick" in sys.argv[1:]))
    raise SystemExit(1 if any(result.failed for result in results) else 0)
