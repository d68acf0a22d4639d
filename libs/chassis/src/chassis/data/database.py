"""One transaction per request and per message, with the outbox, the inbox and leased work inside it.

The pool is SQLAlchemy's over asyncpg, in driver-level autocommit: the transaction itself is asyncpg's, so that
hot paths can use one plain statement (``tx.fetch``) and CRUD can use the ORM (``tx.session``) on one connection
in one transaction. Whatever a transaction emits, has seen, or adds to the work table is written by one statement
just before the commit; where that is the only one, it is the whole transaction.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from chassis import faults
from chassis.bus.messages import Received, outgoing
from chassis.clock import Clock, SystemClock
from chassis.data.bookkeeping import AlreadySeen, Bookkeeping, LeaseLost, OutboxSink, Taker
from chassis.data.leased_work import NewWork, WorkItem
from chassis.data.together import Part, combined
from chassis.encoding import as_json
from chassis.observe import context
from chassis.observe.metrics import POOL_CONNECTIONS
from chassis.observe.statements import trace_statements
from contracts.enums import Priority
from contracts.message import Command, Event

__all__ = ["AlreadySeen", "Database", "DatabaseAway", "LeaseLost", "OutboxSink", "Transaction"]


class DatabaseAway(ConnectionError):
    """No connection to be had: refused, starting up, shutting down, or all in use for too long. Try again later."""


class Transaction:
    """What a request or a message may do to the database; committed by the edge, never by a service."""

    def __init__(self, database: Database, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        self._database = database
        self._connection = connection
        self._driver = driver
        self.block = driver.transaction()
        self._begun = False
        self._session: AsyncSession | None = None
        self._later: list[Part] = []
        self._books = Bookkeeping(database.outbox, database.takers)
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
            event.listen(self._session.sync_session, "after_begin", self._begin_for_session)
        return self._session

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement with ``$1`` parameters; its rows. JSON arguments are text, JSON results are decoded."""
        await self._before_statement()
        rows: list[asyncpg.Record] = await self._driver.fetch(statement, *arguments)
        return rows

    async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """Run one statement and return its first row."""
        await self._before_statement()
        return await self._driver.fetchrow(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> str:
        """Run one statement and return its command tag."""
        await self._before_statement()
        tag: str = await self._driver.execute(statement, *arguments)
        return tag

    def later(self, statement: str, *arguments: Any, name: str | None = None) -> None:
        """Run a statement that changes data and whose answer nobody waits for: before the next statement of this
        transaction, else in the round trip of the commit. No ``WITH`` of its own.

        ``name``: it returns ``id``, and :meth:`add_work` may depend on those rows. Statements of one round trip do not
        see each other's changes and have no order; the ORM's own statements do not see them.
        """
        self._later.append(Part(name or f"later_{len(self._later)}", statement, arguments))

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
        self._books.seen.append((consumer, message_id))

    def add_work(self, work: NewWork, *, given: str | None = None) -> None:
        """Have a worker do something later, at least once, under a lease. The same id is added once.

        ``given``: only if the :meth:`later` statement of that name, which has been asked for before, returns its id.
        """
        self._books.add_work(work, given)

    def finish_work(self, item: WorkItem) -> None:
        """Remove work with this transaction's effects; the commit raises :class:`LeaseLost` if it is not ours."""
        self._books.finished.append(item)

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
        self._books.outgoing.append(wrapped)
        return wrapped.id

    async def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            await self.block.start()

    def _begin_for_session(self, _session: Any, _transaction: Any, connection: Any) -> None:
        connection.connection.dbapi_connection.run_async(lambda _: self._begin())

    async def _before_statement(self) -> None:
        await self._begin()
        await self._flush_session()
        if self._later:
            await self._send_later()

    async def _flush_session(self) -> None:
        if self._session is not None:
            await self._session.flush()

    async def _send_later(self) -> None:
        """Run what was put off, because what follows may depend on it."""
        parts, self._later = self._later, []
        named = [part.name for part in parts if not part.name.startswith("later_")]
        answers = [f"ARRAY(SELECT id FROM {name}) AS {name}" for name in named]  # noqa: S608
        statement, arguments = combined(parts, f"SELECT {', '.join(answers) or 1}")
        row = await self._driver.fetchrow(statement, *arguments)
        for name in named:
            self._books.answered(name, set(row[name]))

    async def _commit(self) -> None:
        """Write what is left, and commit. A single statement is a transaction by itself."""
        await self._flush_session()
        if not self._begun:
            faults.point("transaction.before_commit", self._database.service)
        await self._books.write(self._driver, self._later, self.now)
        if self._begun:
            faults.point("transaction.before_commit", self._database.service)
            await self.block.commit()

    def _committed(self) -> None:
        self._books.committed()
        for callback in self._after_commit:
            callback()

    def _rolled_back(self) -> None:
        self._books.rolled_back()


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
        self.takers: dict[str, list[Taker]] = {}
        """Pools of this process by the kind of their work; each adds itself."""
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout_s,
            isolation_level="AUTOCOMMIT",
            json_serializer=as_json,
            json_deserializer=orjson.loads,
            # An error's text goes to the log; what a statement was given may be a password's hash.
            hide_parameters=True,
            connect_args={"timeout": 10, "command_timeout": 60, "server_settings": {"application_name": service}},
        )

        _count_connections(self)
        trace_statements(self._engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin; commit when the block ends, roll back when it raises.

        Raises :class:`DatabaseAway` before the block, :class:`AlreadySeen` and :class:`LeaseLost` at its end. After an
        error from the commit itself the outcome is unknown; callers repeat with the same ids.
        """
        async with self._checkout() as connection:
            driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
            tx = Transaction(self, connection, driver)
            try:
                yield tx
                await tx._commit()
            except BaseException as error:
                tx._rolled_back()
                await self._roll_back(connection, driver, tx.block)
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
