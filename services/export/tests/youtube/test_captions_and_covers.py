"""What belongs to a video comes with it: captions and a cover; what YouTube does not take is said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from simulators.core.faults import Fault
from simulators.vendors.youtube.server import PLAYLIST

CAPTIONS, POSTER = b"1\n00:00:00,000 --> 00:00:01,000\nHello\n", b"\xff\xd8\xff a cover"


async def test_captions_and_cover_of_youtubes_shape_are_added(start_studio: Any, user: UUID) -> None:
    studio = await start_studio()
    await studio.connect(user)
    seen = await studio.uploaded(user, await studio.project(user, beside=True), playlist_id=PLAYLIST)
    assert (seen["upload_status"], seen["error"]) == ("complete", None)
    assert studio.vendor.captions == {(seen["video_id"], "en", ""): CAPTIONS}
    assert studio.vendor.thumbnails == {seen["video_id"]: POSTER}
    assert [item["contentDetails"]["videoId"] for item in studio.vendor.playlists[PLAYLIST]] == [seen["video_id"]]


async def test_neither_is_added_where_that_was_not_wanted_or_none_is_there(start_studio: Any, user: UUID) -> None:
    studio = await start_studio()
    await studio.connect(user)
    for project, fields in (
        (await studio.project(user, beside=True), {"captions": False, "thumbnail": False}),
        (await studio.project(user), {}),
    ):
        seen = await studio.uploaded(user, project, **fields)
        assert (seen["upload_status"], seen["error"]) == ("complete", None)
    assert (studio.vendor.captions, studio.vendor.thumbnails) == ({}, {})


async def test_trouble_is_tried_again_and_adds_nothing_twice(start_studio: Any, user: UUID) -> None:
    """The answer to the captions is lost, the cover finds YouTube busy."""
    studio = await start_studio()
    await studio.connect(user)
    studio.vendor.plan.script("upload", [Fault.OVERLOADED])
    # Four pieces of the video, and then the captions.
    studio.vendor.plan.script("chunk", [None, None, None, None, Fault.DROP_AFTER])
    seen = await studio.uploaded(user, await studio.project(user, beside=True))
    assert (seen["upload_status"], seen["error"]) == ("complete", None)
    assert list(studio.vendor.captions) == [(seen["video_id"], "en", "")]
    assert len([entry for entry in studio.vendor.ledger.entries if entry.operation == "caption"]) == 1
    assert studio.vendor.thumbnails == {seen["video_id"]: POSTER}


async def test_what_is_refused_is_said_and_the_video_stays(start_studio: Any, user: UUID) -> None:
    """A connection of earlier, which allows no captions; a file that is gone."""
    studio = await start_studio()
    await studio.connect(user)
    earlier = frozenset({"https://www.googleapis.com/auth/youtube"})
    for grant in studio.vendor.accounts.grants:
        grant.scopes = earlier
    seen = await studio.uploaded(user, await studio.project(user, beside=True))
    assert seen["upload_status"] == "complete"
    assert "captions could not be added" in seen["error"]
    assert len(studio.videos(seen["id"])) == 1
    assert len(await studio.export.fetch("SELECT FROM youtube_connections")) == 1, "the channel stays connected"
    project = await studio.project(user, beside=True, size=1000)
    await studio.export.store.delete(f"images/{user}/{project}.jpg")
    again = await studio.uploaded(user, project, captions=False)
    assert (again["upload_status"], "cover could not be set" in again["error"]) == ("complete", True)
