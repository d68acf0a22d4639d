"""A user's log, in pieces and as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from sse_starlette import ServerSentEvent

from chassis.data.database import Database
from chassis.http.requests import Stopping
from chassis.identity.tokens import Caller
from notify.feed import queries
from notify.feed.schemas import FeedEvent, FeedOut
from notify.live.hub import Hub
from notify.live.streams import Events, StillAllowed, right_of
from notify.settings import Settings

router = APIRouter(prefix="/api/v1/events", tags=["live updates"])

Number = Annotated[int, Field(ge=0, le=2**53 - 1)]

_PIECE = 200
_CATCH_UP_S, _LONGEST_CATCH_UP_S = 0.02, 1.0
"""Waits for what was heard of and is not in the log yet; doubled each time."""

_ABOUT = """Server-sent events. Each has as `id` its number within the user's log, as `event` the state that the
workflow or job is in, and as `data` a JSON object of the schema given here. The comment `: alive` comes when there is
no news. The stream ends when the access token runs out or its session ends: ask again with a new token and the `id` of
the last event seen."""


@router.get("")
async def read_events(
    caller: Caller,
    request: Request,
    after: Annotated[Number, Query(description="Only what comes after this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PIECE, description="At most so many.")] = 100,
) -> FeedOut:
    """What happened to the caller's workflows, the oldest first, for who polls."""
    rows = await queries.after(request.app.state.database, caller.user_id, after, limit + 1)
    items = [{"sequence": row["sequence"], "event": row["update"]} for row in rows[:limit]]
    last = rows[:limit][-1]["sequence"] if rows else after
    return FeedOut.model_validate({"items": items, "next": last, "more": len(rows) > limit})


@router.get("/stream", response_class=Events, responses={200: {"model": FeedEvent, "description": _ABOUT}})
async def follow_events(
    caller: Caller,
    request: Request,
    stopping: Stopping,
    last_event_id: Annotated[Number, Header(description="Resume after this event.")] = 0,
    after: Annotated[Number, Query(description="The same, for who cannot send headers.")] = 0,
) -> Events:
    """Everything that happens to the caller's workflows, as it happens; before that, what has happened since."""
    settings: Settings = request.app.state.settings
    return Events(
        _stream(
            request.app.state.database,
            request.app.state.users_hub,
            caller.user_id,
            max(last_event_id, after),
            stopping,
            right_of(request),
            poll_s=settings.live_poll_s,
        ),
        ping=settings.heartbeat_s,
        ping_message_factory=lambda: ServerSentEvent(comment="alive", sep="\n"),
    )


async def _stream(
    database: Database,
    hub: Hub,
    user_id: UUID,
    last: int,
    stopping: asyncio.Event,
    still_allowed: StillAllowed,
    *,
    poll_s: float,
) -> AsyncIterator[ServerSentEvent]:
    known = (await queries.newest(database, [user_id])).get(user_id, 0)
    # Nobody can have seen what has not happened yet: whoever says so is told everything.
    last = last if last <= known else 0
    with hub.follow(user_id, stopping) as stream:
        catch_up_s = _CATCH_UP_S
        while not stopping.is_set() and await still_allowed():
            if rows := await queries.after(database, user_id, last, _PIECE):
                catch_up_s = _CATCH_UP_S
                for row in rows:
                    said = orjson.dumps(row["update"]).decode()
                    yield ServerSentEvent(said, event=row["state"], id=str(row["sequence"]), sep="\n")
                    last = row["sequence"]
            elif stream.nudged and catch_up_s <= _LONGEST_CATCH_UP_S:
                # Heard of, but the process that keeps the log has not committed it yet.
                await asyncio.sleep(catch_up_s)
                catch_up_s *= 2
            else:
                stream.nudged, catch_up_s = False, _CATCH_UP_S
                while not (stream.nudged or stream.announced > last or stopping.is_set()) and await still_allowed():
                    await stream.wait(poll_s)
