"""Cancel a piece of code at each of its awaits, the first, the second, and so on, and see what others see then."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

import asyncpg

from chassis.data.database import Database


class Moment(Enum):
    """When a task that awaits something is cancelled."""

    WAITING = "waiting"
    """As soon as it waits: the request is under way, the answer is not there."""
    ANSWERED = "answered"
    """When the answer is there and the task has not seen it yet."""


async def cancelled_at(
    act: Callable[[], Coroutine[Any, Any, Any]], suspension: int, moment: Moment, *, times: int = 1
) -> bool:
    """Run ``act`` in a task of its own and cancel it at its ``suspension``-th await (from 1), or at ``times`` in a row.

    Returns whether it got that far. What it raises, other than by being cancelled, is raised here.
    """
    stepping = _Stepping(act(), range(suspension, suspension + times), moment)
    stepping.task = asyncio.create_task(_awaiting(stepping))
    done, _ = await asyncio.wait({stepping.task})
    for task in done:
        if not task.cancelled():
            task.result()
    return stepping.suspensions >= suspension


async def every_await(act: Callable[[], Coroutine[Any, Any, Any]], *, rounds: int = 3) -> AsyncIterator[int]:
    """Cancel ``act`` at each await in turn, at both moments; yields after each, for the caller to look around."""
    for moment in [*Moment] * rounds:
        for suspension in itertools.count(1):
            if not await cancelled_at(act, suspension, moment):
                break
            yield suspension


@asynccontextmanager
async def bystander(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the same database that is not of its pool: it sees what is committed, and nothing else."""
    connection = await asyncpg.connect(database.url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        yield connection
    finally:
        await connection.close()


async def _awaiting(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


class _Stepping:
    """Awaits a coroutine, and cancels the task that does at some of its suspensions."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], at: range, moment: Moment) -> None:
        self._coroutine = coroutine
        self._at = at
        self._moment = moment
        self.suspensions = 0
        self.task: asyncio.Task[Any]

    def __await__(self) -> Generator[Any, None, Any]:
        error: BaseException | None = None
        while True:
            try:
                awaited = self._coroutine.send(None) if error is None else self._coroutine.throw(error)
            except StopIteration as end:
                return end.value
            error = None
            self.suspensions += 1
            if self.suspensions in self._at:
                self._cancel(awaited)
            try:
                yield awaited
            except BaseException as raised:
                error = raised

    def _cancel(self, awaited: asyncio.Future[Any] | None) -> None:
        if awaited is not None and self._moment is Moment.ANSWERED:
            # Called before the task itself is woken, because it is added before.
            awaited.add_done_callback(lambda _: self.task.cancel())
        else:
            asyncio.get_running_loop().call_soon(self.task.cancel)
