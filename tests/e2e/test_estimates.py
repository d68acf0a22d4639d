"""What is promised before an order is what it takes, and short films do not wait for long ones (WFL-08, WFL-42)."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from talkingphoto.client import Client, Credentials
from talkingphoto.making import Order

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

SENTENCE = "We bake our bread every morning, long before the sun comes up, and we sell it on the corner. "
LENGTHS = [int(length) for length in os.environ.get("ESTIMATED_SENTENCES", "1,6").split(",")]
"""Sentences; ``make chaos`` asks for more."""
TRIES = 3
"""The machine is shared with other tests: a length passes with the first try that keeps within the factor, and what a
try took is learned for the next."""


async def _asked(user: Client, portrait: Path, script: str) -> dict[str, Any]:
    uploaded = await user.upload(portrait)
    order = Order(photo=portrait, script=script, platforms=("instagram",))
    return order.request() | {"input_file_id": uploaded["id"]}


async def _ended(user: Client, run_id: str) -> dict[str, Any]:
    updates = [update async for update in user.follow(run_id)]
    assert updates[-1]["state"] == "completed", updates[-1]
    return await user.run(run_id)


@pytest.mark.parametrize("sentences", LENGTHS)
async def test_a_run_takes_about_as_long_as_was_said(embedded: Any, portrait: Path, sentences: int) -> None:
    """Films of about 5 and 30 seconds, and other lengths: within a factor of two, before and in its answer."""
    factors = []
    for number in range(TRIES):
        async with Client(embedded.url) as user:
            name = f"estimate-{sentences}-{number}-{time.time_ns()}@example.com"
            await user.register(Credentials(name, "monsoon-42-lamp"), name="Asha")
            request = await _asked(user, portrait, f"This is try number {number + 1}. " + SENTENCE * sentences)
            about = {key: request[key] for key in ("script", "script_language", "target_platforms") if key in request}
            said = await user.estimate(about)
            began = time.monotonic()
            accepted = await user.create_run(request, idempotency_key=name)
            await _ended(user, accepted["id"])
            took = time.monotonic() - began
        assert accepted["estimated_seconds"] == pytest.approx(said["estimated_seconds"], rel=0.2)
        factors.append(said["estimated_seconds"] / took)
        if 0.5 <= factors[-1] <= 2:
            return
    pytest.fail(f"expected time over the time it took: {factors}")


async def test_a_short_film_is_made_while_a_long_one_goes_on(embedded: Any, portrait: Path) -> None:
    """Of somebody else: spoken, enhanced, made and fitted before the long one has ended."""
    async with Client(embedded.url) as one, Client(embedded.url) as other:
        for who, client in (("long", one), ("short", other)):
            await client.register(Credentials(f"{who}-{time.time_ns()}@example.com", "monsoon-42-lamp"), name=who)
        long = await one.create_run(await _asked(one, portrait, SENTENCE * 14), idempotency_key="long")
        async for update in one.follow(long["id"]):
            if update["status"]["step"] == "generate" and update["status"]["progress"] > 45:
                break
        short = await other.create_run(await _asked(other, portrait, "Good morning."), idempotency_key="short")
        run = await asyncio.wait_for(_ended(other, short["id"]), 120)
        assert run["status"] == "completed"
        assert (await one.run(long["id"]))["status"] == "processing"
        await one.cancel(long["id"])
