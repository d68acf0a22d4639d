"""The whole system from outside, once embedded and once as processes over a real RabbitMQ."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from tests.e2e.browsers import found_browser

from chassis.run.private_rabbitmq import Broker
from chassis.testing.folders import quick_folder
from simulators.serve import Served, serving
from simulators.vendors.openid.google import Google
from simulators.vendors.videos import Videos
from simulators.vendors.youtube.server import YouTube
from talkingphoto.client import Client, Credentials
from talkingphoto.sample import sample_portrait
from talkingphoto_runner.distributed import DistributedPlatform
from talkingphoto_runner.embedded import EmbeddedPlatform
from talkingphoto_runner.layout import Home

# Retries after a minute are right in production and too slow for a test.
QUICK_RETRIES = [0.2, 0.4, 0.8]

ANY_FOLDER = 'it\'s "my" e2e, 100% [é] 🎉 $HOME '
"""A home may be called anything."""


@dataclass(frozen=True)
class Platform:
    """Where a platform answers, and its databases for a look inside."""

    name: str
    url: str
    database_urls: dict[str, str]
    objects: Path
    home: Path


READ_ANEW = {"catalogue_max_age_s": 0}
"""What an operator changes is known with the next choice."""


@pytest.fixture(scope="session")
def channels() -> Iterator[Served]:
    """YouTube's simulator, to which both platforms upload."""
    with serving([YouTube()]) as served:
        yield served["youtube"]


@pytest.fixture(scope="session")
def identities() -> Iterator[Served]:
    """Google, as people sign in with it."""
    with serving([Google()]) as served:
        yield served["google"]


def uploads_to(channels: Served) -> dict[str, Any]:
    """Export's settings that lead to it."""
    roots = dict.fromkeys(("auth", "token", "api", "upload"), channels.url)
    return {
        "youtube_client_id": "simulated-client",
        "youtube_client_secret": "simulated-key",
        "youtube_retry_s": 0.2,
        "youtube_look_s": 0.2,
        **{f"youtube_{name}_base_url": root for name, root in roots.items()},
    }


@pytest.fixture(scope="session")
def videos() -> Iterator[Served]:
    """A site of videos in YouTube's place; both platforms fetch from there."""
    # It is spoken to by others; what it says about broken connections is not for this output.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with serving([Videos()]) as served:
        yield served["videos"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded(videos: Served, channels: Served, identities: Served) -> AsyncIterator[Platform]:
    folder = quick_folder(ANY_FOLDER)
    overrides: dict[str, dict[str, Any]] = {
        name: {"retry_delays_s": QUICK_RETRIES} for name in ("workflow", "ai_router", "export")
    }
    # Webhooks may lead to this machine: there is no other here.
    overrides["notify"] = {"webhook_private_targets": True}
    overrides["ai_router"] |= {"source_simulator": videos.url, **READ_ANEW}
    overrides["export"] |= uploads_to(channels)
    google = cast(Google, identities.simulator).settings(identities.url)
    overrides["users"] = {name.lower(): value for name, value in google.items()}
    platform = EmbeddedPlatform(Home(folder), overrides=overrides)
    await platform.start()
    yield Platform(
        "embedded",
        platform.url,
        {name: db.url for name, db in platform.databases.items()},
        platform.home.objects,
        folder,
    )
    await platform.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def distributed(rabbitmq: Broker, videos: Served, channels: Served) -> AsyncIterator[Platform]:
    folder = quick_folder(ANY_FOLDER)
    environment: dict[str, dict[str, Any]] = {
        "*": {"retry_delays_s": QUICK_RETRIES},
        "ai_router": {"source_simulator": videos.url, **READ_ANEW},
        "export": uploads_to(channels),
        "notify": {"webhook_private_targets": True},
    }
    platform = DistributedPlatform(Home(folder), broker=rabbitmq, environment=environment)
    try:
        await platform.start()
        urls = {name: platform.database_url(name) for name in platform.urls if name != "gateway"}
        yield Platform("distributed", platform.url, urls, platform.home.objects, folder)
    finally:
        await platform.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def unlimited() -> AsyncIterator[EmbeddedPlatform]:
    """A platform that never says 429."""
    folder = quick_folder("talkingphoto-e2e-")
    platform = EmbeddedPlatform(Home(folder), overrides={"gateway": {"rate_limit_factor": 1_000_000.0}})
    await platform.start()
    yield platform
    await platform.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(
    params=["embedded", pytest.param("distributed", marks=pytest.mark.broker)],
)
def platform(request: pytest.FixtureRequest) -> Platform:
    found: Platform = request.getfixturevalue(request.param)
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def user(platform: Platform) -> AsyncIterator[Client]:
    """A new user, logged in."""
    async with Client(platform.url) as client:
        await client.register(Credentials(f"asha-{secrets.token_hex(5)}@example.com", "monsoon-42-lamp"), name="Asha")
        yield client


@pytest.fixture(scope="session")
def portrait() -> Path:
    return sample_portrait()


@pytest.fixture(scope="session")
def browser() -> str:
    return found_browser()
