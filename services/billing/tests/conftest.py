from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest_asyncio

from billing.composition import SPEC
from billing.settings import Settings
from chassis import ids, migrations
from chassis.auth import Identity
from chassis.bus.port import Bus, QueueSpec, Verdict
from chassis.clock import ManualClock
from chassis.context import Context
from chassis.database import Database
from chassis.errors import NotAuthenticated
from chassis.messages import Delivery, outgoing
from chassis.service import Dependencies, Service
from contracts.message import Event, Message

NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)


class Recorder:
    """Stands where the outbox publisher would: keeps what was committed."""

    def __init__(self) -> None:
        self.messages: list[object] = []

    def accept(self, messages: Sequence[object]) -> None:
        self.messages.extend(messages)

    def take_confirmed(self) -> list[UUID]:
        return []

    def give_back(self, ids: Sequence[UUID]) -> None:
        raise AssertionError("nothing was taken")


class Handlers:
    """A bus that only remembers handlers, so that a test delivers exactly what it wants, as often as it wants."""

    def __init__(self) -> None:
        self.by_queue: dict[str, Callable[[Sequence[Delivery]], object]] = {}
        self.queue_of: dict[str, str] = {}

    def subscribe(self, queue: QueueSpec, handler: Callable[[Sequence[Delivery]], object]) -> None:
        self.by_queue[queue.name] = handler
        for binding in queue.bindings:
            self.queue_of[binding.routing_key] = queue.name


@dataclass
class Billing:
    """One billing service on its own database, driven by hand."""

    service: Service
    database: Database
    clock: ManualClock
    recorder: Recorder
    handlers: Handlers

    def delivery(self, message: Message) -> Delivery:
        wrapped = outgoing(message, service="workflow", now=self.clock.now(), cause=Context())
        return Delivery(self.handlers.queue_of[wrapped.routing_key], wrapped.headers, wrapped.body)

    async def deliver(self, *deliveries: Delivery) -> Sequence[Verdict]:
        return await self.handlers.by_queue[deliveries[0].queue](deliveries)  # type: ignore[misc,no-any-return]

    async def tell(self, *messages: Message) -> Sequence[Verdict]:
        return await self.deliver(*(self.delivery(message) for message in messages))

    def said(self, kind: type[Event]) -> list[Event]:
        return [
            kind.model_validate_json(message.body)  # type: ignore[attr-defined]
            for message in self.recorder.messages
            if message.headers["cloudEvents:type"] == kind.NAME  # type: ignore[attr-defined]
        ]

    async def account(self, user_id: UUID) -> dict[str, object]:
        async with self.database.connection() as connection:
            row = await connection.fetchrow("SELECT * FROM credit_accounts WHERE user_id = $1", user_id)
        return dict(row)

    async def check_books(self) -> None:
        """I3: entries add up to balances, holds add up to what is held, every transfer sums to zero."""
        async with self.database.connection() as connection:
            wrong = await connection.fetch(
                """
                SELECT account.user_id FROM credit_accounts AS account
                LEFT JOIN (SELECT account, sum(credits) AS total FROM ledger_entries GROUP BY account) AS ledger
                    ON ledger.account = 'user:' || account.user_id || ':' || account.product_line
                LEFT JOIN (SELECT user_id, product_line, sum(credits) AS total FROM holds WHERE state = 'held'
                           GROUP BY user_id, product_line) AS open
                    ON open.user_id = account.user_id AND open.product_line = account.product_line
                WHERE coalesce(ledger.total, 0) <> account.settled OR coalesce(open.total, 0) <> account.held
                """
            )
            unbalanced = await connection.fetch(
                "SELECT transfer_id FROM ledger_entries GROUP BY transfer_id HAVING sum(credits) <> 0 OR count(*) <> 2"
            )
        assert not wrong
        assert not unbalanced

    def client(self, user_id: UUID) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.service.app),
            base_url="http://billing",
            headers={"Authorization": f"Bearer {user_id}"},
        )


class TokenIsTheUser:
    """A verifier for tests: the token is the user's id."""

    async def verify(self, token: str) -> Identity:
        try:
            user_id = UUID(token)
        except ValueError:
            raise NotAuthenticated("no such user") from None
        return Identity(
            user_id=user_id,
            email="user@example.com",
            role="user",
            product_line="talkingphoto",
            plan="free",
            session_id=ids.uuid7(),
            issued_at=NOW,
            expires_at=NOW + timedelta(hours=1),
        )


@pytest_asyncio.fixture(loop_scope="session")
async def billing(new_database: Callable[[str], object], tmp_path_factory: object) -> AsyncIterator[Billing]:
    url = await new_database("billing")  # type: ignore[misc]
    await migrations.upgrade(url, SPEC.migrations)  # type: ignore[arg-type]
    clock = ManualClock(NOW)
    database = Database(url, service="billing", clock=clock)
    await SPEC.initial_data(database)  # type: ignore[misc]
    recorder, handlers = Recorder(), Handlers()
    database.outbox = recorder  # type: ignore[assignment]
    dependencies = Dependencies(
        database=database,
        store=None,  # type: ignore[arg-type]
        verifier=TokenIsTheUser(),
        clock=clock,
        processes=None,  # type: ignore[arg-type]
    )
    service = SPEC.build(Settings(env="test"), dependencies)
    assert service.consumers is not None
    bus: Bus = handlers  # type: ignore[assignment]
    service.consumers.attach(bus, database, retry_delays_s=(1, 2, 4))
    yield Billing(service, database, clock, recorder, handlers)
    await database.close()
