"""The SQL of kits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.data.database import Transaction
from contracts.export import CreateKit, KitCompleted
from contracts.message import Event
from export.history import repository as history


async def add(tx: Transaction, commands: Sequence[CreateKit], cancelled: Collection[UUID] = ()) -> set[UUID]:
    """Store orders; returns the ids of those that are new. Those that are ``cancelled`` have ended with that."""
    rows = await tx.fetch(
        "INSERT INTO kit_orders (id, run_id, user_id, request, status, completed_at) "
        "SELECT new.*, CASE WHEN id = ANY($5::uuid[]) THEN 'cancelled' ELSE 'pending' END, "
        "CASE WHEN id = ANY($5::uuid[]) THEN $6::timestamptz END "
        "FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::jsonb[]) AS new (id, run_id, user_id, request) "
        "ON CONFLICT (id) DO NOTHING RETURNING id",
        [command.kit_id for command in commands],
        [command.run_id for command in commands],
        [command.user_id for command in commands],
        [command.model_dump_json() for command in commands],
        list(cancelled),
        tx.now,
    )
    return {row["id"] for row in rows}


async def open_order(tx: Transaction, kit_id: UUID) -> CreateKit | None:
    """The order, while it is wanted."""
    row = await tx.fetchrow("SELECT request FROM kit_orders WHERE id = $1 AND status = 'pending'", kit_id)
    return None if row is None else CreateKit.model_validate(row["request"])


async def finish(tx: Transaction, kit_id: UUID, status: str, event: Event) -> bool:
    """Store how an open order ended; False when it was not open."""
    row = await tx.fetchrow(
        "UPDATE kit_orders SET status = $2, answer = $3::jsonb, completed_at = $4 "
        "WHERE id = $1 AND status = 'pending' RETURNING id",
        kit_id,
        status,
        event.model_dump_json(),
        tx.now,
    )
    return row is not None


async def cancel_of_run(tx: Transaction, run_id: UUID) -> set[UUID]:
    """Cancel a run's open orders; returns their ids."""
    rows = await tx.fetch(
        "UPDATE kit_orders SET status = 'cancelled', completed_at = $2 "
        "WHERE run_id = $1 AND status = 'pending' RETURNING id",
        run_id,
        tx.now,
    )
    return {row["id"] for row in rows}


async def save_kit(
    tx: Transaction, order: CreateKit, event: KitCompleted, contents: dict[str, Any], expires_at: datetime
) -> None:
    """Keep a finished kit as the run's kit, and note it in the user's history."""
    await tx.execute(
        "INSERT INTO export_kits (id, workflow_id, user_id, platforms, contents, package, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8) ON CONFLICT (workflow_id) DO UPDATE SET "
        "id = excluded.id, platforms = excluded.platforms, contents = excluded.contents, "
        "package = excluded.package, created_at = excluded.created_at, expires_at = excluded.expires_at",
        order.kit_id,
        order.run_id,
        order.user_id,
        [platform.value for platform in order.platforms],
        orjson.dumps(contents, default=str).decode(),
        event.kit.model_dump_json(),
        tx.now,
        expires_at,
    )
    request = {"workflow_type": order.workflow_type.value, "platforms": [one.value for one in order.platforms]}
    await history.add(tx, order.user_id, "kit", request, result_id=order.kit_id)
