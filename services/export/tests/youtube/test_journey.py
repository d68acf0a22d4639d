"""Connect, upload, look, disconnect: as a user goes."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from chassis import ids
from contracts.enums import Platform
from export.youtube.calls import UNIT
from simulators.vendors.youtube.server import CHANNEL_ID, PLAYLIST


async def test_from_grant_to_a_processed_video(start_studio: Any, user: UUID) -> None:
    """EXP-11, EXP-08, EXP-10: one video, whole, said to be made with AI, in the playlist, private."""
    studio = await start_studio()
    assert await studio.connect(user) == {"channel_id": CHANNEL_ID, "channel_title": "Simulated channel"}
    project = await studio.project(user)
    asked = await studio.upload(user, project, playlist_id=PLAYLIST, channel_id=CHANNEL_ID)
    assert asked.status_code == 201
    assert (asked.json()["upload_status"], asked.json()["video_id"]) == ("pending", None)
    assert asked.json()["playlist_id"] == PLAYLIST
    seen = await studio.ended(user, asked.json()["id"])
    assert (seen["upload_status"], seen["progress"], seen["error"]) == ("complete", 1.0, None)
    (video,) = studio.videos(seen["id"])
    assert video.job_id == seen["video_id"]
    data = b"".join([part async for part in studio.export.store.open_range(f"videos/{user}/{project}.mp4")])
    assert (video.body["size"], video.body["sha256"]) == (3 * UNIT + 1000, hashlib.sha256(data).hexdigest())
    assert video.body["snippet"]["title"] == "A better ‹kettle›"
    assert "kettle" in video.body["snippet"]["tags"]
    assert video.body["status"] == {
        "privacyStatus": "private", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": True
    }  # fmt: skip
    assert [item["contentDetails"]["videoId"] for item in studio.vendor.playlists[PLAYLIST]] == [seen["video_id"]]
    assert await studio.export.fetch("SELECT 1 FROM work") == []


async def test_disconnecting_forgets_the_tokens_and_ends_the_grant(start_studio: Any, user: UUID) -> None:
    """Twice is no error; an upload then says what to do first."""
    studio = await start_studio()
    await studio.connect(user)
    me = studio.logged_in(user)
    for _ in range(2):
        assert (await studio.export.http.delete("/api/v1/youtube/connection", headers=me)).status_code == 204
    await studio.export.eventually("SELECT count(*) FROM work", [0])
    assert [grant.revoked for grant in studio.vendor.accounts.grants] == [True]
    assert await studio.export.fetch("SELECT 1 FROM youtube_connections") == []
    refused = await studio.upload(user, await studio.project(user))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "youtube_not_connected")


async def test_what_can_be_uploaded(start_studio: Any, user: UUID) -> None:
    """Unknown projects are 404, unfinished ones 409; without YouTube's shape the original is sent."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    unknown = await studio.upload(user, ids.uuid7())
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "project_not_found")
    early = await studio.upload(user, await studio.project(user, done=False))
    assert (early.status_code, early.json()["error"]["code"]) == (409, "project_not_finished")
    unpaid = await studio.upload(user, await studio.project(user, paid=False))
    assert (unpaid.status_code, unpaid.json()["error"]["code"]) == (409, "project_not_finished")
    other = await studio.upload(user, await studio.project(user), channel_id="UCanother")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "youtube_not_connected")
    original = await studio.project(user, platform=Platform.TIKTOK)
    assert (await studio.upload(user, original)).status_code == 201
    again = await studio.upload(user, original)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "youtube_upload_under_way")
    misspelt = await studio.upload(user, original, privcy="public")
    assert misspelt.status_code == 422


async def test_uploads_are_listed_in_pages_and_belong_to_their_user(start_studio: Any, user: UUID) -> None:
    """EXP-09, EXP-10: newest first, filtered, with a total; another user's are not there."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    made = [(await studio.upload(user, await studio.project(user))).json()["id"] for _ in range(3)]
    await studio.export.execute("UPDATE youtube_uploads SET upload_status = 'complete' WHERE id = $1", UUID(made[0]))
    me, get = studio.logged_in(user), studio.export.http.get
    first = (await get("/api/v1/youtube/videos?per_page=2", headers=me)).json()
    assert ([each["id"] for each in first["items"]], first["total"]) == ([made[2], made[1]], 3)
    second = (await get("/api/v1/youtube/videos?per_page=2&page=2&fields=id", headers=me)).json()
    assert (second["items"], second["total"]) == ([{"id": made[0]}], 3)
    beyond = (await get("/api/v1/youtube/videos?page=9", headers=me)).json()
    assert (beyond["items"], beyond["total"]) == ([], 3)
    for status in ("complete", "completed"):
        (one,) = (await get(f"/api/v1/youtube/videos?status={status}", headers=me)).json()["items"]
        assert one["id"] == made[0]
    stranger = studio.logged_in(ids.uuid7())
    assert (await get("/api/v1/youtube/videos", headers=stranger)).json()["total"] == 0
    hidden = await get(f"/api/v1/youtube/videos/{made[0]}", headers=stranger)
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (404, "youtube_upload_not_found")
    assert (await get("/api/v1/youtube/videos")).status_code == 401


async def test_another_users_project_and_connection_are_not_there(start_studio: Any, user: UUID) -> None:
    """A stranger with a channel of their own cannot upload this user's project, nor disconnect this user."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    project = await studio.project(user)
    stranger = ids.uuid7()
    await studio.connect(stranger)
    taken = await studio.upload(stranger, project)
    assert (taken.status_code, taken.json()["error"]["code"]) == (404, "project_not_found")
    theirs = studio.logged_in(stranger)
    assert (await studio.export.http.delete("/api/v1/youtube/connection", headers=theirs)).status_code == 204
    assert [row["user_id"] for row in await studio.export.fetch("SELECT user_id FROM youtube_connections")] == [user]


async def test_without_a_client_it_says_so(start_export: Any, user: UUID) -> None:
    """The rest of export works; the list of uploads is empty."""
    export = await start_export()
    me = {"Authorization": f"Bearer {user}"}
    body = {"project_id": str(ids.uuid7())}
    for answer in (
        await export.http.get("/api/v1/youtube/connect", headers=me),
        await export.http.get("/api/v1/youtube/callback?state=x&code=y"),
        await export.http.delete("/api/v1/youtube/connection", headers=me),
        await export.http.post("/api/v1/youtube/upload", json=body, headers=me),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "youtube_not_configured")
        assert answer.json()["error"]["message"] == "YouTube is not configured."
    assert (await export.http.get("/api/v1/youtube/videos", headers=me)).json()["total"] == 0


async def test_an_upload_is_ordered_once_for_a_key(start_studio: Any, user: UUID) -> None:
    """PLT-21: a repetition gets the first answer, another order with the key is refused, other users have their own."""
    studio = await start_studio(consume=False)
    await studio.connect(user)
    project, other = await studio.project(user), await studio.project(user)

    async def order(project: UUID) -> Any:
        headers = {**studio.logged_in(user), "Idempotency-Key": "once"}
        return await studio.export.http.post(
            "/api/v1/youtube/upload", json={"project_id": str(project)}, headers=headers
        )

    first, again, reused = await order(project), await order(project), await order(other)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert [answer.headers.get("Idempotency-Replayed") for answer in (first, again)] == [None, "true"]
    assert first.headers["Location"] == f"/api/v1/youtube/videos/{first.json()['id']}"
    assert (reused.status_code, reused.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(await studio.export.fetch("SELECT 1 FROM youtube_uploads")) == 1
