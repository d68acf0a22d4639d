"""Projects from before export kept them are told by the migration, as if their video had just been made."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import asyncpg

from chassis import ids
from chassis.data import migrations
from chassis.data.outbox_row import from_row
from chassis.testing.plugin import NewDatabase
from contracts.envelope import Envelope
from contracts.workflow import ProjectVideoReady
from workflow.composition import SPEC

USER, FILE, RUN = UUID(int=1), UUID(int=2), UUID(int=3)
WITH_VIDEO, WITHOUT = UUID(int=4), UUID(int=5)


async def test_the_newest_video_of_each_project_is_told_once(new_database: NewDatabase) -> None:
    assert SPEC.migrations is not None
    url = await new_database("told")
    await migrations.upgrade(url, SPEC.migrations, revision="0061")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(
            "INSERT INTO files (id, user_id, product_line, original_name, purpose, storage_backend, storage_key, "
            "file_size, mime_type, checksum, kind, scan_status, created_at, updated_at) VALUES ($1, $2, 'pixie', "
            "'v.mp4', 'output', 'store', 'videos/a/b.mp4', 9, 'video/mp4', $3, 'video', 'clean', now(), now())",
            FILE, USER, "a" * 64,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO runs (id, user_id, product_line, workflow_type, definition, version, title, input, lane, "
            "status, state, created_at, updated_at) VALUES ($1, $2, 'pixie', 'talking_photo', 'd', 1, 'A \"title\"', "
            "$3, 1, 'completed', '{}', now(), now())",
            RUN, USER, json.dumps({"script": "Grüße, नमस्ते", "language": "de"}),
        )  # fmt: skip
        for project, video in ((WITH_VIDEO, FILE), (WITHOUT, None)):
            await connection.execute(
                "INSERT INTO projects (id, user_id, product_line, title, video_file_id, created_at, updated_at) "
                "VALUES ($1, $2, 'pixie', 'Mine', $3, now(), now())",
                project, USER, video,
            )  # fmt: skip
        await connection.execute(
            "INSERT INTO project_assets (id, project_id, file_id, asset_type, metadata, added_by, created_at) "
            "VALUES ($1, $2, $3, 'output', $4, $5, now())",
            uuid4(), WITH_VIDEO, FILE, json.dumps({"result": "video", "run_id": str(RUN)}), USER,
        )  # fmt: skip

        await migrations.upgrade(url, SPEC.migrations)

        await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        [sent] = [from_row(row) for row in await connection.fetch("SELECT * FROM outbox")]
    finally:
        await connection.close()
    envelope = Envelope.from_headers(sent.headers, read_id=ids.read)
    assert (envelope.type, envelope.subject, envelope.user_id) == (ProjectVideoReady.NAME, str(WITH_VIDEO), USER)
    told = ProjectVideoReady.model_validate_json(sent.body)
    assert (told.project_id, told.user_id, told.run_id, told.file_id) == (WITH_VIDEO, USER, RUN, FILE)
    assert told.video is not None
    assert (told.video.key, told.video.sha256, told.video.size) == ("videos/a/b.mp4", "a" * 64, 9)
    assert (told.title, told.script, told.language) == ('A "title"', "Grüße, नमस्ते", "de")
