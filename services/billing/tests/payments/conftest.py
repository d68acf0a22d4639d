from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from billing.payments.money import Money
from billing.payments.port import Checkout, CreditsCheckout, NewCustomer, PlanCheckout, Purchase
from billing.payments.stripe.adapter import Stripe
from billing.payments.stripe.client import Connections, client_on
from chassis import ids
from chassis.clock import SystemClock
from simulators.core.loopback import InProcess
from simulators.vendors.stripe import server as simulated

KEY = "sk_test_planted_4f2b9c"


async def no_wait(_: float) -> None:
    """Repeats follow at once: nobody else is there to be waited for."""


@dataclass
class Till:
    """The adapter in front of a simulated account with a catalogue of prices."""

    simulator: simulated.Stripe
    stripe: Stripe
    prices: dict[str, str]
    user_id: UUID

    def count(self, operation: str) -> int:
        """How often the account did this."""
        return sum(entry.operation == operation for entry in self.simulator.ledger.entries)

    def purchase(self) -> Purchase:
        return Purchase(id=ids.uuid7(), user_id=self.user_id, product_line="talkingphoto")

    async def customer(self) -> str:
        return await self.stripe.create_customer(
            NewCustomer(user_id=self.user_id, email="payer@example.com", name="A. Payer"), key=ids.uuid7()
        )

    def plan(self, customer_id: str, *, price: str = "starter", purchase: Purchase | None = None) -> PlanCheckout:
        return PlanCheckout(
            purchase=purchase or self.purchase(),
            customer_id=customer_id,
            plan_type=price,
            price_id=self.prices[price],
            description="Starter",
            success_url="https://app.example.com/paid?session={CHECKOUT_SESSION_ID}",
            cancel_url="https://app.example.com/plans",
        )

    def pack(self, customer_id: str, price: Money, *, purchase: Purchase | None = None) -> CreditsCheckout:
        return CreditsCheckout(
            purchase=purchase or self.purchase(),
            customer_id=customer_id,
            credits=30,
            price=price,
            description="30 credits",
            success_url="https://app.example.com/paid",
            cancel_url="https://app.example.com/plans",
        )

    async def subscribed(self, *, price: str = "starter") -> str:
        """The id of a subscription somebody paid for."""
        visit = await self.stripe.check_out_plan(self.plan(await self.customer(), price=price), key=ids.uuid7())
        await self.simulator.act("pay", visit.id)
        done = await self.stripe.checkout(visit.id)
        assert done.subscription_id is not None
        return done.subscription_id

    async def bought(self, price: Money) -> Checkout:
        """A visit whose credits were paid for."""
        visit = await self.stripe.check_out_credits(self.pack(await self.customer(), price), key=ids.uuid7())
        await self.simulator.act("pay", visit.id)
        return await self.stripe.checkout(visit.id)


@dataclass
class Adapters:
    """Makes adapters, each on connections of its own."""

    made: list[Connections] = field(default_factory=list)

    def at(
        self,
        url: str = "https://stripe.example/",
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        key: str = KEY,
        now: Callable[[], datetime] | None = None,
    ) -> Stripe:
        connections = Connections(transport, sleep=no_wait)
        self.made.append(connections)
        return Stripe(client_on(connections, url, SecretStr(key)), now=now or SystemClock().now)

    def answering(self, answer: Callable[[httpx.Request], httpx.Response]) -> Stripe:
        """In front of one that is nobody's."""
        return self.at(transport=httpx.MockTransport(answer))


@pytest_asyncio.fixture(loop_scope="session")
async def adapters() -> AsyncIterator[Adapters]:
    adapters = Adapters()
    yield adapters
    for connections in adapters.made:
        await connections.close_async()


@dataclass
class Tills:
    """Makes tills, each with an account of its own."""

    adapters: Adapters

    def open(self, **simulator: Any) -> Till:
        account = simulated.Stripe(key=KEY, **simulator)
        stripe = self.adapters.at(
            "http://stripe-account",
            InProcess({"stripe-account": account.app}),
            now=lambda: datetime.fromtimestamp(account.now(), UTC),
        )
        prices = {
            name: account.books.create_price(
                {
                    "currency": "inr",
                    "unit_amount": str(amount),
                    "recurring": {"interval": interval},
                    "product_data": {"name": name},
                }
            )["id"]
            for name, amount, interval in (
                ("starter", 49_900, "month"),
                ("pro", 149_900, "month"),
                ("pro_yearly", 1_499_000, "year"),
            )
        }
        return Till(account, stripe, prices, ids.uuid7())


@pytest.fixture
def tills(adapters: Adapters) -> Tills:
    return Tills(adapters)


@pytest.fixture
def till(tills: Tills) -> Till:
    """One account whose bank always says yes."""
    return tills.open()
