"""A service's database: its pool of connections, and one transaction per request and per message.

The pool is SQLAlchemy's over asyncpg. Its connections are in driver autocommit; what begins and ends a transaction is
said in :mod:`chassis.data.transaction`, and which connections may be used again in :mod:`chassis.data.loan`.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import orjson
import structlog
from sqlalchemy import event, make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from chassis.clock import Clock, SystemClock
from chassis.data.bookkeeping import AlreadySeen, Bookkeeping, LeaseLost, OutboxSink, Taker
from chassis.data.loan import Loan, idle
from chassis.data.transaction import Transaction, carried_out
from chassis.encoding import as_json
from chassis.observe.metrics import CONNECTIONS_DISCARDED, POOL_CONNECTIONS, POOL_MOST
from chassis.observe.statements import watch_statements

__all__ = ["AlreadySeen", "Database", "DatabaseAway", "LeaseLost", "OutboxSink", "Transaction"]

log = structlog.get_logger(__name__)


class DatabaseAway(ConnectionError):
    """No connection to be had: refused, starting up, shutting down, or all in use for too long. Try again later."""


class Database:
    """One service's database. ``url`` is ``postgresql+asyncpg://...``.

    Behind a pooler that gives each transaction any of its connections it ends in ``?prepared_statement_cache_size=0``:
    no statement is left on a connection then, and each costs a round trip more.
    """

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
        self.most = pool_size + max_overflow
        """As many connections as may be open."""
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
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {"application_name": service},
                **_statements(url),
            },
        )
        _refuse_what_is_not_idle(self._engine, service)
        _count_connections(self)
        watch_statements(self._engine, service)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin; commit when the block ends, roll back when it raises.

        Raises :class:`DatabaseAway` before the block, :class:`AlreadySeen` and :class:`LeaseLost` at its end. After an
        error from the commit itself the outcome is unknown; callers repeat with the same ids.
        """
        async with self._loan() as loan:
            books = Bookkeeping(self.outbox, self.takers)
            async with carried_out(Transaction(loan, books, service=self.service, clock=self.clock)) as tx:
                yield tx

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A bare autocommit connection for single statements of the chassis (claim, sweep, probe)."""
        async with self._loan() as loan:
            yield loan.driver

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
        _shown[self.service] = tuple(pool for pool in _shown[self.service] if pool() not in (None, self))

    @asynccontextmanager
    async def _loan(self) -> AsyncIterator[Loan]:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._engine.connect())
                driver: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection
            except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise DatabaseAway(f"no connection to the database of {self.service}: {error}") from error
            loan = Loan(connection, driver)
            try:
                yield loan
            except asyncpg.InternalClientError as error:
                # The driver's word for a server that was killed while its answer was awaited.
                loan.distrust()
                raise DatabaseAway(f"the connection to the database of {self.service} broke: {error}") from error
            except asyncpg.InterfaceError:
                # Used after its end, or by two at once: whoever is the other one may still be at it.
                loan.distrust()
                raise
            finally:
                if not loan.may_go_back:
                    CONNECTIONS_DISCARDED.labels(self.service, "given_back").inc()
                    await connection.invalidate()


def _statements(url: str) -> dict[str, Any]:
    """What the driver is told about statements: where none may be kept, each is unnamed, and prepared every time.

    The driver asks for an answer only after it has also bound and executed it, so a pooler changes nothing in between.
    """
    kept = make_url(url).query.get("prepared_statement_cache_size") != "0"
    return {} if kept else {"statement_cache_size": 0, "prepared_statement_name_func": str}


def _refuse_what_is_not_idle(engine: AsyncEngine, service: str) -> None:
    """Have the pool replace, at the checkout, what lies in it and cannot be used.

    A connection that the server has ended meanwhile (a restart) is replaced unnoticed. One that is not idle has been
    given back by somebody who may lose a commit by it: there is no such path, so that is an error.
    """

    @event.listens_for(engine.sync_engine, "checkout")
    def check(connection: Any, _record: object, _proxy: object) -> None:
        driver: asyncpg.Connection = connection.driver_connection
        if driver.is_closed():
            raise DisconnectionError("the server has ended it")
        if not idle(driver):
            CONNECTIONS_DISCARDED.labels(service, "checked_out").inc()
            log.error("database.connection_not_idle", service=service, pid=driver.get_server_pid())
            raise DisconnectionError("it is in a transaction of somebody else")


_shown: dict[str, tuple[weakref.ref[Database], ...]] = {}
"""What is shown at ``/metrics``: a process may have several pools of one service. Replaced as a whole, because figures
are read in a thread."""


def _count_connections(database: Database) -> None:
    """Show the pool at ``/metrics`` for as long as somebody uses the database."""
    service = database.service
    _shown[service] = (*(pool for pool in _shown.get(service, ()) if pool() is not None), weakref.ref(database))
    in_use, idle = (POOL_CONNECTIONS.labels(service, state) for state in ("in_use", "idle"))
    in_use.set_function(lambda: sum(pool.connections()[0] for pool in _in_use(service)))
    idle.set_function(lambda: sum(pool.connections()[1] for pool in _in_use(service)))
    POOL_MOST.labels(service).set_function(lambda: sum(pool.most for pool in _in_use(service)))


def _in_use(service: str) -> list[Database]:
    return [database for pool in _shown[service] if (database := pool()) is not None]
