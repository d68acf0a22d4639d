"""Reading the audit log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest

_COLUMNS = "seq, at, action, actor, target, result, product_line, request_id, address, user_agent, details"

_WHERE = """
WHERE ($1::uuid IS NULL OR actor = $1) AND ($2::text IS NULL OR target = $2) AND ($3::text IS NULL OR action = $3)
AND ($4::text IS NULL OR result = $4) AND ($5::text IS NULL OR product_line = $5)
AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows; None leaves a column alone. ``since`` is within, ``before`` is not."""

    actor: UUID | None = None
    target: str | None = None
    action: str | None = None
    result: str | None = None
    product_line: str | None = None
    since: datetime | None = None
    before: datetime | None = None


class Link(NamedTuple):
    """One row as the chain sees it; ``hash`` is SHA-256 of ``previous``, number and ``entry``."""

    seq: int
    at: datetime
    entry: str
    previous: bytes
    hash: bytes


async def find(tx: Transaction, wanted: Filter, page: PageRequest) -> tuple[list[dict[str, Any]], int]:
    """Rows of a page, newest first, and how many there are on all."""
    given = tuple(asdict(wanted).values())
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM audit_log {_WHERE} ORDER BY seq DESC OFFSET $8 LIMIT $9",  # noqa: S608
        *given,
        page.offset,
        page.limit,
    )
    counted = await tx.fetchrow(f"SELECT count(*) AS rows FROM audit_log {_WHERE}", *given)  # noqa: S608
    assert counted is not None  # noqa: S101  a count has a row
    return [dict(row) for row in rows], counted["rows"]


async def after(tx: Transaction, seq: int, limit: int) -> list[Link]:
    """Rows after this number, in order, as they were written."""
    rows = await tx.fetch(
        "SELECT seq, at, entry::text AS entry, previous, hash FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2",
        seq,
        limit,
    )
    return [Link(*row.values()) for row in rows]
