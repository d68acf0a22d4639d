"""A person who is forgotten: every service erases what it knows, and the map says where that is."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.test_seams import Subscriptions

from chassis.bus.messages import Delivery, outgoing
from chassis.bus.port import ACKNOWLEDGE
from chassis.data import migrations
from chassis.data.leased_work import WorkItem
from chassis.data.retention import CHASSIS
from chassis.errors import NotFound
from chassis.ids import uuid7
from chassis.observe import context
from chassis.run.service import ServiceSpec
from chassis.storage import FolderStore, keys
from chassis.storage.parts import put_part
from chassis.testing.plugin import NewDatabase
from chassis.testing.tokens import an_identity
from contracts.catalogue import MESSAGES
from contracts.message import Event
from contracts.objects import StoredObject
from contracts.users import DataExportRequested, UserDeletionRequested
from talkingphoto_runner.layout import model_of, specs
from users.exports import service as exports

MAP = Path(__file__).parents[1] / "docs" / "data-map.md"
SPECS = {name: spec for name, spec in specs().items() if spec.migrations is not None}

PERSONAL = re.compile(
    r"user_id|owner|actor|e_?mail|name|address|(^|_)ip(_|$)|phone|user_agent|avatar|title|description|script|input"
    r"|body|customer|run_id|job_id|session_id|key_id"
)
"""What a column is called that may say something about somebody, or lead to what does."""

COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
AND NOT (SELECT relispartition FROM pg_class WHERE oid = table_name::regclass)
"""


def mapped() -> set[tuple[str, str]]:
    return set(re.findall(r"^\| (\w+): `(\w+)` \|", MAP.read_text(encoding="utf-8"), re.MULTILINE))


async def migrated(spec: ServiceSpec, new_database: NewDatabase) -> str:
    assert spec.migrations is not None
    url = await new_database(spec.name)
    await migrations.upgrade(url, spec.migrations)
    return url


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
async def test_every_table_that_may_say_something_about_a_person_is_on_the_map(
    spec: ServiceSpec, new_database: NewDatabase
) -> None:
    connection = await asyncpg.connect((await migrated(spec, new_database)).replace("+asyncpg", ""))
    try:
        columns = [tuple(row) for row in await connection.fetch(COLUMNS)]
    finally:
        await connection.close()
    own = {table for table, _ in columns} - {one.table for one in CHASSIS}
    personal = {table for table, column in columns if table in own and PERSONAL.search(column)}
    on_it = {table for service, table in mapped() if service == spec.name}
    assert sorted(personal - on_it) == []
    assert sorted(on_it - own) == []


OBJECT = '{"key": "x", "sha256": "y", "size": 1, "mime_type": "z"}'
FILLED: dict[str, tuple[str, ...]] = {
    "billing": (
        "INSERT INTO payment_subscriptions (id, customer_id, user_id, read_after) VALUES ('sub_1', 'cus_1', $1, now())",
        "INSERT INTO payment_events (id, type, created, livemode, body, sha256, received_at, processed_at) SELECT "
        "'e' || $1, 'invoice.paid', now(), false, '{\"customer\": \"cus_1\", \"name\": \"Asha\"}', 'x', now(), now()",
    ),
    "workflow": (
        "INSERT INTO users (user_id, email, name, language) VALUES ($1, 'Asha@example.com', 'Asha', 'en')",
        "INSERT INTO entitlements (user_id, product_line, plan, limits, used, features, priority, run_budget, "
        "credits_available, version) VALUES ($1, 'talkingphoto', 'free', '{}', '{}', '{}', 'low', 1, 1, 1)",
        "INSERT INTO files (id, user_id, product_line, original_name, purpose, storage_backend, storage_key, "
        "file_size, mime_type, checksum, kind, scan_status) VALUES (gen_random_uuid(), $1, 'talkingphoto', "
        "'Asha.jpg', 'p', 'store', 'temp/2026/01/01/a.jpg', 1, 'image/jpeg', 'c', 'photo', 'clean')",
        "INSERT INTO uploads (id, user_id, product_line, original_name, purpose, is_temporary, length, expires_at, "
        "created_at, updated_at) VALUES (gen_random_uuid(), $1, 'talkingphoto', 'Asha.mp4', 'p', false, 1, now(), "
        "now(), now())",
        "INSERT INTO projects (id, user_id, product_line, title, description, created_at, updated_at) VALUES "
        "(gen_random_uuid(), $1, 'talkingphoto', 'Asha', 'Asha', now(), now())",
        "INSERT INTO project_versions (project_id, number, snapshot, created_by, created_at) SELECT id, 1, "
        '\'{"title": "Asha"}\', user_id, now() FROM projects WHERE user_id = $1',
        "INSERT INTO project_shares (id, project_id, user_id, permission, created_by, created_at) SELECT "
        "gen_random_uuid(), id, user_id, 'viewer', user_id, now() FROM projects WHERE user_id = $1",
        "INSERT INTO project_shares (id, project_id, email, permission, created_by, created_at) SELECT "
        "gen_random_uuid(), p.id, lower(u.email), 'viewer', u.user_id, now() FROM projects AS p "
        "JOIN users AS u USING (user_id) WHERE user_id = $1",
        "INSERT INTO project_assets (id, project_id, file_id, asset_type, metadata, added_by, created_at) SELECT "
        "gen_random_uuid(), p.id, f.id, 'input', '{\"of\": \"Asha\"}', p.user_id, now() FROM projects AS p "
        "JOIN files AS f USING (user_id) WHERE user_id = $1",
        "INSERT INTO project_logs (id, project_id, user_id, action, message, timestamp) SELECT gen_random_uuid(), id, "
        "user_id, 'created', 'Asha', now() FROM projects WHERE user_id = $1",
        "INSERT INTO film_plans (project_id, plan, made_from, created_at, updated_at) SELECT id, "
        "'{\"film\": \"Asha\"}', 'x', now(), now() FROM projects WHERE user_id = $1",
        "INSERT INTO lineage (id, user_id, object_key, name, mime_type, size, sha256, operation, made_at) VALUES "
        "(gen_random_uuid(), $1, 'k', 'Asha.jpg', 'image/jpeg', 1, 'x', 'upload', now())",
        "INSERT INTO runs (id, user_id, product_line, workflow_type, definition, version, title, description, input, "
        "lane, status, state, created_at, updated_at) VALUES (gen_random_uuid(), $1, 'talkingphoto', 'p', 'd', 1, "
        "'Asha', 'Asha', '{\"script\": \"I am Asha\", \"voice\": \"f\"}', 1, 'completed', '{}', now(), now())",
        "INSERT INTO film_takes (project_id, step, part, digest, run_id, result, shot, paid, made_at) SELECT p.id, "
        "'s', 's1', 'd', r.id, '{}', '{\"text\": \"Asha\"}', true, now() FROM projects AS p JOIN runs AS r USING "
        "(user_id) WHERE user_id = $1",
        'INSERT INTO run_history (run_id, number, at, signal, decision) SELECT id, 1, now(), \'{"of": "Asha"}\', '
        "'{}' FROM runs WHERE user_id = $1",
        "INSERT INTO idempotency_keys (user_id, key, body_sha256, answer, created_at) VALUES ($1, 'Asha', 'x', '{}', "
        "now())",
        "INSERT INTO batches (id, user_id, product_line, name, created_at, updated_at) VALUES (gen_random_uuid(), $1, "
        "'talkingphoto', 'Asha', now(), now())",
        "INSERT INTO batch_rows (batch_id, ref, line, digest, run_id) SELECT id, 'Asha', 1, 'd', gen_random_uuid() "
        "FROM batches WHERE user_id = $1",
    ),
    "ai_router": (
        "INSERT INTO ai_jobs (id, user_id, status, input_data) VALUES (gen_random_uuid(), $1, 'completed', "
        '\'{"script": "Asha"}\')',
        "INSERT INTO provider_calls (id, job_id, provider, capability, attempt, paid, state, started_at, error) SELECT "
        "gen_random_uuid(), id, 'p', 'c', 1, false, 'failed', now(), 'Asha' FROM ai_jobs WHERE user_id = $1",
        "INSERT INTO result_cache (key, user_id, provider, result, expires_at) SELECT 'k' || $1, $1::uuid, 'p', "
        '\'{"of": "Asha"}\', now()',
        "INSERT INTO idempotency_keys (user_id, key, body_sha256, answer, created_at) VALUES ($1, 'Asha', 'x', '{}', "
        "now())",
        "INSERT INTO entitlements (user_id, product_line, credits_available, counts_more, version) "
        "VALUES ($1, 'Asha', 1, false, 1)",
    ),
    "export": (
        "INSERT INTO renditions (id, run_id, user_id, platform, status, work_id, request) VALUES (gen_random_uuid(), "
        "gen_random_uuid(), $1, 'youtube', 'completed', gen_random_uuid(), '{\"title\": \"Asha\"}')",
        "INSERT INTO kit_orders (id, run_id, user_id, status, request) VALUES (gen_random_uuid(), gen_random_uuid(), "
        "$1, 'completed', '{\"title\": \"Asha\"}')",
        "INSERT INTO export_kits (id, workflow_id, user_id, platforms, contents, package, expires_at) VALUES "
        "(gen_random_uuid(), gen_random_uuid(), $1, '{}', '{\"title\": \"Asha\"}', '{}', now())",
        "INSERT INTO export_history (id, user_id, kind, request) VALUES (gen_random_uuid(), $1, 'k', "
        '\'{"title": "Asha"}\')',
        "WITH template AS (INSERT INTO export_templates (id, workflow_type, platform, template_name, "
        "instructions_html, prompt_template, estimated_time_minutes) SELECT gen_random_uuid(), 'w', 'p', "
        "gen_random_uuid()::text, '', '', 1 RETURNING id) "
        "INSERT INTO template_feedback (template_id, user_id, published, rating, updated_at) "
        "SELECT id, $1, true, 5, now() FROM template",
        "INSERT INTO youtube_connections (user_id, channel_id, channel_title, tokens, scopes, expires_at, "
        "connected_at) VALUES ($1, 'UC', 'Asha', 't', '{}', now(), now())",
        "INSERT INTO youtube_uploads (id, user_id, project_id, channel_id, upload_status, video, resource, "
        "total_bytes, created_at, updated_at) VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'UC', 'complete', "
        "'{}', '{\"title\": \"Asha\"}', 1, now(), now())",
        "INSERT INTO projects (id, user_id, title, script) VALUES (gen_random_uuid(), $1, 'Asha', 'I am Asha')",
        "INSERT INTO fingerprints (id, user_id, run_id, kind, sha256, seconds, slots, hashes, source_type, made_at) "
        "VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'video', sha256('Asha'), 1, '{0}', '{1}', 's', now())",
        "INSERT INTO fingerprint_keys (key, fingerprint_id) SELECT 1, id FROM fingerprints WHERE user_id = $1",
    ),
    "notify": (
        "INSERT INTO client_events (run_id, sequence, user_id, state, update, created_at) VALUES (gen_random_uuid(), "
        "1, $1, 's', '{\"of\": \"Asha\"}', now())",
        "INSERT INTO notifications (id, user_id, product_line, kind, title, body, data, created_at) VALUES "
        "(gen_random_uuid(), $1, 'talkingphoto', 'k', 'Asha', 'Asha', '{}', now())",
        "INSERT INTO recipients (user_id, name, language, version, email) VALUES ($1, 'Asha', 'en', 1, "
        "'Asha@example.com')",
        "INSERT INTO mailbox (id, recipient, subject, sealed_letter, created_at) SELECT gen_random_uuid(), "
        "'asha@example.com', 'Asha', 'x', now() WHERE $1::uuid IS NOT NULL",
        "INSERT INTO webhook_endpoints (id, user_id, product_line, url, event_types, active, sealed_secret, "
        "created_at, updated_at) VALUES (gen_random_uuid(), $1, 'talkingphoto', 'https://Asha.example.com', '{}', "
        "true, 'x', now(), now())",
        "INSERT INTO preferences (user_id, choices, updated_at) VALUES ($1, '{}', now())",
    ),
}
"""Rows about a person called Asha, by service."""

WORK = {
    "workflow": "UPDATE runs SET status = 'processing', parked_reason = 'looked at'",
    "ai_router": "UPDATE ai_jobs SET status = 'processing'",
    "export": "UPDATE kit_orders SET status = 'pending'",
}
"""What makes a service still work for the person."""


class Person:
    """A service's tables and objects of one person, and how it is told to forget."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        self.id = uuid4()
        self.service = model_of(name, database_url=url, object_folder=folder / "objects").service
        subscriptions = Subscriptions()
        assert self.service.consumers is not None and self.service.database is not None
        self.database = self.service.database
        self.service.consumers.attach(subscriptions, self.database)  # type: ignore[arg-type]
        self.queue, self.handler = subscriptions.queues[f"{name}.people"]

    async def fill(self, user_id: UUID) -> None:
        async with self.database.connection() as connection:
            for statement in FILLED[self.service.name]:
                await connection.execute(re.sub(r"\$1(::uuid)?", f"'{user_id}'::uuid", statement))

    async def execute(self, statement: str) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement)

    async def forget(self) -> list[str]:
        """Ask for it; what was answered."""
        rows = await self.tell(UserDeletionRequested(user_id=self.id, ask=3))
        return [str(row) for row in rows if "user_data_erased" in str(row)]

    async def tell(self, message: Event) -> list[dict[str, Any]]:
        """Deliver it; the rows of the outbox after that, which is emptied."""
        sent = outgoing(message, service="users", now=datetime.now(UTC), cause=context.Context())
        delivery = Delivery(queue=self.queue.name, headers=sent.headers, body=sent.body)
        assert await self.handler([delivery]) == [ACKNOWLEDGE]
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT * FROM outbox ORDER BY id")
            await connection.execute("DELETE FROM outbox")
        return [dict(row) for row in rows]

    async def traces(self) -> list[str]:
        """Tables in which somebody is still called Asha."""
        async with self.database.connection() as connection:
            tables = {row["table_name"] for row in await connection.fetch(COLUMNS)} - {one.table for one in CHASSIS}
            return [
                table
                for table in sorted(tables)
                if "Asha" in str([dict(row) for row in await connection.fetch(f"SELECT * FROM {table}")])  # noqa: S608
            ]


@pytest.mark.parametrize("name", sorted(FILLED))
async def test_nothing_of_a_person_is_left_when_a_service_has_answered(
    name: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    person = Person(name, tmp_path, await migrated(SPECS[name], new_database))
    store: Any = FolderStore(tmp_path / "objects", public_url="http://x", signing_key=b"k" * 32)
    mine = keys.video_key(person.id, "mp4", datetime.now(UTC))
    other = uuid4()
    theirs = keys.video_key(other, "mp4", datetime.now(UTC))
    for key in (mine, theirs):
        await store.put_bytes(b"video", key, "video/mp4")
    try:
        await person.fill(person.id)
        assert await person.traces() != []
        if name in WORK:
            await person.execute(WORK[name])
            assert await person.forget() == []
            await person.execute(WORK[name].replace("processing", "completed").replace("pending", "completed"))
        for _ in range(2):
            [answer] = await person.forget()
            assert str(person.id) in answer
            assert await person.traces() == []
        if name in ("workflow", "ai_router", "export"):
            assert (await store.stat(mine), await store.stat(theirs) is not None) == (None, True)
    finally:
        await person.database.close()


def part_in(rows: list[dict[str, Any]]) -> StoredObject:
    """What a service has handed out, by what it said in the outbox."""
    [said] = [row["body"] for row in rows if "data_export_part_ready" in str(row)]
    return StoredObject.model_validate(json.loads(said)["part"])


@pytest.mark.parametrize("name", sorted(FILLED))
async def test_a_person_is_handed_what_a_service_knows_of_them_and_of_nobody_else(
    name: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    person = Person(name, tmp_path, await migrated(SPECS[name], new_database))
    store: Any = FolderStore(tmp_path / "objects", public_url="http://x", signing_key=b"k" * 32)
    try:
        await person.fill(person.id)
        wanted = DataExportRequested(export_id=uuid7(), user_id=person.id)
        first = part_in(await person.tell(wanted))
        found = json.loads(await store.read(first))
        assert any(rows for rows in found["data"].values())
        if name != "billing":
            assert "Asha" in json.dumps(found)
        # Asked again, because an answer was lost: the same again, in the same place.
        assert part_in(await person.tell(wanted)) == first
        stranger = DataExportRequested(export_id=uuid7(), user_id=uuid4())
        assert not any(json.loads(await store.read(part_in(await person.tell(stranger))))["data"].values())
    finally:
        await person.database.close()


async def test_all_parts_become_one_archive(new_database: NewDatabase, tmp_path: Path) -> None:
    url = await migrated(SPECS["users"], new_database)
    assembled = model_of("users", database_url=url, object_folder=tmp_path / "objects")
    database = assembled.service.database
    store: Any = FolderStore(tmp_path / "objects", public_url="http://x", signing_key=b"k" * 32)
    subscriptions = Subscriptions()
    assert database is not None and assembled.service.consumers is not None
    assembled.service.consumers.attach(subscriptions, database)  # type: ignore[arg-type]
    queue, handler = subscriptions.queues["users.exports"]
    who = an_identity(user_id=uuid7())
    try:
        async with database.connection() as connection:
            await connection.execute(
                "INSERT INTO users (id, email, username, home_product_line) VALUES ($1, 'asha@example.com', 'asha', "
                "'talkingphoto')",
                who.user_id,
            )
        async with database.transaction() as tx:
            asked = await exports.request(who, store, tx)
        async with database.transaction() as tx:
            assert (await exports.request(who, store, tx)).id == asked.id
        now = datetime.now(UTC)
        photo = await store.put_bytes(b"photo", keys.image_key(who.user_id, "jpg", now), "image/jpeg")
        gone = photo.model_copy(update={"key": keys.image_key(who.user_id, "jpg", now)})
        files = [
            {"name": f"../{number}/me.jpg", "object": one.model_dump()} for number, one in enumerate((photo, gone))
        ]
        for number, service in enumerate(exports.SERVICES):
            async with database.transaction() as tx:
                seen = await exports.read(who.user_id, asked.id, store, tx)
            assert (seen.status, len(seen.waiting_for)) == ("pending", 5 - number)
            given = files if service == "workflow" else ()
            part = await put_part(store, service, asked.id, who.user_id, {"things": [service]}, given)
            kind = MESSAGES[f"{service}.data_export_part_ready.v1"]
            sent = outgoing(kind(export_id=asked.id, part=part), service=service, now=now, cause=context.Context())
            delivery = Delivery(queue=queue.name, headers=sent.headers, body=sent.body)
            assert await handler([delivery, delivery]) == [ACKNOWLEDGE, ACKNOWLEDGE]
        async with database.connection() as connection:
            [work] = await connection.fetch("SELECT id, kind, payload FROM work")
            await connection.execute("UPDATE work SET lease_token = id, lease_until = now() + interval '1 hour'")
        item = WorkItem(work["id"], work["kind"], work["payload"], 1, work["id"])
        await exports.Archivist(database, store).run(item)
        async with database.transaction() as tx:
            seen = await exports.read(who.user_id, asked.id, store, tx)
            with pytest.raises(NotFound):
                await exports.read(uuid4(), asked.id, store, tx)
        assert seen.status == "ready" and seen.expires_at is not None and seen.download_url is not None
        assert timedelta(hours=23, minutes=59) < seen.expires_at - datetime.now(UTC) <= timedelta(hours=24)
        async with database.connection() as connection:
            archive = StoredObject.model_validate(await connection.fetchval("SELECT archive FROM data_exports"))
        with zipfile.ZipFile(io.BytesIO(await store.read(archive))) as opened:
            names = sorted(opened.namelist())
            profile = json.loads(opened.read("users.json"))["profile"]
            assert json.loads(opened.read("billing.json")) == {"things": ["billing"]}
            assert opened.read("files/_/0/me.jpg") == b"photo"
        assert [one["email"] for one in profile] == ["asha@example.com"]
        # What was removed meanwhile is left out, and no name leads out of the folder that it is unpacked in.
        assert names == sorted([*(f"{one}.json" for one in exports.SERVICES), "files/_/0/me.jpg", "users.json"])
        left = [key async for key in store.list_keys("documents/")]
        assert left == [archive.key]
        async with database.connection() as connection:
            await connection.execute("UPDATE data_exports SET expires_at = now() - interval '1 second'")
        await exports.Upkeep(database, store).round()
        assert [key async for key in store.list_keys("documents/")] == []
    finally:
        await database.close()
