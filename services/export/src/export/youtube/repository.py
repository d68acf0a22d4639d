"""The SQL of connections, grants under way and uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import orjson

from chassis.data.database import Transaction
from contracts.objects import StoredObject
from export.youtube.calls import Channel
from export.youtube.projects import Order

_MOST_STATES = 10

Extra = Literal["listed", "captioned", "pictured"]
"""What a video gets once it is there."""


async def add_state(
    tx: Transaction, state: bytes, user_id: UUID, browser: bytes, verifier: bytes, expires_at: datetime
) -> None:
    """Remember a grant under way; what has expired, and a user's oldest beyond ten, is forgotten."""
    await tx.execute(
        "DELETE FROM youtube_states WHERE expires_at < $1 OR (user_id = $2 AND state_hash NOT IN ("
        "SELECT state_hash FROM youtube_states WHERE user_id = $2 ORDER BY expires_at DESC LIMIT $3))",
        tx.now,
        user_id,
        _MOST_STATES - 1,
    )
    await tx.execute(
        "INSERT INTO youtube_states (state_hash, user_id, browser_hash, verifier, expires_at) "
        "VALUES ($1, $2, $3, $4, $5)",
        state,
        user_id,
        browser,
        verifier,
        expires_at,
    )


async def take_state(tx: Transaction, state: bytes) -> asyncpg.Record | None:
    """The grant under way, once; None for one that is unknown, used or expired."""
    return await tx.fetchrow(
        "DELETE FROM youtube_states WHERE state_hash = $1 AND expires_at >= $2 RETURNING *", state, tx.now
    )


async def save_connection(
    tx: Transaction, user_id: UUID, channel: Channel, tokens: bytes, scopes: list[str], expires_at: datetime
) -> None:
    """Connect a user to a channel, in place of any other."""
    await tx.execute(
        "INSERT INTO youtube_connections "
        "(user_id, channel_id, channel_title, tokens, scopes, expires_at, connected_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id) DO UPDATE SET channel_id = excluded.channel_id, "
        "channel_title = excluded.channel_title, tokens = excluded.tokens, scopes = excluded.scopes, "
        "expires_at = excluded.expires_at, connected_at = excluded.connected_at",
        user_id,
        channel.id,
        channel.title,
        tokens,
        scopes,
        expires_at,
        tx.now,
    )


async def connection(tx: Transaction, user_id: UUID) -> asyncpg.Record | None:
    """The user's connection."""
    return await tx.fetchrow("SELECT * FROM youtube_connections WHERE user_id = $1", user_id)


async def renew_connection(tx: Transaction, user_id: UUID, renewed: bytes, tokens: bytes, expires_at: datetime) -> None:
    """Keep ``tokens`` in place of the sealed ones that they renew, if the connection still has those."""
    await tx.execute(
        "UPDATE youtube_connections SET tokens = $3, expires_at = $4 WHERE user_id = $1 AND tokens = $2",
        user_id,
        renewed,
        tokens,
        expires_at,
    )


async def remove_connection(tx: Transaction, user_id: UUID, tokens: bytes | None = None) -> asyncpg.Record | None:
    """Forget the user's connection, or only the one with these sealed tokens; what it was."""
    return await tx.fetchrow(
        "DELETE FROM youtube_connections WHERE user_id = $1 AND ($2::bytea IS NULL OR tokens = $2) "
        "RETURNING tokens, channel_id",
        user_id,
        tokens,
    )


async def is_used(tx: Transaction, user_id: str, channel_id: str) -> bool:
    """Whether the user is connected to any channel, or anybody to this one."""
    found = await tx.fetch(
        "SELECT FROM youtube_connections WHERE user_id = $1::uuid OR channel_id = $2 LIMIT 1", user_id, channel_id
    )
    return bool(found)


async def put_off(tx: Transaction, kind: str, user_id: UUID, until: datetime) -> bool:
    """Let no work of this kind for the user begin before then; False when some of it is under way."""
    await tx.execute(
        "UPDATE work SET run_after = $3 WHERE kind = $1 AND payload->>'user_id' = $2 AND run_after < $3 "
        "AND (lease_until IS NULL OR lease_until < $4)",
        kind,
        str(user_id),
        until,
        tx.now,
    )
    return not await tx.fetch(
        "SELECT FROM work WHERE kind = $1 AND payload->>'user_id' = $2 AND lease_until >= $3 LIMIT 1",
        kind,
        str(user_id),
        tx.now,
    )


async def orders_of_project(tx: Transaction, project_id: UUID, user_id: UUID) -> list[Order]:
    """The user's renditions and kits of a run, oldest first."""
    rows = await tx.fetch(
        "SELECT platform, status, request, answer, created_at, id FROM renditions WHERE run_id = $1 AND user_id = $2 "
        "AND request->>'draft' IS DISTINCT FROM 'true' "
        "UNION ALL SELECT NULL, status, request, answer, created_at, id FROM kit_orders "
        "WHERE run_id = $1 AND user_id = $2 ORDER BY created_at, id",
        project_id,
        user_id,
    )
    return [
        Order(row["platform"], row["status"], row["request"], (row["answer"] or {}).get("outputs", {})) for row in rows
    ]


async def add_upload(
    tx: Transaction,
    upload_id: UUID,
    user_id: UUID,
    project_id: UUID,
    channel_id: str,
    playlist_id: str | None,
    video: StoredObject,
    resource: dict[str, Any],
    *,
    captions: StoredObject | None = None,
    thumbnail: StoredObject | None = None,
) -> asyncpg.Record | None:
    """Store an upload; None when one of the same project to the same channel is under way."""
    return await tx.fetchrow(
        "INSERT INTO youtube_uploads (id, user_id, project_id, channel_id, playlist_id, video, resource, total_bytes, "
        "created_at, updated_at, captions, thumbnail) "
        "VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $9, $10::jsonb, $11::jsonb) "
        "ON CONFLICT DO NOTHING RETURNING *",
        upload_id,
        user_id,
        project_id,
        channel_id,
        playlist_id,
        video.model_dump_json(),
        orjson.dumps(resource).decode(),
        video.size,
        tx.now,
        captions and captions.model_dump_json(),
        thumbnail and thumbnail.model_dump_json(),
    )


async def upload(tx: Transaction, upload_id: UUID) -> asyncpg.Record | None:
    """An upload, whoever's it is."""
    return await tx.fetchrow("SELECT * FROM youtube_uploads WHERE id = $1", upload_id)


async def save_session(tx: Transaction, upload_id: UUID, number: int, session: bytes) -> None:
    """Keep the session that follows session ``number``; nothing happens when another has taken its place."""
    await tx.execute(
        "UPDATE youtube_uploads SET session = $3, session_number = session_number + 1, upload_status = 'processing', "
        "updated_at = $4 WHERE id = $1 AND session_number = $2 AND session IS NULL AND video_id IS NULL",
        upload_id,
        number,
        session,
        tx.now,
    )


async def forget_session(tx: Transaction, upload_id: UUID, number: int) -> None:
    """Drop session ``number`` unless it may have got the last byte."""
    await tx.execute(
        "UPDATE youtube_uploads SET session = NULL, sent_bytes = 0, updated_at = $3 "
        "WHERE id = $1 AND session_number = $2 AND NOT ending",
        upload_id,
        number,
        tx.now,
    )


async def save_ending(tx: Transaction, upload_id: UUID, number: int) -> bool:
    """Note that session ``number`` is about to get the last byte; False when it is not the session any more."""
    tag = await tx.execute(
        "UPDATE youtube_uploads SET ending = true, updated_at = $3 "
        "WHERE id = $1 AND session_number = $2 AND session IS NOT NULL AND video_id IS NULL",
        upload_id,
        number,
        tx.now,
    )
    return tag.endswith(" 1")


async def save_sent(tx: Transaction, upload_id: UUID, size: int) -> None:
    """Note how much has arrived. Progress forgives earlier failures."""
    await tx.execute(
        "UPDATE youtube_uploads SET failures = CASE WHEN $2 > sent_bytes THEN 0 ELSE failures END, sent_bytes = $2, "
        "updated_at = $3 WHERE id = $1 AND video_id IS NULL",
        upload_id,
        size,
        tx.now,
    )


async def save_video(tx: Transaction, upload_id: UUID, video_id: str) -> None:
    """The video exists; the session has served."""
    await tx.execute(
        "UPDATE youtube_uploads SET video_id = $2, session = NULL, sent_bytes = total_bytes, failures = 0, "
        "upload_status = 'processing', updated_at = $3 WHERE id = $1 AND video_id IS NULL",
        upload_id,
        video_id,
        tx.now,
    )


_ADDED = """
UPDATE youtube_uploads SET listed = listed OR $2 = 'listed', captioned = captioned OR $2 = 'captioned',
    pictured = pictured OR $2 = 'pictured', error = nullif(concat_ws(' ', error, $3::text), ''), updated_at = $4
WHERE id = $1 AND NOT CASE $2::text WHEN 'listed' THEN listed WHEN 'captioned' THEN captioned ELSE pictured END
"""


async def save_added(tx: Transaction, upload_id: UUID, done: Extra, error: str | None) -> None:
    """The video has what belongs to it, or ``error`` says why not."""
    await tx.execute(_ADDED, upload_id, done, error, tx.now)


async def count(tx: Transaction, upload_id: UUID, *, failures: int, looks: int) -> None:
    """Note how often something failed in a row, and how often processing was looked at."""
    await tx.execute(
        "UPDATE youtube_uploads SET failures = $2, looks = $3, updated_at = $4 WHERE id = $1",
        upload_id,
        failures,
        looks,
        tx.now,
    )


async def end_upload(tx: Transaction, upload_id: UUID, status: str, error: str | None) -> bool:
    """The upload has ended; False when it had before. A session that may be alive is not kept."""
    tag = await tx.execute(
        "UPDATE youtube_uploads SET upload_status = $2, error = coalesce($3, error), session = NULL, updated_at = $4 "
        "WHERE id = $1 AND upload_status IN ('pending', 'processing')",
        upload_id,
        status,
        error,
        tx.now,
    )
    return tag.endswith(" 1")
