"""Work of seconds or minutes: a row under a lease, so that a message is acknowledged when the work is durable.

A process claims rows, renews its leases while it works, and removes a row in the transaction that stores the
result. A lease that is not renewed passes to another process; the token fences the old holder off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.observe.context import Context
from contracts.enums import Priority

LANES: dict[Priority, int] = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}
"""Order in which lanes are drained (CON-09)."""


@dataclass(frozen=True, slots=True)
class NewWork:
    """Something to be done. ``id`` makes adding it repeatable; ``run_after`` delays it.

    ``subject``: what the payload is about, as the runner would read it; not stored, but a pool of this process that
    takes the work at once need not read it again.
    """

    id: UUID
    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    lane: int = LANES[Priority.NORMAL]
    run_after: datetime | None = None
    subject: Any = None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Claimed work. ``attempt`` counts claims, so it rises when a holder died.

    ``subject``: see :class:`NewWork`; None for what was claimed from the table.
    """

    id: UUID
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    token: UUID
    subject: Any = None

    @property
    def context(self) -> Context:
        """Of whatever caused the work: a payload may carry it as ``context``."""
        carried = dict(self.payload.get("context") or {})
        if carried.get("user_id") is not None:
            carried["user_id"] = UUID(str(carried["user_id"]))
        return Context(**carried)
