"""A receiver on this machine, and somebody whose plan comes with webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest_asyncio
from aiohttp import web

from chassis import ids
from contracts.billing import EntitlementsChanged
from contracts.enums import Priority


@dataclass
class Receiver:
    """Keeps what it is sent; answers ``status``, or nothing of use while it is ``away``."""

    url: str = ""
    status: int = 200
    away: bool = False
    location: str | None = None
    tried: int = 0
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.tried += 1
        if self.away:
            return web.Response(status=503)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, (await request.read()).decode()))
        return web.Response(status=self.status, headers={"location": self.location} if self.location else {})


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    """A customer's server."""
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    made.url = f"http://127.0.0.1:{port}/hook"
    yield made
    await runner.cleanup()


def entitlement(user_id: UUID, *, webhooks: bool = True, version: int = 1) -> EntitlementsChanged:
    return EntitlementsChanged(
        user_id=user_id,
        product_line="talkingphoto",
        plan="pro",
        limits={},
        features={"customer_webhooks": webhooks},
        priority=Priority.NORMAL,
        run_budget="1.0",  # type: ignore[arg-type]
        credits_available=0,
        version=version,
    )


@dataclass
class Customer:
    """Somebody with webhooks, and the service that serves them."""

    notify: Any
    id: UUID

    async def call(self, method: str, path: str = "", **more: Any) -> Any:
        async with self.notify.client(self.id) as client:
            return await client.request(method, f"/api/v1/webhooks{path}", **more)

    async def create(self, url: str, **more: Any) -> Any:
        answer = await self.call("POST", json={"url": url, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def deliveries(self, webhook_id: str, **query: Any) -> list[Any]:
        answer = await self.call("GET", f"/{webhook_id}/deliveries", params={"per_page": 100, **query})
        found: list[Any] = answer.json()["items"]
        return found[::-1]


@pytest_asyncio.fixture(loop_scope="session")
async def customer(start_notify: Any) -> Customer:
    """Whose plan comes with webhooks; targets on this machine are allowed."""
    notify = await start_notify(webhook_private_targets=True)
    made = Customer(notify, ids.uuid7())
    await notify.tell(entitlement(made.id))
    return made
