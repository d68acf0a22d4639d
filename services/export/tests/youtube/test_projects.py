"""Uploading by a project: which there are, and the newest video of each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis import ids
from contracts.workflow import ProjectCreated, ProjectDeleted, ProjectVideoReady

LINE = "filmstudio"


async def ready(studio: Any, user: UUID, project: UUID, run: UUID, title: str) -> ProjectVideoReady:
    video = await studio.export.store.put_bytes(title.encode() * 1000, f"videos/{user}/{run}.mp4", "video/mp4")
    return ProjectVideoReady(
        project_id=project,
        user_id=user,
        product_line=LINE,
        run_id=run,
        file_id=ids.uuid7(),
        video=video,
        title=title,
        script="The river begins between two stones.",
        language="en",
    )


async def test_a_project_is_uploaded_when_it_has_a_video_and_forgotten_with_its_uploads(start_studio: Any) -> None:
    studio = await start_studio()
    user, stranger, project = ids.uuid7(), ids.uuid7(), ids.uuid7()
    await studio.connect(user)
    created = ProjectCreated(project_id=project, user_id=user, product_line=LINE, title="The river")
    assert (await studio.upload(user, project)).status_code == 404
    await studio.export.tell(created, created)
    early = await studio.upload(user, project)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "project_not_finished")
    first, second = sorted((ids.uuid7(), ids.uuid7()))
    newest = await ready(studio, user, project, second, "The river, again")
    # Twice, and the older one last: the newest stays.
    await studio.export.tell(newest, newest, await ready(studio, user, project, first, "The river"), created)
    assert (await studio.upload(stranger, project)).status_code == 404
    there = await studio.uploaded(user, project)
    assert there["upload_status"] == "complete"
    [row] = await studio.export.fetch("SELECT resource, video FROM youtube_uploads")
    assert row["resource"]["snippet"]["title"] == "The river, again"
    assert row["video"]["key"] == newest.video.key

    gone = ProjectDeleted(project_id=project, user_id=user, product_line=LINE)
    await studio.export.tell(gone, gone, newest, created)
    assert (await studio.upload(user, project)).status_code == 404
    listed = await studio.export.http.get("/api/v1/youtube/videos", headers=studio.logged_in(user))
    assert listed.json()["total"] == 0
