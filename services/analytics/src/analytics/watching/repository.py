"""SQL of what was seen of services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

from chassis.data.database import Transaction

_ADD = """
INSERT INTO system_health (id, service_name, endpoint, response_time_ms, status_code, success, error_message,
    error_type, cpu_usage_percent, memory_usage_mb, created_at)
SELECT *, $11::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::int[], $6::boolean[],
    $7::text[], $8::text[], $9::float8[], $10::float8[])
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a service, in the table's order."""

    id: UUID
    service_name: str
    endpoint: str
    response_time_ms: float
    status_code: int | None = None
    success: bool = False
    error_message: str | None = None
    error_type: str | None = None
    cpu_usage_percent: float | None = None
    memory_usage_mb: float | None = None


async def add(tx: Transaction, seen: Sequence[Seen]) -> None:
    """Keep what was seen now."""
    columns = zip(*map(astuple, seen), strict=True)
    await tx.execute(_ADD, *map(list, columns), tx.now)
