"""Keeping the parts of a platform alive: what ends without having been told to is started again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog

from chassis.run.children import how_it_ended
from chassis.run.private_postgres import PrivatePostgres
from talkingphoto_runner.words import tail

log = structlog.get_logger(__name__)

Say = Callable[[str], None]

_LIVED_S = 60.0
"""A part that lived so long was well: its next end is a first one."""
_LONGEST_WAIT_S = 30.0
_IN_A_ROW = 3
"""So many ends one after another are no accident: the part cannot live, and its last words say why."""


class DidNotStart(RuntimeError):
    """A part ended, or did not become ready in time; the text says why or where that stands."""


@dataclass(frozen=True)
class Part:
    """Something that has to live: a process, the database, the broker.

    ``start`` makes a new one and returns when it is ready, or raises. ``ended`` returns when the one that runs is gone,
    with how it ended. ``last_words``: the last lines of its log.
    """

    name: str
    start: Callable[[], Awaitable[None]]
    ended: Callable[[], Awaitable[str]]
    last_words: Callable[[], Sequence[str]]


def database_part(postgres: PrivatePostgres) -> Part:
    """A private PostgreSQL as something that has to live."""

    async def ended() -> str:
        code = await postgres.ended()
        return "ended" if code is None else how_it_ended(code)

    return Part("database", postgres.start, ended, partial(tail, postgres.log))


class Keeper:
    """Watches one part that runs and starts it again whenever it ends, until it is let go.

    The first time at once, then after 1, 2, 4 and so on up to 30 s; after a minute of life it begins anew. It never
    gives up: the platform goes on without the part, whose work waits, and each try is told on the way.
    """

    def __init__(self, part: Part, say: Say) -> None:
        self._part = part
        self._say = say
        self._task = asyncio.create_task(self._keep(), name=f"keep {part.name}")

    async def let_go(self) -> None:
        """Watch no longer; what becomes of the part is the caller's."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _keep(self) -> None:
        waits, ends = _waits(), 0
        clock = asyncio.get_running_loop().time
        while True:
            born = clock()
            how = await self._part.ended()
            if clock() - born >= _LIVED_S:
                waits, ends = _waits(), 0
            while how:
                ends += 1
                how = await self._start_again(how, ends, next(waits))

    async def _start_again(self, how: str, ends: int, wait_s: float) -> str:
        """Tell, wait, start; why that failed, or nothing."""
        name = self._part.name
        when = f"in {wait_s:g} s" if wait_s else "at once"
        log.warning("part.ended", part=name, how=how, ends_in_a_row=ends, starts_again_in_s=wait_s)
        self._say(f"{name} {how}; it is started again {when}.")
        if ends == _IN_A_ROW:
            self._despair(ends)
        await asyncio.sleep(wait_s)
        try:
            await self._part.start()
        except Exception as error:
            # Whatever keeps it from starting, the others run and it is tried again.
            log.warning("part.not_started", part=name, error=str(error))
            return f"did not start ({error})"
        log.info("part.started_again", part=name)
        self._say(f"{name} is ready again.")
        return ""

    def _despair(self, ends: int) -> None:
        name, said = self._part.name, list(self._part.last_words())
        log.error("part.cannot_live", part=name, ends_in_a_row=ends, last_words=said)
        lines = "".join(f"\n  {line}" for line in said) or " nothing"
        self._say(
            f"{name} CANNOT LIVE: it ended {ends} times in a row. The platform goes on without it, what it would do "
            f"waits, and it is tried again at most every {_LONGEST_WAIT_S:g} s. Its last words:{lines}"
        )


def _waits() -> Iterator[float]:
    yield 0.0
    wait_s = 1.0
    while True:
        yield wait_s
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
