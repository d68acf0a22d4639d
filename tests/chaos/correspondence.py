"""Who wrote to whom: every message that was committed has been taken in, and none was taken in that never was.

A trigger on each outbox keeps what is committed there, because the rows themselves go once a message is confirmed. A
reader that has acknowledged a message has committed its inbox row and what the message caused. If either side's
transaction was none, the two sides do not agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import orjson

from contracts.ai_router import SubmitJob
from contracts.catalogue import MESSAGES
from contracts.export import CreateKit, CreateRendition

_WATCH = """
CREATE SCHEMA IF NOT EXISTS audit;
CREATE TABLE IF NOT EXISTS audit.watch AS SELECT clock_timestamp() AS since;
CREATE TABLE IF NOT EXISTS audit.committed (id uuid PRIMARY KEY, type text NOT NULL, body bytea NOT NULL);
CREATE OR REPLACE FUNCTION audit.remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit.committed VALUES (
        NEW.id, coalesce(NEW.headers ->> 'type', NEW.headers ->> 'cloudEvents:type', NEW.routing_key), NEW.body
    ) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER remember AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION audit.remember();
"""

_TAKEN_IN = "SELECT message_id FROM inbox"

_CAUSED = {
    SubmitJob.NAME: ("job_id", "SELECT id FROM ai_jobs"),
    CreateRendition.NAME: ("rendition_id", "SELECT id FROM renditions"),
    CreateKit.NAME: ("kit_id", "SELECT id FROM kit_orders"),
}
"""By the type of a command: which field names what it asks for, and where its reader keeps that."""


class Gap(NamedTuple):
    """One thing on which two services do not agree."""

    subject: str
    text: str


class _Message(NamedTuple):
    sender: str
    id: UUID
    type: str
    body: bytes

    @property
    def readers(self) -> tuple[str, ...]:
        return MESSAGES[self.type].READERS

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


async def watch(connection: asyncpg.Connection) -> None:
    """Keep from now on what is committed to the outbox of this database; doing it again changes nothing."""
    await connection.execute(_WATCH)


async def gaps(db: Mapping[str, asyncpg.Connection]) -> list[Gap]:
    """Everything on which the services behind ``db``, by name, do not agree. Each must have been watched."""
    sent = {message.id: message for name in db for message in await _committed(name, db[name])}
    taken_in = {name: {row["message_id"] for row in await db[name].fetch(_TAKEN_IN)} for name in db}
    caused = {
        kind: {row["id"] for row in await db[MESSAGES[kind].READERS[0]].fetch(query)}
        for kind, (_, query) in _CAUSED.items()
    }
    since = max([await db[name].fetchval("SELECT since FROM audit.watch") for name in db])
    return [*_lost(sent, taken_in, caused), *_invented(sent, taken_in, since)]


async def _committed(name: str, connection: asyncpg.Connection) -> list[_Message]:
    rows = await connection.fetch("SELECT id, type, body FROM audit.committed")
    return [_Message(name, row["id"], row["type"], row["body"]) for row in rows]


def _lost(
    sent: Mapping[UUID, _Message], taken_in: Mapping[str, set[UUID]], caused: Mapping[str, set[UUID]]
) -> Iterator[Gap]:
    for message in sent.values():
        for reader in message.readers:
            if reader in taken_in and message.id not in taken_in[reader]:
                yield Gap(f"{message.sender} {message}", f"was committed, and {reader} has not taken it in")
        if message.type in _CAUSED:
            asked_for = UUID(orjson.loads(message.body)[_CAUSED[message.type][0]])
            if asked_for not in caused[message.type]:
                yield Gap(f"{message.sender} {message}", f"was acknowledged, and there is no {asked_for}")


def _invented(sent: Mapping[UUID, _Message], taken_in: Mapping[str, set[UUID]], since: datetime) -> Iterator[Gap]:
    for reader, known in taken_in.items():
        for message_id in known - sent.keys():
            # The id of a message says when it was written; nobody has kept what was written before the watch.
            if message_id.int >> 80 > since.timestamp() * 1000:
                yield Gap(f"{reader} inbox {message_id}", "was taken in, and nobody has committed it")
