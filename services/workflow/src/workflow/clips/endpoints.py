"""HTTP for orders of a video: translate, call one thing."""

from __future__ import annotations

from fastapi import APIRouter, Response

from chassis.errors import documented
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.requests import Tx
from chassis.identity.product_line import LineNotOffered
from chassis.identity.tokens import Caller
from workflow.clips import ordering
from workflow.clips.errors import BadTimes, SourceNotUsable, VideoTooLong
from workflow.clips.schemas import AutoHooksIn, ClipAccepted, TrimIn
from workflow.engine.definition import Definitions
from workflow.projects.errors import ProjectNotFound
from workflow.runs.errors import AccountInactive, AddressNotProved, FileWaits, LimitReached, NotInThisLine, NotPossible
from workflow.settings import Settings
from workflow.spending.service import KeyCapReached

_REFUSED = (
    SourceNotUsable,
    FileWaits,
    LimitReached,
    VideoTooLong,
    AccountInactive,
    AddressNotProved,
    KeyCapReached,
    KeyReused,
    NotPossible,
    NotInThisLine,
    LineNotOffered,
    ProjectNotFound,
)


def router(settings: Settings, definitions: Definitions) -> APIRouter:
    """``/api/v1/trim`` and ``/api/v1/auto-hooks``; what they begin is a workflow like others."""
    routes = APIRouter(prefix="/api/v1", tags=["clips"])

    @routes.post("/trim", status_code=202, responses=documented(*_REFUSED, BadTimes))
    async def trim_video(
        body: TrimIn, caller: Caller, tx: Tx, response: Response, idempotency_key: IdempotencyKey = None
    ) -> ClipAccepted:
        """Have a part of a video cut out, exact to the frame. It counts as one trim of the month when it is done."""
        answer, replayed = await ordering.trim(tx, settings, definitions, caller, body, idempotency_key)
        mark(response, replayed=replayed)
        return _leading_to(answer, response)

    @routes.post("/auto-hooks", status_code=202, responses=documented(*_REFUSED))
    async def find_hooks(
        body: AutoHooksIn, caller: Caller, tx: Tx, response: Response, idempotency_key: IdempotencyKey = None
    ) -> ClipAccepted:
        """Have the best moments of a video found, and clips made of them. It counts as one hook detection."""
        answer, replayed = await ordering.auto_hooks(tx, settings, definitions, caller, body, idempotency_key)
        mark(response, replayed=replayed)
        return _leading_to(answer, response)

    return routes


def _leading_to(answer: ClipAccepted, response: Response) -> ClipAccepted:
    response.headers["Location"] = f"/api/v1/workflows/{answer.id}"
    return answer
