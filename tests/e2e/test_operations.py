"""What those who run a platform can ask it, and clients cannot, in both topologies."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from chassis.run.private_postgres import PrivatePostgres
from talkingphoto.client import Client
from talkingphoto.running import unready
from talkingphoto_runner.layout import Home
from talkingphoto_runner.presence import running_operations

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

_SAMPLED_WITHIN_S = 30.0
_BACK_WITHIN_S = 60.0
_QUEUES = {"billing.commands", "ai_router.commands", "workflow.runs", "export.commands", "notify.runs", "notify.users"}


async def test_every_process_is_ready_and_counts_and_none_of_it_is_public(platform: Any, user: Client) -> None:
    urls = running_operations(Home(platform.home))
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        for path in ("/ready", "/metrics"):
            assert (await http.get(f"{platform.url}{path}")).status_code == 404
        assert (await http.get(f"{platform.url}/health")).status_code == 200
        assert {name: (await http.get(f"{url}/ready")).status_code for name, url in urls.items()} == dict.fromkeys(
            urls, 200
        )
        shown = await sampled(http, urls)
    # A new user was told to billing, workflow and notify.
    told = re.findall(r'^messages_published_total\{.*type="users.user_registered.v1"\} (\S+)', shown, re.M)
    assert sum(map(float, told)) >= 1
    assert re.search(r'^outbox_oldest_seconds\{service="users"\} ', shown, re.M)


async def test_the_database_dies_and_everything_is_ready_again(platform: Any) -> None:
    postgres = PrivatePostgres(Home(platform.home).postgres)
    dead = postgres.pid
    postgres.kill()
    async with asyncio.timeout(_BACK_WITHIN_S):
        while postgres.runs_as in (None, dead) or await unready(platform.home):
            await asyncio.sleep(0.1)


async def sampled(http: httpx.AsyncClient, urls: dict[str, str]) -> str:
    """What all processes show once each queue's depth has been looked at."""
    async with asyncio.timeout(_SAMPLED_WITHIN_S):
        while True:
            shown = "\n".join([(await http.get(f"{url}/metrics")).text for url in urls.values()])
            if set(re.findall(r'^queue_depth\{queue="([^"]+)"\} ', shown, re.M)) >= _QUEUES:
                return shown
            await asyncio.sleep(0.2)
