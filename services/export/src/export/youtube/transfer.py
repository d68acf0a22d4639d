"""Sending one file through resumable sessions, so that at most one video comes of it.

A video comes to be when a session has got the file's last byte; a session without it leaves nothing behind. So
beginning a session may be repeated freely, while a session that may have got the last byte is never replaced: it is
asked, and when it is gone the channel is searched. Whatever goes wrong ends the run; the next one asks the session
where it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from export.youtube.calls import Inserted, Received
from export.youtube.client import YouTube
from export.youtube.errors import FailureClass, YouTubeFailure

T = TypeVar("T")

Read = Callable[[int, int], AsyncIterator[bytes]]
"""The file's bytes from one place up to another."""


class Access(Protocol):
    """The right to act on a channel."""

    async def call(self, use: Callable[[str], Awaitable[T]]) -> T:
        """Use the access token, and once more with a new one if it has run out."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be sent."""

    tag: str
    resource: Mapping[str, Any]
    size: int
    mime_type: str


@dataclass(frozen=True, slots=True)
class Place:
    """What is saved of an upload on its way."""

    session: str | None = field(default=None, repr=False)
    number: int = 0
    """Which session it is; rises when one is replaced."""
    ending: bool = False
    """The session may have got the file's last byte."""


class Journal(Protocol):
    """Keeps the place, durably, before anything follows from it. Two runs of one upload may write side by side."""

    async def began(self, session: str, number: int) -> Place:
        """Save the session that follows session ``number``; the place that holds then, which may be another run's."""
        ...

    async def sent(self, size: int) -> None:
        """Note how much has arrived, for people to see."""
        ...

    async def ending(self, number: int) -> None:
        """Note that session ``number`` is about to get the last byte; raises when it is not the one that holds."""
        ...

    async def forget(self, number: int) -> Place:
        """Drop session ``number``, unless it is ending; the place that holds then."""
        ...


class Transfer:
    """One run of one upload."""

    def __init__(self, youtube: YouTube, access: Access, journal: Journal, read: Read, *, piece: int) -> None:
        self._youtube = youtube
        self._access = access
        self._journal = journal
        self._read = read
        self._piece = piece

    async def run(self, task: Task, place: Place) -> str:
        """Begin or go on until the video exists; its id. Raises :class:`YouTubeFailure`."""
        try:
            return await self._through(task, place)
        except YouTubeFailure as failed:
            if failed.failure is not FailureClass.GONE:
                raise
        place = await self._journal.forget(place.number)
        if place.ending:
            return await self._found(task)
        return await self._through(task, place)

    async def _through(self, task: Task, place: Place) -> str:
        have: Received | Inserted = Received(0)
        if place.session is not None:
            session = place.session
            have = await self._access.call(lambda token: self._youtube.how_far(token, session, total=task.size))
        else:
            session = await self._access.call(
                lambda token: self._youtube.begin(token, task.resource, size=task.size, mime_type=task.mime_type)
            )
            place = await self._journal.began(session, place.number)
            if place.session != session:
                raise YouTubeFailure(FailureClass.TRANSIENT, "another run has begun a session", code="overtaken")
        while isinstance(have, Received):
            have, place = await self._sent(task, session, place, have.size)
        return have.video_id

    async def _sent(self, task: Task, session: str, place: Place, first: int) -> tuple[Received | Inserted, Place]:
        length = min(self._piece, task.size - first)
        if length <= 0:
            raise YouTubeFailure(FailureClass.TRANSIENT, "everything has arrived and nothing came of it", code="late")
        if first + length == task.size and not place.ending:
            await self._journal.ending(place.number)
            place = replace(place, ending=True)

        async def send(token: str) -> Received | Inserted:
            content = self._read(first, first + length)
            where = {"first": first, "length": length, "total": task.size}
            return await self._youtube.send(token, session, content, mime=task.mime_type, **where)

        have = await self._access.call(send)
        if isinstance(have, Received):
            if have.size <= first:
                raise YouTubeFailure(FailureClass.TRANSIENT, "nothing of a piece has arrived", code="nothing_kept")
            await self._journal.sent(have.size)
        return have, place

    async def _found(self, task: Task) -> str:
        found = await self._access.call(lambda token: self._youtube.find(token, task.tag))
        if found is None:
            raise YouTubeFailure(FailureClass.UNKNOWN_OUTCOME, "the session is gone and so may be the video")
        return found
