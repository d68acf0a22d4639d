"""A page of another origin follows a workflow with nothing but what browsers have: fetch and EventSource."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests.e2e.browsers import dom_of

from chassis.testing.folders import quick_folder
from chassis.testing.served import served
from talkingphoto.client import Client, Credentials
from talkingphoto_runner.embedded import EmbeddedPlatform
from talkingphoto_runner.layout import Home

pytestmark = [pytest.mark.journey, pytest.mark.timeout(180)]

PAGE = """<!doctype html><html><body><ol id="events"></ol><script>
const {api, run, token} = JSON.parse(decodeURIComponent(location.search.slice(1)));
const say = text => { document.getElementById("events").innerHTML += `<li>${text}</li>`; };
const follow = async after => {
  const asked = await fetch(`${api}/api/v1/workflows/${run}/events/ticket`,
    {method: "POST", headers: {Authorization: `Bearer ${token}`}});
  const source = new EventSource(`${api}${(await asked.json()).url}&after=${after}`);
  for (const state of ["pending", "processing", "completed", "failed", "cancelled"])
    source.addEventListener(state, event => {
      const {sequence, state} = JSON.parse(event.data);
      say(`${after}: ${event.lastEventId} ${event.type} ${sequence} ${state}`);
      if (["completed", "failed", "cancelled"].includes(state)) {
        source.close();
        if (!after) follow(1);
      }
    });
};
follow(0);
</script></body></html>"""


async def page(_: Request) -> Response:
    return HTMLResponse(PAGE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def places() -> AsyncIterator[tuple[str, EmbeddedPlatform]]:
    """Where the page is, and a platform that lets pages from there in."""
    async with AsyncExitStack() as stack:
        origin = await stack.enter_async_context(served(Starlette(routes=[Route("/", page)])))
        folder = quick_folder("talkingphoto-e2e-")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        platform = EmbeddedPlatform(Home(folder), overrides={"gateway": {"allowed_origins": origin}})
        await platform.start()
        stack.push_async_callback(platform.stop)
        yield origin, platform


async def a_user(client: Client) -> str:
    await client.register(Credentials(f"asha-{secrets.token_hex(5)}@example.com", "monsoon-42-lamp"), name="Asha")
    token: str = client._http.headers["Authorization"].removeprefix("Bearer ")
    return token


async def ended(client: Client, run_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            run = await client.run(run_id)
            if run["status"] in ("completed", "failed", "cancelled"):
                return run
            await asyncio.sleep(0.1)


async def test_a_browser_follows_a_workflow_and_comes_back_where_it_was(
    places: tuple[str, EmbeddedPlatform], browser: str, portrait: Path, tmp_path: Path
) -> None:
    origin, platform = places
    async with Client(platform.url) as client, Client(platform.url) as stranger:
        token = await a_user(client)
        photo = await client.upload(portrait)
        order = {"input_file_id": photo["id"], "script": "Hello there.", "target_platforms": ["tiktok"]}
        run_id = (await client.create_run(order, idempotency_key="followed"))["id"]
        await client.cancel(run_id)
        assert (await ended(client, run_id))["status"] == "cancelled"

        asked = json.dumps({"api": platform.url, "run": run_id, "token": token})
        shown, errors = await dom_of(browser, f"{origin}/?{quote(asked)}", tmp_path / "profile")

        listed = shown.partition('<ol id="events">')[2].partition("</ol>")[0]
        lines = [line.removesuffix("</li>") for line in listed.split("<li>")[1:]]
        assert lines, (shown, errors)
        for line in lines:
            _, number, name, sequence, state = line.split()
            assert (number, name) == (sequence, state)
        first = [line.split()[1] for line in lines if line.startswith("0:")]
        again = [line.split()[1] for line in lines if line.startswith("1:")]
        assert first == [str(number) for number in range(1, len(first) + 1)]
        assert again == first[1:]
        assert lines[-1].endswith("cancelled")

        foreign = {"Authorization": f"Bearer {await a_user(stranger)}"}
        async with httpx.AsyncClient(base_url=platform.url) as http:
            ticket = await http.post(f"/api/v1/workflows/{run_id}/events/ticket", headers=foreign)
            assert (await http.get(ticket.json()["url"])).status_code == 404, "a ticket opens what its owner may see"
            assert (await http.get(ticket.json()["url"])).status_code == 401
