"""Server-sent events for a run, with resume (WFL-13, NTF-12 to NTF-15)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import Field
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from chassis.data.database import Database
from chassis.errors import NotFound, documented
from chassis.http.requests import Stopping
from chassis.identity.tokens import Caller
from contracts.enums import Status
from notify.live import repository
from notify.live.hub import Hub, Stream
from notify.live.schemas import WorkflowEvent
from notify.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["live updates"])

_FIRST_NEWS_S = 3.0
"""A client may connect before the first event of its run has arrived here."""
_CATCH_UP_S = 0.02
"""First wait for what was announced and is not in the log yet; doubled each time."""
_GAP_S = 1.0
"""Batches of one run may be committed out of order; an update that stays away this long is not waited for."""
_LOOK_AGAIN_S = 0.2
_LINE = "\n"


_EVENTS = """Server-sent events. Each has as `id` its number within the workflow, as `event` the state that it is in
(`pending`, `processing`, `completed`, `failed`, `cancelled`), and as `data` a JSON object of the schema given here. The
comment `: alive` comes when nothing else does. The stream ends after the event of a final state: `completed`, `failed`
or `cancelled`. A client that connects again with the last id gets what it has missed, or 204 when that is nothing and
there will be no more.

```
id: 3
event: processing
data: {"type":"workflow_status","workflow_id":"0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b","state":"processing", ...}
```"""


class Events(EventSourceResponse):
    """With its media type where the document looks for it."""

    media_type = "text/event-stream"


LastSeen = Annotated[int, Field(ge=0, le=2**31 - 1)]


@router.get(
    "/workflows/{workflow_id}/events",
    response_class=Events,
    responses={
        200: {
            "model": WorkflowEvent,
            "description": _EVENTS,
        },
        204: {"description": "The run has ended and the client has seen all of it."},
        **documented(NotFound),
    },
)
async def follow_workflow(
    workflow_id: UUID,
    caller: Caller,
    request: Request,
    stopping: Stopping,
    last_event_id: Annotated[LastSeen, Header(description="Resume after this event.")] = 0,
    after: Annotated[LastSeen, Query(description="The same, for who cannot send headers.")] = 0,
) -> Response:
    """Everything that happened to a run so far, then everything as it happens, until it ends.

    Each event's id is its number within the run; a client that reconnects sends the last one it saw.
    """
    last = max(last_event_id, after)
    database: Database = request.app.state.database
    hub: Hub = request.app.state.hub
    if await _owner(database, hub, workflow_id, stopping) != caller.user_id:
        raise NotFound("There is no such workflow.")
    ended_with = await repository.final_sequence(database, workflow_id)
    if ended_with is not None and last >= ended_with:
        # For a browser's event source this, and nothing else, means: do not connect again.
        return Response(status_code=204)
    settings: Settings = request.app.state.settings
    return Events(
        _stream(database, hub, workflow_id, last, stopping, poll_s=settings.live_poll_s),
        ping=settings.heartbeat_s,
        ping_message_factory=lambda: ServerSentEvent(comment="alive", sep=_LINE),
    )


async def _owner(database: Database, hub: Hub, run_id: UUID, stopping: asyncio.Event) -> UUID | None:
    deadline = time.monotonic() + _FIRST_NEWS_S
    with hub.follow(run_id, stopping) as stream:
        while (found := await repository.owner(database, run_id)) is None and time.monotonic() < deadline:
            await _pause(stream, 0, poll_s=_LOOK_AGAIN_S, catch_up_s=_CATCH_UP_S)
    return found


async def _stream(
    database: Database, hub: Hub, run_id: UUID, last: int, stopping: asyncio.Event, *, poll_s: float
) -> AsyncIterator[ServerSentEvent]:
    with hub.follow(run_id, stopping) as stream:
        gap_since, catch_up_s = None, _CATCH_UP_S
        while not stopping.is_set():
            for sequence, state, body in await repository.after(database, run_id, last):
                if sequence > last + 1:
                    gap_since = gap_since or time.monotonic()
                    if time.monotonic() - gap_since < _GAP_S:
                        break
                gap_since, catch_up_s = None, _CATCH_UP_S
                yield ServerSentEvent(orjson.dumps(body).decode(), event=state, id=str(sequence), sep=_LINE)
                last = sequence
                if Status(state).final:
                    return
            wait_s = poll_s if gap_since is None else min(poll_s, _GAP_S)
            await _pause(stream, last, poll_s=wait_s, catch_up_s=catch_up_s)
            catch_up_s = min(2 * catch_up_s, poll_s)


async def _pause(stream: Stream, last: int, *, poll_s: float, catch_up_s: float) -> None:
    if stream.announced > last:
        # Heard of, but the process that keeps the log has not committed it yet.
        await asyncio.sleep(catch_up_s)
    else:
        await stream.wait(poll_s)
