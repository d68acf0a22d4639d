"""Background parts that do the same thing now and then, and that no bad round ends."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog

from chassis.errors import Unavailable
from chassis.outages import is_outage

log = structlog.get_logger(__name__)


class Periodic(ABC):
    """Calls :meth:`round` every ``every_s`` seconds until it is stopped; satisfies ``chassis.service.Background``.

    A round that fails is tried again at the next turn: with a warning while our own side is away, with a traceback
    otherwise. ``rests_first``: the first round comes after ``every_s``, when the rush of a start is over.
    """

    def __init__(self, name: str, every_s: float, *, rests_first: bool = False) -> None:
        self._name = name
        self._every_s = every_s
        self._rests_first = rests_first
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def round(self) -> None:
        """Do what is due now. May be interrupted anywhere, so it commits in pieces that can be left as they are."""

    async def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._rounds(), name=self._name)

    async def stop(self, grace_s: float = 5.0) -> None:
        """End at once; what is left is done another time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=grace_s)
            self._task = None

    async def _rounds(self) -> None:
        if self._rests_first:
            await asyncio.sleep(self._every_s)
        while True:
            try:
                await self.round()
            except Exception as error:
                # One bad round must not end what nobody else does: holds would never expire, files never go.
                if is_outage(error) or isinstance(error, Unavailable):
                    log.warning("periodic.waits", part=self._name, error=repr(error))
                else:
                    log.exception("periodic.failed", part=self._name)
            await asyncio.sleep(self._every_s)
