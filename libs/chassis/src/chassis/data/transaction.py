"""One transaction: a service's statements, the outbox, the inbox and leased work, together or not at all.

Hot paths use one plain statement (``tx.fetch``), CRUD uses the ORM (``tx.session``), both on one connection. Whatever a
transaction emits, has seen, or adds to the work table is written by one statement just before the commit; where that is
the only one, it is the whole transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from chassis import faults
from chassis.bus.messages import Received, outgoing
from chassis.clock import Clock
from chassis.data.bookkeeping import Bookkeeping
from chassis.data.leased_work import NewWork, WorkItem
from chassis.data.loan import Loan
from chassis.data.models import Timestamped
from chassis.data.together import Part, combined
from chassis.observe import context
from contracts.enums import Priority
from contracts.message import Command, Event

_ROLLBACK_S = 5.0
"""So long a server may take to answer before its connection is thrown away."""


class Transaction:
    """What a request or a message may do to the database; committed by the edge, never by a service."""

    def __init__(self, loan: Loan, books: Bookkeeping, *, service: str, clock: Clock) -> None:
        self._loan = loan
        self._books = books
        self._service = service
        self._clock = clock
        self._begun = False
        self._session: AsyncSession | None = None
        self._later: list[Part] = []
        self._after_commit: list[Callable[[], None]] = []

    @property
    def now(self) -> datetime:
        """The service's clock, UTC."""
        return self._clock.now()

    @property
    def session(self) -> AsyncSession:
        """The ORM on this transaction. Flushed before the commit; do not commit or roll back."""
        if self._session is None:
            self._session = AsyncSession(bind=self._loan.connection, expire_on_commit=False, autoflush=True)
            event.listen(self._session.sync_session, "after_begin", self._begin_for_session)
            event.listen(self._session.sync_session, "before_flush", self._stamp)
        return self._session

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement with ``$1`` parameters; its rows. JSON arguments are text, JSON results are decoded."""
        await self._before_statement()
        return await self._loan.fetch(statement, *arguments)

    async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """Run one statement and return its first row."""
        await self._before_statement()
        return await self._loan.fetchrow(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> str:
        """Run one statement and return its command tag."""
        await self._before_statement()
        return await self._loan.execute(statement, *arguments)

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
            service=self._service,
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
            await self._loan.execute("BEGIN")

    def _begin_for_session(self, _session: Any, _transaction: Any, connection: Any) -> None:
        connection.connection.dbapi_connection.run_async(lambda _: self._begin())

    def _stamp(self, session: Session, _context: Any, _instances: Any) -> None:
        """Rows come to be, and change, by the service's clock, and not by the database's machine."""
        for made in session.new:
            if isinstance(made, Timestamped):
                made.created_at = made.created_at or self.now
                made.updated_at = self.now
        for changed in session.dirty:
            if isinstance(changed, Timestamped) and session.is_modified(changed):
                changed.updated_at = self.now

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
        [row] = await self._loan.fetch(statement, *arguments)
        for name in named:
            self._books.answered(name, set(row[name]))

    async def _commit(self) -> None:
        """Write what is left, and commit. A single statement is a transaction by itself."""
        await self._flush_session()
        if not self._begun:
            faults.point("transaction.before_commit", self._service)
        await self._books.write(self._loan, self._later, self.now)
        if self._begun:
            faults.point("transaction.before_commit", self._service)
            # What an error has ended is rolled back by this, and the server does not call that an error.
            if await self._loan.execute("COMMIT") != "COMMIT":
                raise asyncpg.InFailedSQLTransactionError("an error had ended this transaction before its commit")

    async def _roll_back(self) -> None:
        """Take back what was done, as far as the server answers; a connection that stays in it is thrown away."""
        if self._begun:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                async with asyncio.timeout(_ROLLBACK_S):
                    await self._loan.execute("ROLLBACK")

    def _committed(self) -> None:
        self._books.committed()
        for callback in self._after_commit:
            callback()

    def _rolled_back(self) -> None:
        self._books.rolled_back()


@asynccontextmanager
async def carried_out(tx: Transaction) -> AsyncIterator[Transaction]:
    """Commit when the block ends; when it raises, take everything back and raise it further."""
    try:
        yield tx
        await tx._commit()
    except BaseException as error:
        tx._rolled_back()
        if isinstance(error, Exception):
            # Whoever is cancelled does not wait for an answer: the connection is thrown away, which rolls back too.
            await tx._roll_back()
        raise
    finally:
        if tx._session is not None:
            await tx._session.close()
    faults.point("transaction.after_commit", tx._service)
    tx._committed()
