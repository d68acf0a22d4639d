"""One platform at a time in a home, whichever topology."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from chassis.run.private_postgres import PrivatePostgres
from talkingphoto.running import announced, running_url, users_of
from talkingphoto_runner.layout import Home

_LOOK_EVERY_S = 0.1


class AlreadyRunning(RuntimeError):
    """Another platform runs in this home; ``url`` is where it answers, when it has got that far."""

    def __init__(self, home: Path, url: str | None) -> None:
        self.url = url
        super().__init__(f"a platform is running in {home} already" + (f" at {url}" if url else ""))


class Presence:
    """A locked file in the home. The lock ends with the process, however that ends."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Claim the home. Raises :class:`AlreadyRunning`."""
        # "a": opening must not empty what the running platform wrote.
        file = os.fdopen(os.open(self._home.lock, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AlreadyRunning(self._home.root, running_url(self._home.root)) from None
        file.truncate(0)
        self._file = file

    @property
    def taken(self) -> bool:
        """Whether the home is ours, and so what runs in it."""
        return self._file is not None

    def announce(self, url: str, operations: Mapping[str, str], **servers: str) -> None:
        """Say where the platform answers; ``operations``: where each process has ``/ready`` and ``/metrics``.

        ``servers``: where its broker and its database are, for whoever looks into them.
        """
        if self._file is not None:
            json.dump({"url": url, "pid": os.getpid(), "operations": dict(operations), **servers}, self._file)
            self._file.flush()

    def release(self) -> None:
        """Leave the home to the next."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


@asynccontextmanager
async def database_of(home: Home) -> AsyncIterator[PrivatePostgres]:
    """The database server of a home, for the length of the block, and longer where a platform has it."""
    postgres = PrivatePostgres(home.postgres)
    await postgres.start()
    try:
        yield postgres
    finally:
        presence = Presence(home)
        with suppress(AlreadyRunning):
            presence.take()
            try:
                await postgres.stop()
            finally:
                presence.release()


def running_operations(home: Home) -> dict[str, str]:
    """Where each process of this home's platform has ``/ready`` and ``/metrics``; empty when none runs."""
    return dict(announced(home.root).get("operations", {}))


@asynccontextmanager
async def nobody_else(home: Home, say: Callable[[str], None]) -> AsyncIterator[None]:
    """The block begins when no other command uses the platform of this home, and keeps new ones out.

    Being cancelled ends the waiting: the block begins at once, and the cancellation goes on after it.
    """
    with users_of(home.root).open("a") as file:
        try:
            while not _locked(file):
                say("Another command uses the platform, which stops when that has ended")
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
