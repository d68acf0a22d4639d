"""One platform at a time in a home, whichever topology."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from talkingphoto.running import announced, running_url
from talkingphoto_runner.layout import Home


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
        file = self._home.lock.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AlreadyRunning(self._home.root, running_url(self._home.root)) from None
        file.truncate(0)
        self._file = file

    def announce(self, url: str, operations: Mapping[str, str]) -> None:
        """Say where the platform answers; ``operations``: where each process has ``/ready`` and ``/metrics``."""
        if self._file is not None:
            json.dump({"url": url, "pid": os.getpid(), "operations": dict(operations)}, self._file)
            self._file.flush()

    def release(self) -> None:
        """Leave the home to the next."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def running_operations(home: Home) -> dict[str, str]:
    """Where each process of this home's platform has ``/ready`` and ``/metrics``; empty when none runs."""
    return dict(announced(home.root).get("operations", {}))
