"""Uploads as leased work: what goes wrong on the way, and what the user is told at the end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import faults, ids
from chassis.data.database import DatabaseAway, LeaseLost
from chassis.data.leased_work import WorkItem
from export.youtube.calls import UNIT
from export.youtube.errors import ADVICE, FailureClass
from export.youtube.runner import MOST_FAILURES, MOST_LOOKS, UPLOAD, UploadRunner
from simulators.core.faults import Fault
from simulators.vendors.youtube.server import PLAYLIST

COMPLETE = ("complete", None)


def _end(seen: Any) -> tuple[str, str | None]:
    return seen["upload_status"], seen["error"]


@pytest.mark.parametrize(
    ("point", "passage"),
    [
        ("youtube.before_begin", 1),
        ("youtube.after_begin", 1),
        ("youtube.before_send", 1),
        ("youtube.after_send", 2),
        ("youtube.before_send", 4),
        ("youtube.after_send", 4),
        ("youtube.before_list", 1),
        ("youtube.after_list", 1),
        ("youtube.before_captions", 1),
        ("youtube.after_captions", 1),
    ],
)
async def test_a_process_that_dies_leaves_one_video(
    start_studio: Any, user: UUID, monkeypatch: pytest.MonkeyPatch, point: str, passage: int
) -> None:
    """Another process goes on with the same session: nothing that has arrived is sent again, one video comes of it."""
    studio = await start_studio()
    await studio.connect(user)
    left, died = passage, asyncio.Event()

    def end_here(name: str, scope: str = "") -> None:
        nonlocal left
        left -= name == point
        if left == 0 and not died.is_set():
            died.set()
            # Nothing in the work's code outlives this, and its lease stays with the dead.
            raise asyncio.CancelledError

    monkeypatch.setattr(faults, "point", end_here)
    asked = (await studio.upload(user, await studio.project(user, beside=True), playlist_id=PLAYLIST)).json()
    await asyncio.wait_for(died.wait(), 20)
    for part in studio.export.service.background:
        await part.stop(1.0)
    second = await start_studio(vendor=studio.vendor, url=studio.export.database.url, alone=True)
    seen = await second.ended(user, asked["id"])
    assert _end(seen) == COMPLETE
    assert [video.job_id for video in second.videos(asked["id"])] == [seen["video_id"]]
    assert [item["contentDetails"]["videoId"] for item in studio.vendor.playlists[PLAYLIST]] == [seen["video_id"]]
    assert [video for video, _, _ in studio.vendor.captions] == [seen["video_id"]]
    (row,) = await second.export.fetch("SELECT session_number, session FROM youtube_uploads")
    assert (row["session_number"], row["session"]) == (1, None)


async def test_a_round_delivered_again_inserts_nothing(start_studio: Any, user: UUID) -> None:
    """The commit came, the holder did not hear of it and does the round again."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    asked = (await studio.upload(user, await studio.project(user))).json()
    pool = next(part for part in studio.export.service.background if getattr(part, "_kind", "") == UPLOAD)
    token = ids.uuid7()
    (row,) = await studio.export.fetch(
        "UPDATE work SET lease_token = $1, lease_until = now() + interval '1 minute', attempts = 1 RETURNING *", token
    )
    item = WorkItem(row["id"], row["kind"], row["payload"], 1, token)
    await pool._run(item)
    with pytest.raises(LeaseLost):
        await pool._run(item)
    assert len(studio.videos(asked["id"])) == 1
    assert len(await studio.export.fetch("SELECT 1 FROM work")) == 1


async def test_a_database_that_is_away_is_no_failed_try(
    start_studio: Any, user: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its word for that is an ``OSError``, as the object store's is; but nobody has tried anything."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    await studio.upload(user, await studio.project(user))
    pool = next(part for part in studio.export.service.background if getattr(part, "_kind", "") == UPLOAD)
    (row,) = await studio.export.fetch("SELECT * FROM work")

    async def away(*_: Any) -> None:
        raise DatabaseAway("no connection to the database of export")

    monkeypatch.setattr(UploadRunner, "_forward", away)
    with pytest.raises(DatabaseAway):
        await pool._run(WorkItem(row["id"], row["kind"], row["payload"], 1, ids.uuid7()))


@pytest.mark.parametrize(
    ("operation", "script"),
    [
        ("session", [Fault.DROP_AFTER, Fault.GARBLED]),
        ("chunk", [Fault.TRUNCATED, Fault.OVERLOADED, Fault.AUTH]),
        ("chunk", [None, None, None, Fault.DROP_AFTER]),
        ("chunk", [None, None, None, Fault.GARBLED]),
        ("chunk", [None, None, None, Fault.GATEWAY_AFTER]),
        ("poll", [Fault.JOB_LOST, Fault.SERVER_ERROR, Fault.GARBLED]),
        ("lookup", [Fault.DROP_AFTER]),
        ("perform", [Fault.DROP_AFTER]),
    ],
)
async def test_what_goes_wrong_once_is_not_noticed(
    start_studio: Any, user: UUID, operation: str, script: list[Fault | None]
) -> None:
    """One video, once in the playlist."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script(operation, script)
    seen = await studio.uploaded(user, await studio.project(user), playlist_id=PLAYLIST)
    assert _end(seen) == COMPLETE
    assert len(studio.videos(seen["id"])) == 1
    assert len(studio.vendor.playlists[PLAYLIST]) == 1


async def test_a_session_that_is_gone_is_replaced_before_the_last_byte(start_studio: Any, user: UUID) -> None:
    """Nothing had come of it."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script("chunk", [None, Fault.JOB_LOST])
    seen = await studio.uploaded(user, await studio.project(user))
    assert _end(seen) == COMPLETE
    assert len(studio.videos(seen["id"])) == 1
    assert [row[0] for row in await studio.export.fetch("SELECT session_number FROM youtube_uploads")] == [2]


async def test_a_session_that_is_gone_after_the_last_byte_is_not_replaced(start_studio: Any, user: UUID) -> None:
    """The video is found on the channel by its tag."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script("chunk", [None, None, None, Fault.DROP_AFTER])
    studio.vendor.plan.script("progress", [Fault.JOB_LOST])
    seen = await studio.uploaded(user, await studio.project(user))
    assert _end(seen) == COMPLETE
    assert [video.job_id for video in studio.videos(seen["id"])] == [seen["video_id"]]


async def test_a_video_that_cannot_be_found_again_is_not_sent_again(start_studio: Any, user: UUID) -> None:
    """Asked several times, then the user is asked to look."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    asked = (await studio.upload(user, await studio.project(user))).json()
    await studio.export.execute(
        "UPDATE youtube_uploads SET ending = true, session_number = 1, failures = $1", MOST_FAILURES - 1
    )
    await studio.export.execute("UPDATE youtube_uploads SET upload_status = 'processing'")
    second = await start_studio(vendor=studio.vendor, url=studio.export.database.url)
    studio.vendor.plan.script("session", [Fault.SERVER_ERROR])
    seen = await second.ended(user, asked["id"])
    assert _end(seen) == ("failed", ADVICE[FailureClass.UNKNOWN_OUTCOME].words)
    assert second.videos(asked["id"]) == []


@pytest.mark.parametrize(
    ("operation", "script", "words"),
    [
        ("session", [Fault.BAD_INPUT], "YouTube did not accept the title. Change it and upload again."),
        ("session", [Fault.OVERLOADED] * MOST_FAILURES, "YouTube could not be reached. Try again later."),
        ("chunk", [Fault.JOB_FAILED], "YouTube could not process the video. Look at YouTube Studio for the reason."),
        ("chunk", [Fault.REFUSED_OUTPUT], "YouTube refused the video because the channel has it already."),
        ("poll", [Fault.JOB_LOST] * MOST_FAILURES, "The video is on your channel, but we lost sight of it. Look at "
         "YouTube Studio."),
    ],
)  # fmt: skip
async def test_how_an_upload_fails(
    start_studio: Any, user: UUID, operation: str, script: list[Fault], words: str
) -> None:
    """In words for people; the project can then be uploaded again."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script(operation, script)
    project = await studio.project(user, size=1000)
    assert _end(await studio.uploaded(user, project)) == ("failed", words)
    studio.vendor.plan.clear()
    assert _end(await studio.uploaded(user, project)) == COMPLETE


async def test_a_playlist_that_is_not_there_costs_nobody_the_video(start_studio: Any, user: UUID) -> None:
    """The upload is complete, and says what is missing."""
    studio = await start_studio()
    await studio.connect(user)
    seen = await studio.uploaded(user, await studio.project(user), playlist_id="PLnowhere")
    words = "The video is on your channel, but it could not be added to the playlist."
    assert _end(seen) == ("complete", words)


async def test_a_used_up_quota_waits_for_hours(start_studio: Any, user: UUID) -> None:
    """The upload stays open."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script("session", [Fault.QUOTA])
    asked = (await studio.upload(user, await studio.project(user))).json()
    await studio.export.eventually("SELECT failures FROM youtube_uploads", [1])
    (row,) = await studio.export.fetch("SELECT run_after FROM work")
    assert row["run_after"] > datetime.now(UTC) + timedelta(hours=5)
    seen = await studio.export.http.get(f"/api/v1/youtube/videos/{asked['id']}", headers=studio.logged_in(user))
    assert seen.json()["upload_status"] == "pending"


async def test_a_token_that_runs_out_is_renewed_and_kept(start_studio: Any, user: UUID) -> None:
    """In the middle of a file; the next upload starts with the new one."""
    studio = await start_studio()
    await studio.connect(user)
    before = await studio.export.fetch("SELECT tokens FROM youtube_connections")
    studio.vendor.accounts.expire()
    assert _end(await studio.uploaded(user, await studio.project(user))) == COMPLETE
    assert await studio.export.fetch("SELECT tokens FROM youtube_connections") != before
    await studio.export.execute("UPDATE youtube_connections SET expires_at = now()")
    assert _end(await studio.uploaded(user, await studio.project(user))) == COMPLETE


async def test_a_grant_that_was_withdrawn_ends_the_connection(start_studio: Any, user: UUID) -> None:
    """The user took it back at Google; we forget it too and say so."""
    studio = await start_studio()
    await studio.connect(user)
    for grant in studio.vendor.accounts.grants:
        grant.revoked = True
    studio.vendor.accounts.expire()
    seen = await studio.uploaded(user, await studio.project(user))
    assert _end(seen) == ("failed", "The connection to your channel has ended. Connect it again.")
    assert await studio.export.fetch("SELECT 1 FROM youtube_connections") == []
    await studio.connect(user)
    assert _end(await studio.uploaded(user, await studio.project(user))) == COMPLETE


async def test_a_file_that_is_gone_or_cut_is_not_sent(start_studio: Any, user: UUID) -> None:
    """Not a byte of it."""
    studio = await start_studio()
    await studio.connect(user)
    for data in (None, b"too short"):
        project = await studio.project(user)
        key = f"videos/{user}/{project}.mp4"
        await studio.export.store.delete(key)
        if data is not None:
            await studio.export.store.put_bytes(data, key, "video/mp4")
        seen = await studio.uploaded(user, project)
        assert _end(seen) == ("failed", "The video's file cannot be read any more.")
        assert studio.videos(seen["id"]) == []


async def test_a_video_that_is_processed_for_ever_is_not_watched_for_ever(start_studio: Any, user: UUID) -> None:
    """After a day and a half the user looks for himself."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script("chunk", [Fault.FROZEN])
    project = await studio.project(user, size=UNIT)
    asked = (await studio.upload(user, project)).json()
    await studio.export.eventually("SELECT count(*) FROM youtube_uploads WHERE looks > 2", [1])
    await studio.export.execute("UPDATE youtube_uploads SET looks = $1", MOST_LOOKS)
    seen = await studio.ended(user, asked["id"])
    assert seen["upload_status"] == "failed"
    assert seen["video_id"] is not None


async def test_what_nobody_foresaw_ends_an_upload_and_is_told(
    start_studio: Any, user: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours is tried a few times; the user is not left with an upload that is under way for ever."""

    async def break_(*_: Any) -> None:
        raise KeyError("a field that nobody sends")

    monkeypatch.setattr(UploadRunner, "_sent", break_)
    studio = await start_studio()
    await studio.connect(user)
    seen = await studio.uploaded(user, await studio.project(user))
    assert seen["upload_status"] == "failed"
    assert seen["error"]
    (row,) = await studio.export.fetch("SELECT failures FROM youtube_uploads")
    assert row["failures"] == MOST_FAILURES - 1
    await studio.export.eventually("SELECT count(*) FROM work", [0])


async def test_what_nobody_foresaw_ends_a_revocation(
    start_studio: Any, user: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_(*_: Any) -> None:
        raise KeyError("a field that nobody sends")

    studio = await start_studio()
    await studio.connect(user)
    monkeypatch.setattr(studio.export.service.app.state.youtube, "revoke", break_)
    await studio.export.http.delete("/api/v1/youtube/connection", headers=studio.logged_in(user))
    await studio.export.eventually("SELECT attempts FROM work WHERE lease_token IS NULL", [1])
    await studio.export.execute("UPDATE work SET attempts = $1, run_after = now()", MOST_FAILURES - 1)
    await studio.export.eventually("SELECT count(*) FROM work", [0])
