"""The embedded platform as a child process that may be made to die at a named point, and started again."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx
from tests.chaos.auditor import MESSAGING

from chassis.run.private_postgres import PrivatePostgres
from talkingphoto_runner.layout import Home, listening_socket

_READY_S = 60.0
NOWHERE = "http://127.0.0.1:9"


class EmbeddedChild:
    """``talkingphoto up`` in a process of its own, over a home that outlives it."""

    def __init__(self, home: Path) -> None:
        self.home = Home(home)
        self.postgres = PrivatePostgres(self.home.postgres)
        self.temporary = self.home.root / ("temporary" * 12)
        """Somebody's machine: a long way to the temporary files."""
        self._port = _port_that_stays_free()
        self.environment: Mapping[str, str] = {}
        """Of every start from now on."""
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *, fault: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        """Start and wait until it answers, or has died at its fault."""
        self.home.prepare()
        # One user's load is more than a free month. Hashes cost as little as they may: this is about crashes.
        settings = {"OPENING_PLAN": "enterprise", "BCRYPT_COST": "10", "MEDIA_PROCESSES": "1"}
        settings |= {"RETRY_DELAYS_S": json.dumps([0.2, 0.4, 0.8])}
        # A proxy that leads nowhere.
        self.temporary.mkdir(exist_ok=True)
        settings |= {"HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "ALL_PROXY": NOWHERE}
        settings["TMPDIR"] = str(self.temporary)
        if fault is not None:
            settings["FAULT"] = fault
        with (self.home.logs / "child.log").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "talkingphoto",
                "up",
                "--home",
                str(self.home.root),
                "--port",
                str(self._port),
                env=os.environ | settings | dict(self.environment) | dict(environment or {}),
                stdout=output,
                stderr=output,
            )
        async with httpx.AsyncClient() as client, asyncio.timeout(_READY_S):
            while self._process.returncode is None:
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    def said(self) -> str:
        """The end of what it wrote, for whoever asks why it ended."""
        return (self.home.logs / "child.log").read_text(errors="replace")[-3000:]

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 137 after a fault."""
        return self._process.returncode if self._process is not None else None

    async def died(self) -> int:
        """Wait for the end of the process."""
        if self._process is None:
            raise RuntimeError("not started")
        return await self._process.wait()

    async def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """Ctrl-C's gentler sister; returns the exit code."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.terminate()
        return await self._process.wait()

    async def database_urls(self) -> dict[str, str]:
        """Where the auditor looks. Starts the database when the platform stopped it."""
        await self.postgres.start()
        return {name: self.postgres.url(name) for name in MESSAGING}

    async def close(self) -> None:
        """Stop everything."""
        await self.kill()
        await self.postgres.start()
        await self.postgres.stop()


def _port_that_stays_free() -> int:
    """Not one that the kernel hands out: between two lives of the platform, any connection could be given that."""
    for port in random.sample(range(20_000, 32_000), 50):
        with suppress(OSError), listening_socket(port=port):
            return port
    raise RuntimeError("no free port below those that the kernel hands out")
