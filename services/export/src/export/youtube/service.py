"""Ordering the upload of a finished video."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import NewWork
from chassis.errors import Conflict, NotFound
from chassis.http.idempotency import key_reused
from chassis.observe import context
from export.deliveries import queries as deliveries
from export.projects import queries as project_queries
from export.youtube import metadata, projects, queries, repository
from export.youtube.runner import UPLOAD
from export.youtube.schemas import UploadIn


class ProjectNotFound(NotFound):
    """There is no such project, or it belongs to someone else."""

    code = "project_not_found"


class UploadNotFound(NotFound):
    """There is no such upload, or it belongs to someone else."""

    code = "youtube_upload_not_found"


class NotConnected(Conflict):
    """The channel is not connected; connect it first."""

    code = "youtube_not_connected"


class NotFinished(Conflict):
    """The project has no finished video yet."""

    code = "project_not_finished"


class UnderWay(Conflict):
    """This project is being uploaded to this channel already."""

    code = "youtube_upload_under_way"


async def order_upload(
    tx: Transaction, user_id: UUID, body: UploadIn, *, privacy: str, key: str | None
) -> tuple[asyncpg.Record, bool]:
    """Order the upload of a project's video to the connected channel; the stored upload, and whether ``key`` has
    ordered it before (PLT-21). ``privacy``: where the order says nothing.

    Raises ``ProjectNotFound``, ``NotFinished``, ``NotConnected``, ``UnderWay``, ``KeyReused``.
    """
    upload_id = ids.uuid7() if key is None else ids.derived(user_id, "youtube", key)
    if key is not None and (ordered := await queries.upload_of(tx, upload_id, user_id)) is not None:
        return _same(ordered, body), True
    found = await _video(tx, user_id, body.project_id)
    connection = await repository.connection(tx, user_id)
    if connection is None or body.channel_id not in (None, connection["channel_id"]):
        raise NotConnected("This channel is not connected. Connect it first.")
    resource = metadata.resource(
        upload_id,
        title=found.title,
        script=found.script,
        workflow_type=found.workflow_type,
        language=found.language,
        privacy=body.privacy or privacy,
    )
    row = await repository.add_upload(
        tx,
        upload_id,
        user_id,
        body.project_id,
        connection["channel_id"],
        body.playlist_id,
        found.video,
        resource,
        captions=found.captions if body.captions else None,
        thumbnail=found.thumbnail if body.thumbnail else None,
    )
    if row is None:
        if key is not None and (ordered := await queries.upload_of(tx, upload_id, user_id)) is not None:
            return _same(ordered, body), True
        raise UnderWay("This video is being uploaded to this channel already.")
    payload = {"upload_id": str(upload_id), "context": context.current().known()}
    tx.add_work(NewWork(upload_id, UPLOAD, payload))
    return row, False


async def _video(tx: Transaction, user_id: UUID, project_id: UUID) -> projects.Finished:
    """The newest video of a project, or that of a run. Raises ``ProjectNotFound``, ``NotFinished``."""
    project = await project_queries.project_of(tx, project_id, user_id)
    if project is not None:
        found = projects.of_project(project)
    elif orders := await repository.orders_of_project(tx, project_id, user_id):
        found = projects.finished(orders) if await deliveries.has(tx, project_id) else None
    else:
        raise ProjectNotFound("There is no such project.")
    if found is None:
        raise NotFinished("The video of this project is not finished yet. Try again when it is.")
    return found


def _same(ordered: asyncpg.Record, body: UploadIn) -> asyncpg.Record:
    """What was ordered, if ``body`` orders the same."""
    if (ordered["project_id"], ordered["playlist_id"]) != (body.project_id, body.playlist_id):
        raise key_reused()
    return ordered
