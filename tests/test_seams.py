"""The seams between services: who says that it reads a message does, and reading it twice changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chassis.bus.messages import COMMANDS, Delivery, outgoing
from chassis.bus.port import ACKNOWLEDGE, Handler, QueueSpec
from chassis.data import migrations
from chassis.observe import context
from chassis.testing.plugin import NewDatabase
from contracts.catalogue import MESSAGES, commands, events
from contracts.message import Command, Message
from talkingphoto_runner.layout import PACKAGES, model_of, specs

RECORDED = Path(__file__).parents[1] / "libs" / "contracts" / "recorded"


class Subscriptions:
    """A bus that only remembers who subscribed."""

    def __init__(self) -> None:
        self.queues: dict[str, tuple[QueueSpec, Handler]] = {}

    def subscribe(self, queue: QueueSpec, handler: Handler) -> None:
        self.queues[queue.name] = (queue, handler)


@cache
def handled() -> dict[tuple[str, str], type[Message]]:
    """Every message type that some queue handles, by service and name."""
    found = {}
    for name in PACKAGES:
        consumers = model_of(name).service.consumers
        for queue in consumers.queues.values() if consumers is not None else ():
            found |= {(name, kind): queue.types[kind] for kind in queue.types}
    return found


def test_exactly_the_readers_of_an_event_are_bound_to_it() -> None:
    bound = defaultdict(set)
    for name in PACKAGES:
        service, subscriptions = model_of(name).service, Subscriptions()
        for part in (service.consumers, service.listeners):
            if part is not None:
                arguments = (service.database,) if part is service.consumers else ()
                part.attach(subscriptions, *arguments)  # type: ignore[arg-type]
        for queue, _ in subscriptions.queues.values():
            for binding in queue.bindings:
                if binding.exchange != COMMANDS:
                    bound[binding.routing_key].add(name)
    assert {event.NAME: bound[event.NAME] for event in events()} == {
        event.NAME: set(event.READERS) for event in events()
    }
    assert bound.keys() <= {event.NAME for event in events()}


def test_every_command_is_carried_out_by_its_owner_alone() -> None:
    assert {key for key, kind in handled().items() if issubclass(kind, Command)} == {
        (command.owner(), command.NAME) for command in commands()
    }


@pytest.mark.parametrize(("service", "kind"), sorted(handled()), ids=lambda value: str(value))
async def test_a_second_delivery_changes_nothing(
    service: str, kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """The process dies after its commit and before its acknowledgement: the same message comes again."""
    url = await new_database(service)
    spec = specs()[service]
    assert spec.migrations is not None
    await migrations.upgrade(url, spec.migrations)
    assembled = model_of(service, database_url=url, object_folder=tmp_path)
    database, consumers = assembled.service.database, assembled.service.consumers
    assert database is not None and consumers is not None
    try:
        if spec.initial_data is not None:
            await spec.initial_data(database)
        subscriptions = Subscriptions()
        consumers.attach(subscriptions, database)  # type: ignore[arg-type]
        name = next(queue.name for queue in consumers.queues.values() if kind in queue.types)
        queue, handler = subscriptions.queues[name]
        for example in sorted((RECORDED / kind).glob("*.json")):
            delivery = _delivery(queue, MESSAGES[kind].model_validate_json(example.read_bytes()))
            before = await _everything(database)

            assert await handler([delivery]) == [ACKNOWLEDGE], example.name
            after = await _everything(database)
            assert len(after["inbox"]) == len(before["inbox"]) + 1

            assert await handler([delivery._replace(redelivered=True)]) == [ACKNOWLEDGE], example.name
            assert await handler([delivery, delivery]) == [ACKNOWLEDGE, ACKNOWLEDGE], example.name
            assert await _everything(database) == after
    finally:
        await database.close()


def _delivery(queue: QueueSpec, message: Message) -> Delivery:
    sent = outgoing(message, service="tests", now=datetime.now(UTC), cause=context.Context())
    return Delivery(queue=queue.name, headers=sent.headers, body=sent.body)


async def _everything(database: Any) -> dict[str, Sequence[Any]]:
    """All rows of all tables."""
    async with database.connection() as connection:
        tables = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        return {
            row["table_name"]: sorted(
                str(found["row"])
                for found in await connection.fetch(f"SELECT to_jsonb(t) AS row FROM {row['table_name']} AS t")  # noqa: S608
            )
            for row in tables
        }
