"""What goes on in the background for as long as a process lives, and that no bad turn ends."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

import structlog

from chassis.data.outages import is_outage
from chassis.errors import Unavailable

log = structlog.get_logger(__name__)


def keep_doing(name: str, turn: Callable[[], Awaitable[None]], *, rest_s: float = 0.0) -> asyncio.Task[None]:
    """Start a task that calls ``turn`` again and again until it is cancelled.

    A turn that fails is told, with a warning while our own side is away and with a traceback otherwise, and after
    ``rest_s`` comes the next one. The default is for turns that begin with a wait of their own.
    """

    async def turns() -> None:
        while True:
            try:
                await turn()
            except Exception as error:
                # One bad turn must not end what nobody else does while the process says that it is ready.
                if is_outage(error) or isinstance(error, Unavailable):
                    log.warning("periodic.waits", part=name, error=repr(error))
                else:
                    log.exception("periodic.failed", part=name)
                await asyncio.sleep(rest_s)

    return asyncio.create_task(turns(), name=name)


class Periodic(ABC):
    """Calls :meth:`round` every ``every_s`` seconds until it is stopped; satisfies ``chassis.run.service.Background``.

    A round that fails is tried again at the next turn. ``rests_first``: the first round comes after ``every_s``, when
    the rush of a start is over. ``every_s`` may be 0 for a round that begins with a wait of its own.
    """

    def __init__(self, name: str, every_s: float, *, rests_first: bool = False) -> None:
        self._name = name
        self._every_s = every_s
        self._rests_first = rests_first
        self._rests = False
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def round(self) -> None:
        """Do what is due now. May be interrupted anywhere, so it commits in pieces that can be left as they are."""

    async def start(self) -> None:
        """Begin; returns at once."""
        self._rests = self._rests_first
        self._task = keep_doing(self._name, self._turn)

    async def stop(self, grace_s: float = 5.0) -> None:
        """End at once; what is left is done another time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=grace_s)
            self._task = None

    async def _turn(self) -> None:
        if self._rests:
            await asyncio.sleep(self._every_s)
        self._rests = True
        await self.round()
