"""``/internal/dead-letters`` of a service, for the gateway: what its consumers gave up, and putting it back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter
from pydantic import Field

from chassis.bus.port import Bus, DeadLetter
from chassis.errors import NotFound
from chassis.http.inputs import Input
from chassis.identity.tokens import AdminCaller

log = structlog.get_logger(__name__)

MOST = 100
"""Letters of one queue that are shown, the oldest: whoever has more replays or looks into those first."""
LONGEST_BODY = 4_000
"""Characters of a message that are shown."""


class ReplayIn(Input):
    """What to put back."""

    queue: Annotated[str, Field(max_length=200)]
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)] | None = None


def dead_letters_router(bus: Bus, queues: Collection[str]) -> APIRouter:
    """Look into the dead letters of ``queues``, and put them back; for administrators alone."""
    router = APIRouter(prefix="/internal/dead-letters", include_in_schema=False)

    @router.get("")
    async def list_dead_letters(_: AdminCaller) -> list[dict[str, Any]]:
        return [_plain(letter) for queue in sorted(queues) for letter in await bus.dead_letters(queue, MOST)]

    @router.post("/replay")
    async def replay_dead_letters(body: ReplayIn, caller: AdminCaller) -> dict[str, int]:
        if body.queue not in queues:
            raise NotFound(f"There is no queue {body.queue}.")
        replayed = await bus.replay(body.queue, body.ids)
        log.info("dead_letters.replayed", queue=body.queue, count=replayed, by=str(caller.user_id))
        return {"replayed": replayed}

    return router


def _plain(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "queue": letter.queue,
        "type": str(letter.headers.get("cloudEvents:type", "")),
        "attempts": letter.attempt,
        "reason": letter.reason,
        "died_at": letter.died_at,
        "body": letter.body.decode("utf-8", "replace")[:LONGEST_BODY],
    }
