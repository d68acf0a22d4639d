"""The mischievous bus does what it says, repeats it from its seed, and our consumers bear it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.bus.memory import InProcessBus
from chassis.bus.messages import EVENTS, Delivery, Outgoing
from chassis.bus.port import Binding, Bury, PublishFailed, QueueSpec, Retry, Verdict
from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers, wait_until
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.messaging.outbox import Outbox
from chassis.testing.wrappers import Mischief, MischievousBus
from contracts.users import UserRegistered

QUEUE = QueueSpec("tests.mischief", (Binding(EVENTS, "a.happened.v1"),))


class Harness:
    """One subscription on a scripted bus, called by hand."""

    def __init__(self, bus: Any, **mischief: float) -> None:
        self.inner = bus
        self.troubled: Any = None
        bus.subscribe = self._remember
        self.bus = MischievousBus(bus, Mischief(**mischief), seed=5)
        self.got: list[list[bytes]] = []
        self.bus.subscribe(QUEUE, self._handle)

    def _remember(self, _: QueueSpec, handler: Any) -> None:
        self.troubled = handler

    async def _handle(self, deliveries: Sequence[Delivery]) -> Sequence[Verdict]:
        self.got.append([delivery.body for delivery in deliveries])
        return [Bury(delivery.body.decode("latin-1")) for delivery in deliveries]

    async def deliver(self, count: int = 20) -> list[Verdict]:
        verdicts: list[Verdict] = await self.troubled([Delivery("q", {}, b"%d" % n) for n in range(count)])
        return verdicts


def _messages(count: int) -> list[Outgoing]:
    return [Outgoing(ids.uuid7(), EVENTS, "a.happened.v1", {}, b"{}") for _ in range(count)]


async def test_without_mischief_it_is_the_bus(scripted_bus: Any) -> None:
    harness = Harness(scripted_bus)
    assert await harness.deliver(3) == [Bury("0"), Bury("1"), Bury("2")]
    messages, confirmed = _messages(3), list[UUID]()
    await harness.bus.publish(messages, confirmed.extend)
    assert confirmed == scripted_bus.ids == [message.id for message in messages]
    assert not harness.bus.done


async def test_reordered_deliveries_keep_their_own_verdicts(scripted_bus: Any) -> None:
    harness = Harness(scripted_bus, reorder=1.0)
    assert await harness.deliver() == [Bury(str(n)) for n in range(20)]
    assert harness.got[0] != sorted(harness.got[0], key=int)
    assert Counter(harness.got[0]) == Counter(b"%d" % n for n in range(20))


async def test_a_lost_acknowledgement_is_one_more_delivery(scripted_bus: Any) -> None:
    harness = Harness(scripted_bus, forget=0.5)
    verdicts = await harness.deliver()
    lost = [verdict for verdict in verdicts if isinstance(verdict, Retry)]
    assert 0 < len(lost) < 20
    assert len(lost) == harness.bus.done["forget"]
    assert not any(verdict.counted for verdict in lost)


async def test_corruption_changes_one_byte(scripted_bus: Any) -> None:
    harness = Harness(scripted_bus, corrupt=1.0)
    await harness.deliver()
    for n, body in enumerate(harness.got[0]):
        sent = b"%d" % n
        assert len(body) == len(sent)
        assert sum(a != b for a, b in zip(body, sent, strict=True)) == 1


async def test_a_duplicate_is_published_twice_and_confirmed_once(scripted_bus: Any) -> None:
    harness = Harness(scripted_bus, duplicate=1.0)
    messages, confirmed = _messages(5), list[UUID]()
    await harness.bus.publish(messages, confirmed.extend)
    assert Counter(scripted_bus.ids) == Counter([message.id for message in messages] * 2)
    assert sorted(confirmed) == sorted(message.id for message in messages)


async def test_a_confirm_that_is_kept_back_is_a_failure(scripted_bus: Any) -> None:
    harness = Harness(scripted_bus, unconfirmed=0.5)
    messages, confirmed = _messages(20), list[UUID]()
    with pytest.raises(PublishFailed):
        await harness.bus.publish(messages, confirmed.extend)
    assert 0 < len(confirmed) < 20
    assert len(scripted_bus.published) == 20


async def test_the_same_seed_does_the_same(scripted_bus: Any) -> None:
    runs = []
    for _ in range(2):
        harness = Harness(type(scripted_bus)(), reorder=0.5, forget=0.3, corrupt=0.3, duplicate=0.3)
        runs.append((await harness.deliver(), harness.got, dict(harness.bus.done)))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("seed", range(3))
async def test_consumers_have_one_effect_per_message_whatever_the_bus_does(
    new_service: Any, registered: Callable[..., UserRegistered], count: Any, eventually: Any, seed: int
) -> None:
    users, billing = await new_service("users"), await new_service("billing")
    inner = InProcessBus(PostgresDeadLetters({"billing": billing}))
    bus = MischievousBus(
        inner,
        Mischief(duplicate=0.3, reorder=0.5, delay=0.3, forget=0.3, unconfirmed=0.2, delay_s=0.02),
        seed=seed,
    )
    consumers = Consumers("billing")

    @consumers.queue("accounts", batch=7).each(UserRegistered)
    async def open_account(event: UserRegistered, tx: Transaction) -> None:
        await tx.execute("INSERT INTO effects VALUES ($1)", event.username)

    consumers.attach(bus, billing, retry_delays_s=(0.01, 0.01, 0.01))
    outbox = Outbox(users, bus, lease_s=0.2, poll_s=0.05, sweep_s=0.01)
    await bus.start()
    await outbox.start()
    for n in range(40):
        async with users.transaction() as tx:
            tx.emit(registered(f"user{n}"))

    async def settled() -> bool:
        return (await count(users, "outbox"), await count(billing, "inbox")) == (0, 40)

    await eventually(settled, timeout_s=20)
    async with billing.connection() as connection:
        effects = Counter(row["name"] for row in await connection.fetch("SELECT name FROM effects"))
    assert effects == Counter(f"user{n}" for n in range(40))
    assert set(bus.done) >= {"duplicate", "forget", "unconfirmed"}
    await bus.stop(1)
    await outbox.stop()


async def test_a_corrupted_message_is_noticed_or_harmless(
    new_service: Any, registered: Callable[..., UserRegistered], eventually: Any
) -> None:
    billing = await new_service("billing")
    inner = InProcessBus(PostgresDeadLetters({"billing": billing}))
    bus = MischievousBus(inner, Mischief(corrupt=1.0), seed=1)
    consumers = Consumers("billing")

    @consumers.queue("accounts").each(UserRegistered)
    async def open_account(event: UserRegistered, tx: Transaction) -> None:
        await tx.execute("INSERT INTO effects VALUES ($1)", str(event.user_id))

    consumers.attach(bus, billing)
    users = await new_service("users")
    # Replayed letters leave through the outbox of the service that gave them up.
    outboxes = [Outbox(users, bus), Outbox(billing, bus)]
    await bus.start()
    for outbox in outboxes:
        await outbox.start()
    async with users.transaction() as tx:
        for n in range(30):
            tx.emit(registered(f"user{n}"))
    await wait_until(lambda: outboxes[0].in_flight == 0 and bus.done["corrupt"] == 30, timeout_s=10)

    letters = await bus.dead_letters("billing.accounts")
    assert letters
    assert all(letter.reason.startswith("unreadable") for letter in letters)

    bus.active = False
    assert await bus.replay("billing.accounts") == len(letters)

    async def everything() -> bool:
        async with billing.connection() as connection:
            return bool(await connection.fetchval("SELECT count(*) FROM effects") == 30)

    await eventually(everything)
    await bus.stop(1)
    for outbox in outboxes:
        await outbox.stop()
