"""Dead letters from the command line: those of a RabbitMQ that ``RABBITMQ_URL`` names, else those of this home."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

from chassis.bus.port import DeadLetter
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.data.database import Database
from chassis.messaging.dead_letters import PostgresDeadLetters
from talkingphoto.show import Printer, foreign, print_json
from talkingphoto_runner.layout import Home, queue_names, specs
from talkingphoto_runner.presence import database_of

_LIMIT = 200


class NoSuchLetters(LookupError):
    """The queue, the letter or the platform that was named does not exist; the text says which."""


class _Letters(Protocol):
    async def letters(self, queue: str, limit: int) -> list[DeadLetter]: ...

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None) -> int: ...


class _BrokerLetters:
    def __init__(self, bus: RabbitMQBus) -> None:
        self._bus = bus

    async def letters(self, queue: str, limit: int) -> list[DeadLetter]:
        return await self._bus.dead_letters(queue, limit)

    async def replay(self, queue: str, message_ids: Sequence[UUID] | None) -> int:
        return await self._bus.replay(queue, message_ids)


async def listed(home: Home, queue: str | None, *, as_json: bool) -> None:
    """Print the letters of one queue or of all. Raises ``NoSuchLetters`` for an unknown queue."""
    _check(home, queue)
    found: list[DeadLetter] = []
    async with _opened(home) as letters:
        for name in [queue] if queue else queue_names():
            found += await letters.letters(name, _LIMIT)
    if as_json:
        print_json({"dead_letters": [_plain(letter) for letter in found]})
        return
    printer = Printer()
    if not found:
        printer.say("No dead letters.")
        return
    printer.table(("id", "queue", "type", "attempts", "died", "reason"), [_row(letter) for letter in found])
    printer.say("Replay with `talkingphoto dead-letters replay QUEUE [ID ...]`.")


async def shown(home: Home, queue: str, message_id: str) -> None:
    """Print one letter whole. Raises ``NoSuchLetters`` when there is none."""
    _check(home, queue)
    async with _opened(home) as letters:
        for letter in await letters.letters(queue, _LIMIT):
            if message_id in (str(letter.id), letter.headers.get("cloudEvents:id")):
                print_json(_plain(letter))
                return
    raise NoSuchLetters(f"{queue} has no dead letter {message_id}.")


async def replayed(home: Home, queue: str, message_ids: Sequence[str] | None, *, as_json: bool) -> None:
    """Put letters back and say how many. Raises ``NoSuchLetters`` for what is no queue and no id."""
    _check(home, queue)
    try:
        wanted = [UUID(text) for text in message_ids] if message_ids else None
    except ValueError:
        raise NoSuchLetters(f"Not every id is one: {' '.join(message_ids or ())}.") from None
    async with _opened(home) as letters:
        count = await letters.replay(queue, wanted)
    if as_json:
        print_json({"replayed": count})
    else:
        Printer().say(f"{count} put back into {queue}.")


@asynccontextmanager
async def _opened(home: Home) -> AsyncIterator[_Letters]:
    if url := os.environ.get("RABBITMQ_URL"):
        bus = RabbitMQBus(url)
        await bus.start()
        try:
            yield _BrokerLetters(bus)
        finally:
            await bus.stop()
        return
    async with database_of(home) as postgres:
        databases = {
            name: Database(postgres.url(name), service=name)
            for name, spec in specs().items()
            if spec.migrations is not None
        }
        try:
            yield PostgresDeadLetters(databases)
        finally:
            for database in databases.values():
                await database.close()


def _check(home: Home, queue: str | None) -> None:
    if not os.environ.get("RABBITMQ_URL") and not (home.postgres / "PG_VERSION").exists():
        raise NoSuchLetters(f"No platform has run in {home.root} yet.")
    if queue is not None and queue not in (known := queue_names()):
        raise NoSuchLetters(f"There is no queue {queue}. The queues are {', '.join(known)}.")


def _row(letter: DeadLetter) -> tuple[str, ...]:
    kind = str(letter.headers.get("cloudEvents:type", "?"))
    died = f"{letter.died_at:%Y-%m-%d %H:%M:%S}"
    return str(letter.id), letter.queue, kind, str(letter.attempt), died, foreign(letter.reason[:200])


def _plain(letter: DeadLetter) -> dict[str, Any]:
    try:
        body: object = json.loads(letter.body)
    except ValueError:
        body = letter.body.decode("utf-8", "replace")
    return {
        "id": str(letter.id),
        "queue": letter.queue,
        "attempt": letter.attempt,
        "reason": letter.reason,
        "died_at": letter.died_at.isoformat(),
        "headers": dict(letter.headers),
        "body": body,
    }
