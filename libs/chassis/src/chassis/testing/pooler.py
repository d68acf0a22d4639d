"""A PostgreSQL behind a PgBouncer in transaction mode, as in a cluster: each transaction may get another connection.

PgBouncer is a program of the system (``apt install pgbouncer``). Tests go by it where ``POOLER`` names it (``make
pooler``); what they do as administrators goes past it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from chassis.run.private_postgres import PrivatePostgres, server_user

_SETTINGS = """
[databases]
* = host={postgres}
[pgbouncer]
unix_socket_dir = {folder}
listen_port = 6432
listen_addr =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
"""
"""Modes and sizes are those of the cluster (deploy/k8s/base/stores/databases.yaml)."""

_START_WITHIN_S = 20.0


@dataclass
class PooledPostgres(PrivatePostgres):
    """A private server whose addresses lead through ``pooler``, the program."""

    pooler: str = "pgbouncer"
    _pooling: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def pooler_folder(self) -> Path:
        """The pooler's settings, log and socket."""
        return self.folder.with_name("pooler")

    async def start(self) -> None:
        """Start both; raises ``FileNotFoundError`` where there is no such program, ``TimeoutError``."""
        await super().start()
        folder = self.pooler_folder
        folder.mkdir(exist_ok=True)
        settings = folder / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(folder=folder, postgres=self.socket_folder))
        (folder / "users").write_text('"postgres" ""\n')
        user = server_user()
        if user:
            for path in (folder, settings, folder / "users"):
                shutil.chown(path, user)
        # It refuses to run as root.
        command = [self.pooler, "-q", *(["-u", user] if user else []), str(settings)]
        with (folder / "log").open("wb") as log:
            self._pooling = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        async with asyncio.timeout(_START_WITHIN_S):
            while not (folder / ".s.PGSQL.6432").exists():
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Stop both."""
        if self._pooling is not None and self._pooling.returncode is None:
            self._pooling.terminate()
            await self._pooling.wait()
        await super().stop()

    def url(self, database: str) -> str:
        """SQLAlchemy URL of a database, through the pooler."""
        path = f"host={self.pooler_folder}&port=6432&prepared_statement_cache_size=0"
        return f"postgresql+asyncpg://postgres@/{database}?{path}"


def private_postgres(folder: Path) -> PrivatePostgres:
    """A server for a test run: behind the pooler that ``POOLER`` names, if it names one."""
    pooler = os.environ.get("POOLER")
    return PooledPostgres(folder, pooler=pooler) if pooler else PrivatePostgres(folder)
