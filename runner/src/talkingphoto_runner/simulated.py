"""The vendors' simulators beside a platform: every outside service, on this machine, without an account."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from chassis.run.children import how_it_ended, spawn
from talkingphoto_runner.keeper import DidNotStart
from talkingphoto_runner.layout import Home

_START_S = 60.0
_LOOK_EVERY_S = 0.05
_SETTINGS = re.compile(r"(?:[A-Z][A-Z0-9_]*=.*\n)+")


class NoSimulators(RuntimeError):
    """They are not installed; the text says how to."""


class Simulators:
    """What has been started. ``settings`` lead the services there, and are in this process' environment."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings

    async def tell_of(self, url: str) -> None:
        """Have the payment processor send its webhooks to the platform at ``url``."""
        webhooks = {"url": f"{url}/api/v1/billing/webhooks/stripe"}
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.settings['STRIPE_BASE_URL']}/__simulator__/webhooks", json=webhooks)
            answer.raise_for_status()


@asynccontextmanager
async def simulators(home: Home) -> AsyncIterator[Simulators]:
    """Start every simulator for the length of the block. Whatever the environment said of vendors is overruled.

    Their settings are kept in the home too, for whoever scripts their faults. Raises :class:`NoSimulators` and
    ``DidNotStart``.
    """
    if find_spec("simulators") is None:
        raise NoSimulators("The simulators are for development and not installed here: pip install -e simulators.")
    home.prepare()
    file = home.root / "simulated.env"
    with file.open("wb") as output:
        process = await spawn(
            sys.executable,
            "-P",
            "-m",
            "simulators",
            "--settings",
            environment=os.environ,
            output=output,
            on_our_end=signal.SIGTERM,
        )
    try:
        settings = await _settings(process, file)
        os.environ.update(settings)
        yield Simulators(settings)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        file.unlink()


async def _settings(process: asyncio.subprocess.Process, file: Path) -> dict[str, str]:
    """What it prints, in one piece; returns when all of them listen."""
    try:
        async with asyncio.timeout(_START_S):
            while not _SETTINGS.fullmatch(said := await asyncio.to_thread(file.read_text)):
                _require(process, said)
                await asyncio.sleep(_LOOK_EVERY_S)
            settings = dict(line.partition("=")[::2] for line in said.splitlines())
            for address in {urlsplit(value) for value in settings.values() if value.startswith("http://")}:
                while not await _listens(address.hostname, address.port):
                    _require(process, said)
                    await asyncio.sleep(_LOOK_EVERY_S)
            return settings
    except TimeoutError:
        raise DidNotStart(f"the simulators did not start within {_START_S:g} s") from None


def _require(process: asyncio.subprocess.Process, said: str) -> None:
    if process.returncode is not None:
        why = (said.strip().splitlines() or [how_it_ended(process.returncode)])[-1]
        raise DidNotStart(f"the simulators did not start: {why}")


async def _listens(host: str | None, port: int | None) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
