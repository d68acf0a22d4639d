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
from sse_starlette import ServerSentEvent
from starlette.responses import Response

from chassis.data.database import Database
from chassis.errors import NotFound, documented
from chassis.http.requests import Stopping
from chassis.identity.tokens import Caller, Identity
from contracts.enums import Status
from notify.live import repository
from notify.live.hub import Hub
from notify.live.schemas import JobEvent, WorkflowEvent
from notify.live.streams import Events, StillAllowed, right_of
from notify.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["live updates"])

_FIRST_NEWS_S = 3.0
"""A client may connect before the first event of its run has arrived here."""
_CATCH_UP_S = 0.02
"""First wait for what was announced and is not in the log yet; doubled each time."""
_GAP_S = 1.0
"""Batches of one run may be committed out of order; an update that stays away this long is not waited for."""

_LINE = "\n"


_EVENTS = """Server-sent events. Each has as `id` its number within the workflow, as `event` the state that it is in
(`pending`, `processing`, `completed`, `failed`, `cancelled`), and as `data` a JSON object of the schema given here. The
comment `: alive` comes when nothing else does. The stream ends after the event of a final state: `completed`, `failed`
or `cancelled`. It also ends when the access token runs out or its session ends: ask again with a new token and the `id`
of the last event seen. A client that connects again with the last id gets what it has missed, or 204 when that is
nothing and there will be no more.

```
id: 3
event: processing
data: {"type":"workflow_status","workflow_id":"0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b","state":"processing", ...}
```"""


_JOB_EVENTS = (
    _EVENTS.replace("the workflow", "the job")
    .replace("workflow_status", "ai_job_status")
    .replace("workflow_id", "job_id")
)

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
    return await _followed(workflow_id, caller, request, stopping, max(last_event_id, after), "workflow")


@router.get(
    "/ai/jobs/{job_id}/events",
    response_class=Events,
    responses={
        200: {"model": JobEvent, "description": _JOB_EVENTS},
        204: {"description": "The job has ended and the client has seen all of it."},
        **documented(NotFound),
    },
)
async def follow_job(
    job_id: UUID,
    caller: Caller,
    request: Request,
    stopping: Stopping,
    last_event_id: Annotated[LastSeen, Header(description="Resume after this event.")] = 0,
    after: Annotated[LastSeen, Query(description="The same, for who cannot send headers.")] = 0,
) -> Response:
    """Everything that happened so far to a job that was ordered by itself, then everything as it happens.

    Each event's id is its number within the job; a client that reconnects sends the last one it saw.
    """
    return await _followed(job_id, caller, request, stopping, max(last_event_id, after), "job")


async def _followed(
    of: UUID, caller: Identity, request: Request, stopping: asyncio.Event, last: int, what: str
) -> Response:
    database: Database = request.app.state.database
    hub: Hub = request.app.state.hub
    run = await _known(database, hub, of, caller, stopping)
    if run is None:
        raise NotFound(f"There is no such {what}.")
    if run.final is not None and last >= run.final:
        # For a browser's event source this, and nothing else, means: do not connect again.
        return Response(status_code=204)
    settings: Settings = request.app.state.settings
    # Nobody can have seen what has not happened yet: whoever says so is told everything.
    last = last if last <= run.newest else 0
    return Events(
        _stream(database, hub, of, last, stopping, right_of(request), poll_s=settings.live_poll_s),
        ping=settings.heartbeat_s,
        ping_message_factory=lambda: ServerSentEvent(comment="alive", sep=_LINE),
    )


async def _known(
    database: Database, hub: Hub, run_id: UUID, caller: Identity, stopping: asyncio.Event
) -> repository.Known | None:
    """The caller's run, for administrators anybody's, as soon as something is heard of it. Somebody else's takes as
    long as one that does not exist.
    """
    deadline = time.monotonic() + _FIRST_NEWS_S
    catch_up_s = _CATCH_UP_S
    with hub.follow(run_id, stopping) as stream:
        while True:
            found = await repository.known(database, run_id)
            if found is not None and (found.user_id == caller.user_id or caller.is_admin):
                return found
            left = deadline - time.monotonic()
            if left <= 0 or stopping.is_set():
                return None
            if found is None and stream.announced:
                await asyncio.sleep(min(catch_up_s, left))
                catch_up_s *= 2
            else:
                await stream.wait(left)


async def _stream(
    database: Database,
    hub: Hub,
    run_id: UUID,
    last: int,
    stopping: asyncio.Event,
    still_allowed: StillAllowed,
    *,
    poll_s: float,
) -> AsyncIterator[ServerSentEvent]:
    with hub.follow(run_id, stopping) as stream:
        gap_since, catch_up_s = None, _CATCH_UP_S
        while not stopping.is_set() and await still_allowed():
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
            if gap_since is not None or stream.announced > last:
                # Heard of, but the process that keeps the log has not committed it yet.
                await asyncio.sleep(min(catch_up_s, _GAP_S))
                catch_up_s *= 2
                if gap_since is None and catch_up_s > _GAP_S:
                    stream.forget()
                continue
            while stream.announced <= last and not stopping.is_set() and await still_allowed():
                await stream.wait(poll_s)
