"""What a child says beside its log: put into ours, and kept for when somebody asks why it ended."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_LAST = 12
_LONGEST = 400
_TAIL = 16_384


class Words:
    """The output of the child ``name``, whose log is ``file``."""

    def __init__(self, name: str, file: Path) -> None:
        self._name = name
        self._file = file
        self._said: deque[str] = deque(maxlen=_LAST)
        self._pipe: asyncio.ReadTransport | None = None
        self._listening: asyncio.Task[None] | None = None

    async def hear(self) -> int:
        """Forget what was said and begin to listen; where the child is to write to, which the caller closes."""
        self.close()
        self._said.clear()
        # Not asyncio's own pipe: the child's children hold it too, and would keep its end from being seen.
        ours, theirs = os.pipe()
        reader = asyncio.StreamReader()
        self._pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", buffering=0)
        )
        self._listening = asyncio.create_task(self._listen(reader), name=f"words of {self._name}")
        return theirs

    def last(self) -> list[str]:
        """What it said last, with the end of its log."""
        return [*tail(self._file), *self._said][-_LAST:]

    def close(self) -> None:
        """Listen no longer."""
        if self._listening is not None:
            self._listening.cancel()
        if self._pipe is not None:
            self._pipe.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await reader.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._note(line)
        if rest:
            self._note(rest)

    def _note(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if not text:
            return
        self._said.append(text[:_LONGEST])
        try:
            said: object = json.loads(text)
        except ValueError:
            said = text
        log.warning("part.said", part=self._name, said=said)


def tail(file: Path) -> list[str]:
    """The last lines of a log, for people; none where there is no log."""
    try:
        with file.open("rb") as log_file:
            log_file.seek(max(0, log_file.seek(0, os.SEEK_END) - _TAIL))
            lines = log_file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [_plain(line)[:_LONGEST] for line in lines[-_LAST:]]


def _plain(line: str) -> str:
    """Of a line in JSON: level, event and, of an exception, what was raised."""
    try:
        entry = json.loads(line)
        raised = str(entry.get("exception") or entry.get("error") or "").strip().splitlines()[-1:]
        return " ".join([str(entry["level"]), str(entry["message"]), *raised])
    except (ValueError, KeyError, AttributeError, TypeError):
        return line
