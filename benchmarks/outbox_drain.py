"""B3: a relay empties an outbox of 500-byte messages into a quorum queue, beside aio-pika that has no database.

Ours reads rows from PostgreSQL, publishes them mandatory with confirms, and deletes them when they are confirmed:
what is lost in a crash is nothing. The peer publishes messages from memory, mandatory with confirms, 256 at a time.

Both publish through aio-pika, so the question is what durability costs: rows that are read, locked and deleted, less
what batches and buffers save. Level with the peer means that the outbox is free.

    python benchmarks/outbox_drain.py [--quick]
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
import orjson
import uvloop
from _harness import Meter, Result, Sample, Side, Wrong, compare, main

from chassis import ids
from chassis.bus.messages import EVENTS
from chassis.bus.port import Binding, QueueSpec
from chassis.bus.rabbitmq import topology
from chassis.bus.rabbitmq.bus import RabbitMQBus
from chassis.bus.rabbitmq.connection import connect
from chassis.data import tables
from chassis.data.database import Database
from chassis.messaging.outbox import Outbox
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.private_rabbitmq import PrivateRabbitMQ
from contracts.envelope import Envelope

WINDOW = 256
KEY = "bench.happened.v1"
QUEUE = QueueSpec("bench.drain", (Binding(EVENTS, KEY),))


class Drain:
    """The two sides over one PostgreSQL and one RabbitMQ."""

    def __init__(self, rows: int, postgres: PrivatePostgres, broker: PrivateRabbitMQ, database: Database) -> None:
        self.rows = rows
        self.postgres = postgres
        self.broker = broker
        self.database = database
        self.headers = _headers()
        self.body = b'{"text":"' + b"x" * 489 + b'"}'

    async def relay(self) -> Sample:
        """Drain a full outbox. The clock runs until the last row is gone."""
        await self._fill()
        bus = RabbitMQBus(self.broker.url)
        await bus.start()
        outbox = Outbox(self.database, bus)
        meter = Meter([self.postgres.pid, self.broker.pid])
        await outbox.drain()
        sample = meter.sample(self.rows)
        await outbox.stop()
        await bus.stop()
        async with self.database.connection() as connection:
            if left := await connection.fetchval("SELECT count(*) FROM outbox"):
                raise Wrong(f"{left} rows were left")
        await self._check_queue()
        return sample

    async def aio_pika(self) -> Sample:
        """Publish from memory, a window of confirms at a time."""
        connection = await aio_pika.connect(self.broker.url)
        exchange = await (await connection.channel()).get_exchange(EVENTS)
        window = asyncio.Semaphore(WINDOW)
        meter = Meter([self.broker.pid])

        async def publish() -> None:
            message = aio_pika.Message(
                self.body,
                headers=self.headers,
                content_type="application/json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=str(ids.uuid7()),
                type=KEY,
            )
            try:
                await exchange.publish(message, KEY, mandatory=True)
            finally:
                window.release()

        async with asyncio.TaskGroup() as group:
            for _ in range(self.rows):
                await window.acquire()
                group.create_task(publish())
        sample = meter.sample(self.rows)
        await connection.close()
        await self._check_queue()
        return sample

    async def _fill(self) -> None:
        headers = orjson.dumps(self.headers).decode()
        async with self.database.connection() as connection:
            await connection.copy_records_to_table(
                "outbox",
                columns=["id", "exchange", "routing_key", "headers", "body"],
                records=[(ids.uuid7(), EVENTS, KEY, headers, self.body) for _ in range(self.rows)],
            )
            await connection.execute("VACUUM ANALYZE outbox")

    async def _check_queue(self) -> None:
        """Every message exactly once in the queue; then empty it."""
        connection = await aio_pika.connect(self.broker.url)
        channel = await connection.channel()
        queue = await channel.declare_queue(QUEUE.name, passive=True)
        if queue.declaration_result.message_count != self.rows:
            raise Wrong(f"{queue.declaration_result.message_count} messages arrived instead of {self.rows}")
        await queue.purge()
        await connection.close()


async def benchmark(quick: bool) -> Result:
    """Set everything up, compare, take everything down."""
    folder = Path(tempfile.mkdtemp(prefix="talkingphoto-b3-"))
    postgres, broker = PrivatePostgres(folder / "postgres"), PrivateRabbitMQ(folder / "rabbitmq")
    async with AsyncExitStack() as started:
        started.callback(shutil.rmtree, folder, ignore_errors=True)
        for server in (broker, postgres):
            await server.start()
            started.push_async_callback(server.stop)
        database = Database(await postgres.create_database("bench"), service="bench")
        started.push_async_callback(database.close)
        async with database.connection() as connection:
            for statement in tables.STATEMENTS:
                await connection.execute(statement)
        await _declare(broker.url)
        drain = Drain(20_000 if quick else 100_000, postgres, broker, database)
        return await compare(
            "B3 outbox drain",
            Side("outbox relay", "durable: row, confirm, delete", drain.relay),
            Side("aio-pika, window 256", "confirmed, but from memory", drain.aio_pika),
            rounds=3 if quick else 7,
            gate=0.7,
            goal=1.0,
        )


async def _declare(url: str) -> None:
    connection = await connect(url)
    channel = await connection.channel()
    await topology.declare_exchanges(channel)
    await topology.declare(channel, topology.of(QUEUE))
    await connection.close()


def _headers() -> dict[str, Any]:
    return Envelope(
        id=ids.uuid7(),
        source="/services/bench",
        type=KEY,
        time=datetime.now(UTC),
        subject=str(ids.uuid7()),
        correlation_id=str(ids.uuid7()),
        causation_id=str(ids.uuid7()),
        product_line="talkingphoto",
        user_id=ids.uuid7(),
    ).to_headers()


if __name__ == "__main__":
    uvloop.install()
    main(benchmark)
