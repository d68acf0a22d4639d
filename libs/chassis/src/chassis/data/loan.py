"""A connection on loan from the pool, and when it may go back.

Only a connection whose server has answered everything and is in no transaction may be used by somebody else. One that
is anything else, because its statement was cancelled, timed out, or is still under way, is thrown away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection


class BrokenOff(ConnectionError):
    """A statement of this transaction was cancelled or timed out, and nothing of it will be kept. Repeat all of it."""


def idle(driver: asyncpg.Connection) -> bool:
    """Whether the connection is open, in no transaction, and cancels nothing."""
    return not (
        driver.is_closed()
        or driver.is_in_transaction()
        # The server may have begun what the driver was told to forget: only the driver knows that this is so.
        or driver._top_xact is not None
        or driver._protocol._is_cancelling()
    )


class Loan:
    """A connection for one user of the pool. Its statements are sent one by one, each after the answer to the last."""

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        self.connection = connection
        self.driver = driver
        self._answered = True

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """All rows of a statement."""
        rows: list[asyncpg.Record] = await self._ask(self.driver.fetch, statement, *arguments)
        return rows

    async def fetchrow(self, statement: str, *arguments: Any) -> asyncpg.Record | None:
        """The first row of a statement."""
        row: asyncpg.Record | None = await self._ask(self.driver.fetchrow, statement, *arguments)
        return row

    async def execute(self, statement: str, *arguments: Any) -> str:
        """The command tag of a statement."""
        tag: str = await self._ask(self.driver.execute, statement, *arguments)
        return tag

    def distrust(self) -> None:
        """Nothing more can be asked, and the connection does not go back."""
        self._answered = False

    @property
    def may_go_back(self) -> bool:
        """Whether the next user will find the connection as a new one."""
        return self._answered and idle(self.driver)

    async def _ask(self, send: Callable[..., Awaitable[Any]], statement: str, *arguments: Any) -> Any:
        if not self._answered:
            raise BrokenOff("a statement of this transaction was broken off, or is still under way")
        self._answered = False
        try:
            answer = await send(statement, *arguments)
        except asyncpg.PostgresError:
            # The server has said no, or the driver could not write the arguments and has not asked it.
            self._answered = True
            raise
        self._answered = True
        return answer
