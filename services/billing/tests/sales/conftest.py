from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from pydantic import SecretStr

from billing.composition import SPEC
from billing.payments.endpoints import PATH
from billing.payments.inbox import Inbox
from billing.payments.reader import SubscriptionReader
from billing.payments.reconciliation import Reconciliation
from billing.payments.stripe.adapter import Stripe
from billing.payments.stripe.client import Connections, client_on
from billing.sales.follower import Follower
from billing.sales.service import Shop
from chassis import ids
from chassis.testing.slices import DatabaseFor, slice_of
from simulators.core.loopback import InProcess
from simulators.vendors.stripe import server as simulated

KEY = "sk_test_planted_4f2b9c"
SECRET = "whsec_planted_one"
HOME = "http://127.0.0.1:8000"
PAGES = {"success_url": f"{HOME}/paid", "cancel_url": f"{HOME}/plans"}


async def no_wait(_: float) -> None:
    """Repeats follow at once."""


@dataclass
class Market:
    """Billing with a shop, and Stripe's account on the other side of it."""

    billing: Any
    simulator: simulated.Stripe
    stripe: Stripe
    reader: SubscriptionReader
    inbox: Inbox
    user_id: UUID = field(default_factory=ids.uuid7)

    @property
    def follower(self) -> Follower:
        follower: Follower = self.inbox.follow.__self__  # type: ignore[attr-defined]
        return follower

    def client(self, user_id: UUID | None = None, **headers: str) -> httpx.AsyncClient:
        client: httpx.AsyncClient = self.billing.client(user_id or self.user_id, **headers)
        return client

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        async with self.client(**headers) as client:
            return await client.request(method, f"/api/v1{path}", json=body)

    async def checked_out(self, plan: str = "starter", interval: str = "month", **headers: str) -> dict[str, Any]:
        answer = await self.ask("POST", "/billing/checkout", {"plan": plan, "interval": interval, **PAGES}, **headers)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def bought(self, plan: str = "starter", interval: str = "month") -> str:
        """The processor's id of a subscription that was paid for."""
        visit = await self.checked_out(plan, interval)
        done = await self.act("pay", visit["checkout_id"])
        return str(done["subscription"])

    async def act(self, what: str, id: str, **how: Any) -> dict[str, Any]:
        done = await self.simulator.act(what, id, **how)
        await self.settle()
        return done

    async def renewed(self, id: str, *, paid: bool = True) -> None:
        """The period goes by and the next one begins."""
        item = self.simulator.books.get("subscription", id)["items"]["data"][0]
        self.billing.clock.advance(timedelta(seconds=item["current_period_end"] - self.simulator.now() + 60))
        await self.act("renew", id, paid=paid)

    async def settle(self) -> None:
        """Read what is in doubt until nothing is."""
        for _ in range(5):
            if not await self.reader.run_once():
                return
        raise AssertionError("doubt does not end")

    async def account(self) -> dict[str, Any]:
        return dict(await self.billing.account(self.user_id))

    async def count(self, table: str) -> int:
        return len(await self.billing.rows(f"SELECT 1 FROM {table}"))  # noqa: S608

    def charges(self) -> list[int]:
        return [charge["amount"] for charge in self.simulator.books.tables.get("charge", {}).values()]

    def reconciliation(self) -> Reconciliation:
        return Reconciliation(self.billing.database, self.stripe, self.inbox)


@pytest_asyncio.fixture(loop_scope="session")
async def market(database_for: DatabaseFor) -> AsyncIterator[Market]:
    """One account in test mode whose bank says yes, and a shop that sells through it."""
    from ..conftest import Billing

    settings = {"stripe_webhook_secret": SECRET, "stripe_automatic_tax": False}
    async with slice_of(SPEC, database_for, Billing, settings=settings) as billing:

        async def deliver(url: str, headers: Mapping[str, str], body: bytes) -> int:
            async with billing.client() as client:
                return (await client.post(PATH, content=body, headers=dict(headers))).status_code

        simulator = simulated.Stripe(key=KEY, now=lambda: billing.clock.now().timestamp(), deliver=deliver)
        simulator.subscribe("http://billing", SECRET)
        connections = Connections(InProcess({"stripe-account": simulator.app}), sleep=no_wait)
        stripe = Stripe(
            client_on(connections, "http://stripe-account", SecretStr(KEY)), automatic_tax=False, now=billing.clock.now
        )
        state = billing.service.app.state
        inbox: Inbox = state.payment_inbox
        follower: Follower = inbox.follow.__self__  # type: ignore[attr-defined]
        reader = SubscriptionReader(billing.database, stripe, poll_s=60, follow=follower.subscription)
        state.processor = stripe
        state.shop = Shop(billing.database, stripe, state.plans, reader, origins=(HOME,), follow=follower.follow)
        yield Market(billing, simulator, stripe, reader, inbox)
        await connections.close_async()
