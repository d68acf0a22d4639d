"""Uploads and revocations as leased work: a round does what can be done now and leaves the next round behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from chassis import ids
from chassis.data.database import Database, LeaseLost, Transaction
from chassis.data.leased_work import NewWork, WorkItem
from chassis.data.outages import is_database_away
from chassis.identity.vault import Unreadable, Vault
from chassis.storage.port import ObjectDamaged, ObjectMissing, ObjectStore
from contracts.enums import ProjectStatus
from contracts.objects import StoredObject
from export.orders import as_caused
from export.youtube import repository
from export.youtube.client import YouTube
from export.youtube.connections import ChannelAccess, Connections
from export.youtube.errors import ADVICE, NOT_CAPTIONED, NOT_LISTED, NOT_PICTURED, FailureClass, YouTubeFailure
from export.youtube.metadata import tag_of
from export.youtube.metrics import UPLOADS_ENDED
from export.youtube.repository import Extra
from export.youtube.transfer import Place, Task, Transfer

log = structlog.get_logger(__name__)

UPLOAD = "export.youtube"
"""Kind of the work that brings one upload forward; its payload names the upload."""

MOST_FAILURES = 8
"""In a row, without a byte more at YouTube; then an upload is given up."""
MOST_LOOKS = 200
"""At a video that is being processed; with the longest wait that is a day and a half."""
_LONGEST_WAIT_S = 600.0

_LOST_SIGHT = "The video is on your channel, but we lost sight of it. Look at YouTube Studio."
_REFUSED = {
    "duplicate": "YouTube refused the video because the channel has it already.",
    "copyright": "YouTube refused the video because of somebody's copyright.",
    "claim": "YouTube refused the video because of somebody's copyright.",
    "length": "YouTube refused the video because it is too long for this channel.",
    "termsOfUse": "YouTube refused the video because of its terms of use.",
    "inappropriate": "YouTube refused the video as inappropriate.",
    "deleted": "The video has been deleted on YouTube.",
}
_NOT_PROCESSED = "YouTube could not process the video. Look at YouTube Studio for the reason."
_UNREADABLE_VIDEO = "The video's file cannot be read any more."


@dataclass(frozen=True, slots=True)
class Pace:
    """How long rounds wait: after a failure at first, and between two looks at a video being processed."""

    retry_s: float = 5.0
    look_s: float = 10.0


class UploadRunner:
    """Carries out work of the kind ``export.youtube``."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        youtube: YouTube,
        connections: Connections,
        vault: Vault,
        *,
        piece: int,
        pace: Pace,
    ) -> None:
        self._database = database
        self._store = store
        self._youtube = youtube
        self._connections = connections
        self._vault = vault
        self._piece = piece
        self._pace = pace

    async def run(self, item: WorkItem) -> None:
        """One round. Rounds may be repeated and may overlap: what they write is bound to the session they know."""
        with as_caused(item):
            upload_id = UUID(item.payload["upload_id"])
            async with self._database.transaction() as tx:
                row = await repository.upload(tx, upload_id)
                if row is None or row["upload_status"] in (ProjectStatus.COMPLETE, ProjectStatus.FAILED):
                    tx.finish_work(item)
                    return
            try:
                await self._forward(item, row)
            except YouTubeFailure as failed:
                await self._failed(item, row, failed)
            except (ObjectMissing, ObjectDamaged) as damage:
                refused = YouTubeFailure(FailureClass.INPUT, damage.code, user_message=_UNREADABLE_VIDEO)
                await self._failed(item, row, refused)
            except LeaseLost:
                raise
            except Exception as error:
                if is_database_away(error):
                    # No try has failed: the pool does the round again.
                    raise
                # The store is away, or something nobody foresaw: a few more tries, and then the user is told.
                log.exception("youtube.round_failed", upload_id=str(upload_id))
                ours = YouTubeFailure(FailureClass.TRANSIENT, type(error).__name__, code="our_side")
                await self._failed(item, row, ours)

    async def _forward(self, item: WorkItem, row: Any) -> None:
        access = await self._connections.access(row["user_id"], row["channel_id"])
        if row["video_id"] is None:
            video_id = await self._sent(row, access)
            async with self._database.transaction() as tx:
                await repository.save_video(tx, row["id"], video_id)
                self._next(tx, item, self._pace.look_s)
            log.info("youtube.inserted", upload_id=str(row["id"]), video_id=video_id)
            return
        await self._complete(row, access)
        await self._look(item, row, access)

    async def _sent(self, row: Any, access: ChannelAccess) -> str:
        video = StoredObject.model_validate(row["video"])
        await _require_whole(self._store, video)
        journal = RowJournal(self._database, self._vault, row["id"])
        read = partial(read_range, self._store, video.key)
        transfer = Transfer(self._youtube, access, journal, read, piece=self._piece)
        task = Task(tag_of(row["id"]), row["resource"], video.size, video.mime_type)
        return await transfer.run(task, _place(row, self._vault))

    async def _complete(self, row: Any, access: ChannelAccess) -> None:
        """Add to the video what belongs to it and is not there."""
        if row["playlist_id"] is not None and not row["listed"]:
            await self._add(row, "listed", self._list(row, access), NOT_LISTED)
        if row["captions"] is not None and not row["captioned"]:
            await self._add(row, "captioned", self._caption(row, access), NOT_CAPTIONED)
        if row["thumbnail"] is not None and not row["pictured"]:
            await self._add(row, "pictured", self._picture(row, access), NOT_PICTURED)

    async def _add(self, row: Any, done: Extra, adding: Awaitable[None], trouble: str) -> None:
        told = None
        try:
            await adding
        except YouTubeFailure as failed:
            if failed.retryable:
                raise
            # Why not is between the user and YouTube; a grant that has ended shows at the next call.
            told = trouble
        except (ObjectMissing, ObjectDamaged):
            told = trouble
        async with self._database.transaction() as tx:
            await repository.save_added(tx, row["id"], done, told)

    async def _list(self, row: Any, access: ChannelAccess) -> None:
        playlist_id, video_id = row["playlist_id"], row["video_id"]
        if not await access.call(lambda token: self._youtube.in_playlist(token, playlist_id, video_id)):
            await access.call(lambda token: self._youtube.add_to_playlist(token, playlist_id, video_id))

    async def _caption(self, row: Any, access: ChannelAccess) -> None:
        content = await self._store.read(StoredObject.model_validate(row["captions"]))
        language = row["resource"]["snippet"]["defaultLanguage"]
        await access.call(lambda token: self._youtube.add_captions(token, row["video_id"], language, content))

    async def _picture(self, row: Any, access: ChannelAccess) -> None:
        stored = StoredObject.model_validate(row["thumbnail"])
        content = await self._store.read(stored)
        await access.call(lambda token: self._youtube.set_thumbnail(token, row["video_id"], content, stored.mime_type))

    async def _look(self, item: WorkItem, row: Any, access: ChannelAccess) -> None:
        video_id = row["video_id"]
        seen = await access.call(lambda token: self._youtube.processing(token, video_id))
        if seen is None:
            # A new video may not be known everywhere yet.
            raise YouTubeFailure(FailureClass.TRANSIENT, "the video is not known", user_message=_LOST_SIGHT)
        if seen.state == "done":
            await self._end(item, row, ProjectStatus.COMPLETE, None)
        elif seen.state == "failed":
            await self._end(item, row, ProjectStatus.FAILED, _REFUSED.get(seen.reason, _NOT_PROCESSED))
        elif row["looks"] + 1 >= MOST_LOOKS:
            await self._end(item, row, ProjectStatus.FAILED, _LOST_SIGHT)
        else:
            async with self._database.transaction() as tx:
                await repository.count(tx, row["id"], failures=0, looks=row["looks"] + 1)
                self._next(tx, item, _growing(self._pace.look_s, row["looks"]))

    async def _failed(self, item: WorkItem, row: Any, failed: YouTubeFailure) -> None:
        log.warning("youtube.failed", upload_id=str(row["id"]), reason=str(failed), code=failed.code)
        async with self._database.transaction() as tx:
            now = await repository.upload(tx, row["id"])
            failures = (now["failures"] if now is not None else 0) + 1
            if failed.retryable and failures < MOST_FAILURES:
                await repository.count(tx, row["id"], failures=failures, looks=row["looks"])
                self._next(tx, item, failed.wait_s(_growing(self._pace.retry_s, failures - 1)))
                return
        await self._end(item, row, ProjectStatus.FAILED, _words(failed, now))

    async def _end(self, item: WorkItem, row: Any, status: ProjectStatus, error: str | None) -> None:
        async with self._database.transaction() as tx:
            tx.finish_work(item)
            if await repository.end_upload(tx, row["id"], status, error):
                tx.after_commit(UPLOADS_ENDED.labels(status).inc)

    def _next(self, tx: Transaction, item: WorkItem, wait_s: float) -> None:
        """Leave the next round behind, under an id of its own that a repeat of this one would repeat."""
        tx.finish_work(item)
        after = tx.now + timedelta(seconds=wait_s)
        tx.add_work(NewWork(ids.derived(item.id, "next"), item.kind, item.payload, run_after=after))


class RowJournal:
    """The journal of a transfer, in its row."""

    def __init__(self, database: Database, vault: Vault, upload_id: UUID) -> None:
        self._database = database
        self._vault = vault
        self._upload_id = upload_id

    async def began(self, session: str, number: int) -> Place:
        """Save a session, sealed."""
        async with self._database.transaction() as tx:
            await repository.save_session(tx, self._upload_id, number, self._vault.seal(session))
            return await self._place(tx)

    async def sent(self, size: int) -> None:
        """Note progress."""
        async with self._database.transaction() as tx:
            await repository.save_sent(tx, self._upload_id, size)

    async def ending(self, number: int) -> None:
        """Note that the last byte is about to go out."""
        async with self._database.transaction() as tx:
            if not await repository.save_ending(tx, self._upload_id, number):
                raise YouTubeFailure(FailureClass.TRANSIENT, "another run has begun a session", code="overtaken")

    async def forget(self, number: int) -> Place:
        """Drop a session that is gone."""
        async with self._database.transaction() as tx:
            await repository.forget_session(tx, self._upload_id, number)
            return await self._place(tx)

    async def _place(self, tx: Transaction) -> Place:
        row = await repository.upload(tx, self._upload_id)
        if row is None or row["video_id"] is not None:
            raise YouTubeFailure(FailureClass.TRANSIENT, "another run has ended the upload", code="overtaken")
        return _place(row, self._vault)


class RevocationRunner:
    """Carries out work of the kind ``export.youtube_revoke``."""

    def __init__(self, database: Database, connections: Connections) -> None:
        self._database = database
        self._connections = connections

    async def run(self, item: WorkItem) -> None:
        """End a grant at Google. What cannot be revoked any more is let be: the tokens are forgotten either way."""
        with as_caused(item):
            try:
                await self._connections.revoke(item.payload)
            except Unreadable:
                log.warning("youtube.not_revoked", reason="sealed with another key")
            except YouTubeFailure as failed:
                if failed.retryable and item.attempt < MOST_FAILURES:
                    raise
                log.warning("youtube.not_revoked", reason=str(failed))
            except Exception as error:
                if item.attempt < MOST_FAILURES or is_database_away(error):
                    raise
                log.exception("youtube.not_revoked", reason="unforeseen")
            async with self._database.transaction() as tx:
                tx.finish_work(item)


async def read_range(store: ObjectStore, key: str, start: int, end: int) -> AsyncIterator[bytes]:
    """Exactly the bytes asked for; raises ``ObjectDamaged`` when the store has fewer."""
    left = end - start
    async for part in store.open_range(key, start, end):
        left -= len(part)
        yield part
    if left:
        raise ObjectDamaged("A stored file is shorter than it was.")


async def _require_whole(store: ObjectStore, video: StoredObject) -> None:
    found = await store.stat(video.key)
    if found is None:
        raise ObjectMissing("The video's file is not there any more.")
    if found.size != video.size:
        raise ObjectDamaged("The video's file is damaged.")


def _words(failed: YouTubeFailure, row: Any) -> str:
    if row is None or failed.failure in (FailureClass.INPUT, FailureClass.LIMIT):
        return failed.user_message
    if row["video_id"] is not None:
        return _LOST_SIGHT
    # Whatever ended it, the last byte may have been taken.
    return ADVICE[FailureClass.UNKNOWN_OUTCOME].words if row["ending"] else failed.user_message


def _place(row: Any, vault: Vault) -> Place:
    sealed = row["session"]
    try:
        session = vault.open(sealed) if sealed is not None else None
    except Unreadable:
        raise YouTubeFailure(FailureClass.UNKNOWN_OUTCOME, "the session cannot be read") from None
    return Place(session, row["session_number"], row["ending"])


def _growing(first_s: float, times: int) -> float:
    return min(first_s * 2.0 ** min(times, 20), _LONGEST_WAIT_S)
