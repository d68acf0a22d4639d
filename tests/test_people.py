"""A person who is forgotten: every service erases what it knows, and the map says where that is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.test_seams import Subscriptions, build

from chassis.bus.messages import Delivery, outgoing
from chassis.bus.port import ACKNOWLEDGE
from chassis.data import migrations
from chassis.data.retention import CHASSIS
from chassis.observe import context
from chassis.run.service import ServiceSpec
from chassis.storage import FolderStore, keys
from chassis.testing.plugin import NewDatabase
from contracts.users import UserDeletionRequested
from talkingphoto_runner.layout import specs

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
        "INSERT INTO runs (id, user_id, product_line, workflow_type, definition, version, title, description, input, "
        "lane, status, state, created_at, updated_at) VALUES (gen_random_uuid(), $1, 'talkingphoto', 'p', 'd', 1, "
        "'Asha', 'Asha', '{\"script\": \"I am Asha\", \"voice\": \"f\"}', 1, 'completed', '{}', now(), now())",
        'INSERT INTO run_history (run_id, number, at, signal, decision) SELECT id, 1, now(), \'{"of": "Asha"}\', '
        "'{}' FROM runs WHERE user_id = $1",
        "INSERT INTO idempotency_keys (user_id, key, body_sha256, answer, created_at) VALUES ($1, 'Asha', 'x', '{}', "
        "now())",
    ),
    "ai_router": (
        "INSERT INTO ai_jobs (id, user_id, status, input_data) VALUES (gen_random_uuid(), $1, 'completed', "
        '\'{"script": "Asha"}\')',
        "INSERT INTO provider_calls (id, job_id, provider, capability, attempt, paid, state, started_at, error) SELECT "
        "gen_random_uuid(), id, 'p', 'c', 1, false, 'failed', now(), 'Asha' FROM ai_jobs WHERE user_id = $1",
        "INSERT INTO result_cache (key, user_id, provider, result, expires_at) SELECT 'k' || $1, $1::uuid, 'p', "
        '\'{"of": "Asha"}\', now()',
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
        "INSERT INTO youtube_connections (user_id, channel_id, channel_title, tokens, scopes, expires_at, "
        "connected_at) VALUES ($1, 'UC', 'Asha', 't', '{}', now(), now())",
        "INSERT INTO youtube_uploads (id, user_id, project_id, channel_id, upload_status, video, resource, "
        "total_bytes, created_at, updated_at) VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'UC', 'complete', "
        "'{}', '{\"title\": \"Asha\"}', 1, now(), now())",
    ),
    "notify": (
        "INSERT INTO client_events (run_id, sequence, user_id, state, update, created_at) VALUES (gen_random_uuid(), "
        "1, $1, 's', '{\"of\": \"Asha\"}', now())",
        "INSERT INTO notifications (id, user_id, product_line, kind, title, body, data, created_at) VALUES "
        "(gen_random_uuid(), $1, 'talkingphoto', 'k', 'Asha', 'Asha', '{}', now())",
        "INSERT INTO recipients (user_id, name, language, version) VALUES ($1, 'Asha', 'en', 1)",
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
        self.service = build(name, folder, url).service
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
        message = UserDeletionRequested(user_id=self.id, ask=3)
        sent = outgoing(message, service="users", now=datetime.now(UTC), cause=context.Context())
        delivery = Delivery(queue=self.queue.name, headers=sent.headers, body=sent.body)
        assert await self.handler([delivery]) == [ACKNOWLEDGE]
        async with self.database.connection() as connection:
            rows = await connection.fetch("SELECT * FROM outbox ORDER BY id")
            await connection.execute("DELETE FROM outbox")
        return [str(dict(row)) for row in rows if "user_data_erased" in str(dict(row))]

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
    theirs = keys.video_key(uuid4(), "mp4", datetime.now(UTC))
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
