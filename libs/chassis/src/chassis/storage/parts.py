"""What one service knows of a person, as one JSON object in the store, until all parts are one archive (USR-39)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from chassis.encoding import as_json
from chassis.storage.keys import document_key
from chassis.storage.port import ObjectStore
from contracts.objects import StoredObject


class File(TypedDict):
    """A file of the person's that belongs into the archive, and its name there."""

    name: str
    object: dict[str, Any]


async def rows_of(tx: Transaction, statements: Mapping[str, str], user_id: UUID) -> dict[str, list[Any]]:
    """What statements with the person's id as ``$1`` find, by their names; each row an object of JSON."""
    found = {}
    for name, statement in statements.items():
        rows = await tx.fetch(f"SELECT to_jsonb(found) AS row FROM ({statement}) AS found", user_id)  # noqa: S608
        found[name] = [row["row"] for row in rows]
    return found


async def put_part(
    store: ObjectStore,
    service: str,
    export_id: UUID,
    user_id: UUID,
    data: Mapping[str, Any],
    files: Sequence[File] = (),
) -> StoredObject:
    """Store a part; putting it again replaces it."""
    key = document_key(user_id, "json", ids.moment_of(export_id), f"{export_id.hex}-{service}")
    return await store.put_bytes(as_json({"data": data, "files": list(files)}).encode(), key, "application/json")
