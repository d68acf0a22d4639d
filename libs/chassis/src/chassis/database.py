"""One transaction per request and per message, with the outbox, the inbox and leased work inside it.

The pool is SQLAlchemy's over asyncpg, in driver-level autocommit: the transaction itself is asyncpg's, so that
hot paths can use one plain statement (``tx.fetch``) and CRUD can use the ORM (``tx.session``) on one connection
in one transaction. Whatever a transaction emits, has seen, or adds to the work table is written by one statement
just before the commit.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from chassis import context, faults
from chassis.clock import Clock, SystemClock
from chassis.messages import Outgoing, Received, outgoing
from chassis.metrics import POOL_CONNECTIONS
from chassis.work import NewWork, WorkItem
from contracts.enums import Priority
from contracts.message import Command, Event


class AlreadySeen(Exception):
    """The inbox has a message of this transaction already: its effects exist, this transaction must not."""


class DatabaseAway(ConnectionError):
    """No connection to be had: refused, starting up, shutting down, or all in use for too long. Try again later."""


class LeaseLost(Exception):
    """Work was finished by a holder whose lease had passed to somebody else; nothing of it may be kept."""


class OutboxSink(Protocol):
    """Who takes over messages after their commit (see :mod:`chassis.outbox`)."""

    def accept(self, messages: Sequence[Outgoing]) -> None:
        """Messages that have just been committed."""
        ...

    def take_confirmed(self) -> list[UUID]:
        """Ids whose rows may be deleted by the transaction that asks."""
        ...

    def give_back(self, ids: Sequence[UUID]) -> None:
        """Ids taken by a transaction that did not commit."""
        ...


_FLUSH = """
WITH seen AS (
    INSERT INTO inbox (consumer, message_id) SELECT * FROM unnest($1::text[], $2::uuid[])
), confirmed AS (
    DELETE FROM outbox WHERE id = ANY($3::uuid[])
), added AS (
    INSERT INTO work (id, kind, lane, payload, run_after)
    SELECT * FROM unnest($4::uuid[], $5::text[], $6::smallint[], $7::jsonb[], $8::timestamptz[])
    ON CONFLICT (id) DO NOTHING
), finished AS (
    DELETE FROM work USING unnest($9::uuid[], $10::uuid[]) AS held (id, token)
    WHERE work.id = held.id AND work.lease_token = held.token
    RETURNING work.id
), sent AS (
    INSERT INTO outbox (id, exchange, routing_key, headers, body, mandatory)
    SELECT * FROM unnest($11::uuid[], $12::text[], $13::text[], $14::jsonb[], $15::bytea[], $16::boolean[])
)
SELECT count(*) FROM finished
"""


class Transaction:
    """What a request or a message may do to the database; committed by the edge, never by a service."""

    def __init__(self, database: Database, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        self._database = database
        self._connection = connection
        self._driver = driver
        self._session: AsyncSession | None = None
        self._outgoing: list[Outgoing] = []
        self._seen: list[tuple[str, UUID]] = []
        self._new_work: list[NewWork] = []
        self._finished: list[WorkItem] = []
        self._confirmed: list[UUID] = []
        self._after_commit: list[Callable[[], None]] = []

    @property
    def now(self) -> datetime:
        """The service's clock, UTC."""
        return self._database.clock.now()

    @property
    def session(self) -> AsyncSession:
        """The ORM on this transaction. Flushed before the commit; do not commit or roll back."""
        if self._session is None:
            self._session = AsyncSession(bind=self._connection, expire_on_commit=False, autoflush=True)
        return self._session

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement with ``$1`` parameters; its rows. JSON arguments are text, JSON results are decoded."""
        await self._flush_session()
        rows: list[asyncpg.Record] = await self._driver.fetch(statement, *arguments)
        return rows

    async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """Run one statement and return its first row."""
        await self._flush_session()
        return await self._driver.fetchrow(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> str:
        """Run one statement and return its command tag."""
        await self._flush_session()
        tag: str = await self._driver.execute(statement, *arguments)
        return tag

    def emit(self, event: Event, *, cause: Received[Any] | None = None, subject: str | None = None) -> UUID:
        """Publish a fact if, and only if, this transaction commits. Returns the message id."""
        return self._send(event, cause, Priority.NORMAL, subject)

    def send(
        self, command: Command, *, priority: Priority = Priority.NORMAL, cause: Received[Any] | None = None
    ) -> UUID:
        """Ask a service for something if, and only if, this transaction commits. Returns the message id."""
        return self._send(command, cause, priority, None)

    def mark_seen(self, consumer: str, message_id: UUID) -> None:
        """Remember a message as handled by ``consumer``; the commit raises :class:`AlreadySeen` if it was before."""
        self._seen.append((consumer, message_id))

    def add_work(self, work: NewWork) -> None:
        """Have a worker do something later, at least once, under a lease. The same id is added once."""
        self._new_work.append(work)

    def finish_work(self, item: WorkItem) -> None:
        """Remove work with this transaction's effects; the commit raises :class:`LeaseLost` if it is not ours."""
        self._finished.append(item)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call something quick once the commit has succeeded."""
        self._after_commit.append(callback)

    def _send(
        self, message: Event | Command, cause: Received[Any] | None, priority: Priority, subject: str | None
    ) -> UUID:
        wrapped = outgoing(
            message,
            service=self._database.service,
            now=self.now,
            cause=cause.context if cause is not None else context.current(),
            priority=priority,
            subject=subject,
        )
        self._outgoing.append(wrapped)
        return wrapped.id

    async def _flush_session(self) -> None:
        if self._session is not None:
            await self._session.flush()

    async def _flush(self) -> None:
        await self._flush_session()
        if not (self._outgoing or self._seen or self._new_work or self._finished):
            return
        if self._database.outbox is not None:
            self._confirmed = self._database.outbox.take_confirmed()
        now = self.now
        try:
            finished = await self._driver.fetchval(
                _FLUSH,
                [consumer for consumer, _ in self._seen],
                [message_id for _, message_id in self._seen],
                self._confirmed,
                [work.id for work in self._new_work],
                [work.kind for work in self._new_work],
                [work.lane for work in self._new_work],
                [orjson.dumps(work.payload).decode() for work in self._new_work],
                [work.run_after or now for work in self._new_work],
                [item.id for item in self._finished],
                [item.token for item in self._finished],
                [message.id for message in self._outgoing],
                [message.exchange for message in self._outgoing],
                [message.routing_key for message in self._outgoing],
                [orjson.dumps(dict(message.headers)).decode() for message in self._outgoing],
                [message.body for message in self._outgoing],
                [message.mandatory for message in self._outgoing],
            )
        except asyncpg.UniqueViolationError as error:
            if error.table_name == "inbox":
                raise AlreadySeen from error
            raise
        if finished != len(self._finished):
            raise LeaseLost(f"{len(self._finished) - finished} of {len(self._finished)} leases had ended")

    def _committed(self) -> None:
        if self._outgoing and self._database.outbox is not None:
            self._database.outbox.accept(self._outgoing)
        for kind in {work.kind for work in self._new_work}:
            self._database.wake_workers(kind)
        for callback in self._after_commit:
            callback()

    def _rolled_back(self) -> None:
        if self._confirmed and self._database.outbox is not None:
            self._database.outbox.give_back(self._confirmed)


class Database:
    """One service's database. ``url`` is ``postgresql+asyncpg://...``."""

    def __init__(
        self,
        url: str,
        *,
        service: str,
        pool_size: int = 5,
        max_overflow: int = 10,
        pool_timeout_s: float = 10,
        clock: Clock | None = None,
    ) -> None:
        self.service = service
        self.url = url
        self.clock: Clock = clock or SystemClock()
        self.outbox: OutboxSink | None = None
        self._wakers: dict[str, list[Callable[[], None]]] = {}
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout_s,
            isolation_level="AUTOCOMMIT",
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            # An error's text goes to the log; what a statement was given may be a password's hash.
            hide_parameters=True,
            connect_args={"timeout": 10, "command_timeout": 60, "server_settings": {"application_name": service}},
        )

        _count_connections(self)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin; commit when the block ends, roll back when it raises.

        Raises :class:`DatabaseAway` before the block, :class:`AlreadySeen` and :class:`LeaseLost` at its end. After an
        error from the commit itself the outcome is unknown; callers repeat with the same ids.
        """
        async with self._checkout() as connection:
            driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
            block = driver.transaction()
            tx = Transaction(self, connection, driver)
            try:
                await block.start()
                yield tx
                await tx._flush()
                faults.point("transaction.before_commit", self.service)
                await block.commit()
            except BaseException as error:
                tx._rolled_back()
                await self._roll_back(connection, driver, block)
                if isinstance(error, asyncpg.InternalClientError):
                    raise self._broke(error) from error
                raise
            finally:
                if tx._session is not None:
                    await tx._session.close()
            faults.point("transaction.after_commit", self.service)
        tx._committed()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A bare autocommit connection for single statements of the chassis (claim, sweep, probe)."""
        async with self._checkout() as connection:
            raw = await connection.get_raw_connection()
            try:
                yield raw.driver_connection
            except asyncpg.InternalClientError as error:
                await connection.invalidate()
                raise self._broke(error) from error
            except (OSError, asyncpg.InterfaceError, asyncio.CancelledError):
                await connection.invalidate()
                raise

    def _broke(self, error: Exception) -> DatabaseAway:
        # The driver's word for a server that was killed while its answer was awaited.
        return DatabaseAway(f"the connection to the database of {self.service} broke: {error}")

    async def ready(self) -> None:
        """Return when the database answers; raise what the driver raises else."""
        async with self.connection() as connection:
            await connection.fetchval("SELECT 1")

    def on_work(self, kind: str, wake: Callable[[], None]) -> None:
        """Call ``wake`` in this process whenever work of ``kind`` has been committed here."""
        self._wakers.setdefault(kind, []).append(wake)

    def wake_workers(self, kind: str) -> None:
        """Tell pools of this process that there may be work."""
        for wake in self._wakers.get(kind, ()):
            wake()

    def connections(self) -> tuple[int, int]:
        """How many are in use and how many are idle."""
        pool = self._engine.pool
        return (pool.checkedout(), pool.checkedin()) if isinstance(pool, QueuePool) else (0, 0)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _checkout(self) -> AsyncIterator[AsyncConnection]:
        try:
            while True:
                connecting = self._engine.connect()
                connection = await connecting.start()
                if not (await connection.get_raw_connection()).driver_connection.is_closed():  # type: ignore[union-attr]
                    break
                # The server ended it while it lay in the pool (a restart); nothing has been done on it.
                await connection.invalidate()
                await connecting.__aexit__(None, None, None)
        except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseAway(f"no connection to the database of {self.service}: {error}") from error
        try:
            yield connection
        finally:
            await connecting.__aexit__(None, None, None)

    @staticmethod
    async def _roll_back(connection: AsyncConnection, driver: asyncpg.Connection, block: Any) -> None:
        # A connection whose state is not known to be clean must not go back to the pool.
        try:
            if driver.is_closed():
                await connection.invalidate()
            elif driver.is_in_transaction():
                await asyncio.wait_for(asyncio.shield(block.rollback()), timeout=5)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError):
            await connection.invalidate()


def _count_connections(database: Database) -> None:
    """Show the pool at ``/metrics`` for as long as somebody uses the database."""
    known = weakref.ref(database)

    def number(which: int) -> float:
        found = known()
        return found.connections()[which] if found is not None else 0

    POOL_CONNECTIONS.labels(database.service, "in_use").set_function(lambda: number(0))
    POOL_CONNECTIONS.labels(database.service, "idle").set_function(lambda: number(1))
