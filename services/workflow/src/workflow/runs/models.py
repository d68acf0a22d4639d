"""A run as it is stored."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from workflow.engine.state import Brief


class Row(NamedTuple):
    """A run as it is stored. ``state`` is JSON text, decoded only where it is needed."""

    brief: Brief
    state: str
    wake_at: datetime | None
    correlation_id: str | None
    traceparent: str | None
    """Of the request that created it: what time alone sets off is part of its trace."""
    parked_reason: str | None
    file_id: UUID | None
    title: str | None
    description: str | None
    status: str
    progress: int
    estimated_cost: Decimal
    lane: int
    finished_at: datetime | None
    cleaned_at: datetime | None
    updated_at: datetime
    began: str | None
    """A tick (:func:`chassis.clock.tick`) of its latest beginning; None for one of an earlier release."""
    seconds: float | None
    """From its latest beginning to its end, as that machine measured it."""
    parent_id: UUID | None
    """The run whose results it was to use."""
    others_wait: bool
    """When it was read, runs waited for room."""
