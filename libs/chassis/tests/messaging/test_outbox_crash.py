"""Processes that end at the worst moment. Each is a real one, ended by a crash point without any clean-up."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import pytest

from chassis import faults
from chassis.bus.memory import InProcessBus
from chassis.messaging.consumer import Consumers
from chassis.messaging.dead_letters import PostgresDeadLetters
from chassis.messaging.outbox import Outbox
from contracts.users import UserRegistered

SENDER = """
import asyncio, sys
from uuid import UUID
from chassis.bus.port import PublishFailed
from chassis.data.database import Database
from chassis.messaging.outbox import Outbox
from contracts.users import UserRegistered

class Bus:
    async def publish(self, messages, confirmed):
        print(len(messages), flush=True)
        confirmed([message.id for message in messages])
    async def ready(self): ...

async def main():
    database = Database(sys.argv[1], service="users")
    outbox = Outbox(database, Bus(), sweep_s=0)
    await outbox.start()
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO effects VALUES ('registered')")
        tx.emit(UserRegistered(user_id=UUID(int=1), email="a@b.c", username="ann", home_product_line="talkingphoto"))
    await asyncio.sleep(30)

asyncio.run(main())
"""


async def _run_until_it_crashes(url: str, fault: str) -> int:
    """Returns how many messages the process had handed over when it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SENDER, url, env={**os.environ, "FAULT": fault}, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout=30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == faults.EXIT_CODE
    return sum(int(line) for line in output.split())


@pytest.mark.parametrize(
    ("fault", "handed_over", "committed"),
    [
        ("transaction.before_commit:1", 0, 0),
        ("transaction.after_commit:1", 0, 1),
        ("outbox.before_publish:1", 0, 1),
        ("outbox.after_publish:1", 1, 1),
        ("outbox.before_delete:1", 1, 1),
        ("outbox.after_delete:1", 1, 1),
    ],
)
async def test_a_sender_that_dies_loses_and_doubles_nothing(
    new_service: Any, count: Any, eventually: Any, fault: str, handed_over: int, committed: int
) -> None:
    users, billing = await new_service("users"), await new_service("billing")

    assert await _run_until_it_crashes(users.url, fault) == handed_over
    assert await count(users, "effects") == committed
    left = await count(users, "outbox")
    assert left == (0 if fault.startswith("outbox.after_delete") else committed)

    # The next process publishes what is left, perhaps a second time; the reader's inbox makes it one effect.
    consumers = Consumers("billing")

    @consumers.queue("accounts").each(UserRegistered)
    async def open_account(event: UserRegistered, tx: Any) -> None:
        await tx.execute("INSERT INTO effects VALUES ($1)", event.username)

    bus = InProcessBus(PostgresDeadLetters({"billing": billing}))
    consumers.attach(bus, billing)
    outbox = Outbox(users, bus, lease_s=0.2, poll_s=0.05, sweep_s=0.01)
    await bus.start()
    await outbox.start()

    async def settled() -> bool:
        return (await count(users, "outbox"), await count(billing, "effects")) == (0, left)

    await eventually(settled)
    await bus.stop(1)
    await outbox.stop()
