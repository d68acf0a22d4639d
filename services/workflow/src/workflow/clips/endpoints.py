"""HTTP for orders of a video: translate, call one thing."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response

from chassis.data.database import Transaction
from chassis.errors import documented
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.requests import Tx
from chassis.identity.product_line import LineNotOffered
from chassis.identity.tokens import Caller, Identity
from workflow.clips import editing, ordering
from workflow.clips.errors import BadEdit, BadTimes, ClipNotFound, SourceNotUsable, VideoTooLong
from workflow.clips.schemas import AutoHooksIn, ClipAccepted, ClipEdited, ClipEditIn, ClipEditsOut, TrimIn
from workflow.engine.definition import Definitions
from workflow.projects.errors import ProjectNotFound
from workflow.reruns.errors import NothingNew, ResultsGone
from workflow.runs.driver import Driver
from workflow.runs.errors import (
    AccountInactive,
    AddressNotProved,
    FileWaits,
    LimitReached,
    NotInThisLine,
    NotPossible,
    RunNotFound,
)
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


_CLIP = "/workflows/{workflow_id}/clips/{number}"
_NOT_EDITED = (
    RunNotFound,
    ClipNotFound,
    NotPossible,
    ResultsGone,
    NothingNew,
    AccountInactive,
    AddressNotProved,
    KeyReused,
)
Number = Annotated[int, Path(ge=1, le=20, description="The rank of its moment.", examples=[1])]


class _Ordered:
    """Whose clip is edited, and how often that is asked for."""

    def __init__(
        self,
        workflow_id: UUID,
        number: Number,
        caller: Caller,
        tx: Tx,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> None:
        self.workflow_id = workflow_id
        self.number = number
        self.caller: Identity = caller
        self.tx: Transaction = tx
        self.response = response
        self.key = idempotency_key


def router(settings: Settings, definitions: Definitions, driver: Driver) -> APIRouter:
    """``/api/v1/trim``, ``/api/v1/auto-hooks``, the edit lists of clips; what they begin is a workflow like others."""
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

    @routes.get(f"{_CLIP}/edits", responses=documented(RunNotFound, ClipNotFound, NotPossible, ResultsGone))
    async def read_clip_edits(workflow_id: UUID, number: Number, caller: Caller, tx: Tx) -> ClipEditsOut:
        """The versions of a clip's edit list: what is kept of the video, how it looks, which words are written."""
        return editing.shown(await editing.find(tx, driver, caller, workflow_id, number))

    async def edited(order: _Ordered, change: editing.Change, asked: dict[str, Any]) -> ClipEdited:
        answer, replayed = await editing.edit(
            order.tx, settings, driver, order.caller, order.workflow_id, order.number, asked, change, order.key
        )
        mark(order.response, replayed=replayed)
        order.response.headers["Location"] = f"/api/v1/workflows/{answer.id}"
        return answer

    @routes.post(f"{_CLIP}/edits", status_code=202, responses=documented(*_NOT_EDITED, BadEdit, BadTimes))
    async def edit_clip(body: ClipEditIn, order: Annotated[_Ordered, Depends()]) -> ClipEdited:
        """Have a clip made otherwise, in a workflow of its own that uses the rest again; it counts as nothing."""
        return await edited(order, editing.changed(body), body.model_dump(mode="json"))

    @routes.post(f"{_CLIP}/edits/undo", status_code=202, responses=documented(*_NOT_EDITED))
    async def undo_clip_edit(order: Annotated[_Ordered, Depends()]) -> ClipEdited:
        """Have the clip made as it was before its last edit."""
        return await edited(order, editing.undone, {"undo": True})

    @routes.post(f"{_CLIP}/edits/redo", status_code=202, responses=documented(*_NOT_EDITED))
    async def redo_clip_edit(order: Annotated[_Ordered, Depends()]) -> ClipEdited:
        """Have the clip made with the edit that was undone last."""
        return await edited(order, editing.redone, {"redo": True})

    return routes


def _leading_to(answer: ClipAccepted, response: Response) -> ClipAccepted:
    response.headers["Location"] = f"/api/v1/workflows/{answer.id}"
    return answer
