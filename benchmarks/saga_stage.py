"""The stage of the saga benchmarks: private servers, three services as processes, and the peers on the same servers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import time
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from _harness import Wrong
from _statements import Statements
from saga_services import SPECS, THREE_STEPS

from chassis import ids
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.data.database import Database
from chassis.messaging.outbox import Outbox
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.private_rabbitmq import PrivateRabbitMQ
from chassis.run.process import migrate
from chassis.settings import load
from contracts.enums import Priority, WorkflowType
from workflow.runs.ordering import Order, begin_all

HERE = Path(__file__).parent
ENDS_WITHIN_S = 120.0


class Stage:
    """Private servers, and the three services as processes."""

    def __init__(self, folder: Path, statements: Statements | None = None) -> None:
        """``statements``: count this process' and have the workers count theirs."""
        self.folder = folder
        self.statements = statements
        self.postgres = PrivatePostgres(folder / "postgres")
        self.broker = PrivateRabbitMQ(folder / "rabbitmq")
        self._started = AsyncExitStack()
        self.workers: list[asyncio.subprocess.Process] = []
        self.urls: dict[str, str] = {}
        self.database: Database
        self.outbox: Outbox
        self.bus: RabbitMQBus

    async def start(self) -> None:
        """Start everything and wait until the workers are ready. Raises :class:`NoBroker`."""
        self._started.callback(shutil.rmtree, self.folder, ignore_errors=True)
        for server in (self.broker, self.postgres):
            await server.start()
            self._started.push_async_callback(server.stop)
        for name, spec in SPECS.items():
            self.urls[name] = await self.postgres.create_database(name)
            await migrate(spec, load(spec.settings, **self._settings(name)))
        self._started.push_async_callback(self._stop_workers)
        ports = await asyncio.gather(*(self._start_worker(name) for name in SPECS))
        await _until_ready(ports)
        self.database = Database(self.urls["workflow"], service="workflow")
        self._started.push_async_callback(self.database.close)
        self.bus = RabbitMQBus(self.broker.url)
        await self.bus.start()
        self.outbox = Outbox(self.database, self.bus)
        await self.outbox.start()
        self._started.push_async_callback(self.outbox.stop)
        self._started.push_async_callback(self.bus.stop)

    async def stop(self) -> None:
        """Stop what has been started."""
        await self._started.aclose()

    async def _stop_workers(self) -> None:
        for worker in self.workers:
            if worker.returncode is None:
                worker.send_signal(signal.SIGTERM)
        await asyncio.gather(*(worker.wait() for worker in self.workers))

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
        deadline = time.monotonic() + ENDS_WITHIN_S
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
        # A session that has become idle reports the last of what it did after ten seconds.
        await asyncio.sleep(10.5)
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
            "job_concurrency": 1000,
        }

    async def _start_worker(self, name: str) -> int:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port: int = sock.getsockname()[1]
        environment = {key.upper(): str(value) for key, value in self._settings(name).items()} | {
            "ADMIN_PORT": str(port)
        }
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
        async with asyncio.timeout(ENDS_WITHIN_S):
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
