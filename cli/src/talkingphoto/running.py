"""Where the platform of a home answers. It says so in a file that it keeps locked for as long as it runs."""

from __future__ import annotations

import asyncio
import fcntl
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

_READY_S = 5.0


def lock_of(home: Path) -> Path:
    """The file that the platform of ``home`` holds."""
    return home / "platform.json"


def announced(home: Path) -> dict[str, Any]:
    """What the platform that runs in ``home`` says of itself; empty when none runs, or has not got that far."""
    try:
        with lock_of(home).open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return dict(json.loads(file.read() or "{}"))
    except (FileNotFoundError, json.JSONDecodeError):
        pass
    return {}


def users_of(home: Path) -> Path:
    """The file that whoever uses the platform of ``home`` holds together with others."""
    return home / "users.lock"


@asynccontextmanager
async def using(home: Path) -> AsyncIterator[str | None]:
    """Where the platform of ``home`` answers, which for the length of the block nobody stops for being done with it.

    None when none runs.
    """
    if running_url(home) is None:
        yield None
        return
    with users_of(home).open("a") as file:
        # Waits only for one that is stopping.
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_SH)
        yield running_url(home)


async def unready(home: Path) -> dict[str, str]:
    """Why processes of this home's platform are not ready, by their names; empty when all are, or none runs."""
    urls: dict[str, str] = announced(home).get("operations", {})
    async with httpx.AsyncClient(timeout=_READY_S, trust_env=False) as client:
        reasons = await asyncio.gather(*(_lacks(client, url) for url in urls.values()))
    return {name: reason for name, reason in zip(urls, reasons, strict=True) if reason}


async def _lacks(client: httpx.AsyncClient, url: str) -> str:
    try:
        answer = await client.get(f"{url}/ready")
        if answer.status_code == 200:
            return ""
        return f"lacks {', '.join(answer.json()['error']['details'])}"
    except httpx.TransportError:
        return f"does not answer at {url}"
    except (ValueError, KeyError, TypeError):
        return f"is not ready at {url}"


def running_url(home: Path) -> str | None:
    """Where the platform of ``home`` answers; None when none runs."""
    url = announced(home).get("url")
    return url if isinstance(url, str) else None
