"""Where a browser asks for an address that its event source can use."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from chassis.errors import Unavailable, documented
from chassis.identity.tokens import Caller, authorization, bearer_token
from gateway.live.tickets import LIFE_S, PARAMETER, Tickets
from gateway.proxy.limits import Limits
from gateway.proxy.lines import Lines

router = APIRouter(prefix="/api/v1/workflows", tags=["live updates"])


class TicketOut(BaseModel):
    """An address that is good for one connection."""

    url: str = Field(
        description="For `new EventSource(url)`, from the address of this API.",
        json_schema_extra={"format": "uri-reference"},
        examples=["/api/v1/workflows/0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b/events?ticket=..."],
    )
    expires_in: int = Field(description="Seconds in which to connect.", examples=[LIFE_S])


@router.post("/{workflow_id}/events/ticket", status_code=201, responses=documented(Unavailable))
async def create_events_ticket(workflow_id: UUID, caller: Caller, request: Request, response: Response) -> TicketOut:
    """An address of the live updates that needs no token, for a browser's `EventSource`.

    It opens one stream, which may do what this token may. When the stream breaks, ask for another and add
    `&after=<id of the last event>`.
    """
    limits: Limits = request.app.state.limits
    lines: Lines = request.app.state.lines
    tickets: Tickets = request.app.state.tickets
    response.headers.update(await limits.take(request.scope, caller))
    lines.said(request.scope, caller)
    token = bearer_token(authorization(request.scope["headers"]))
    assert token is not None  # noqa: S101  there is a caller
    path = f"/api/v1/workflows/{workflow_id}/events"
    url = f"{path}?{PARAMETER}={await tickets.issue(path, token)}"
    response.headers["Location"] = url
    response.headers["Cache-Control"] = "no-store"
    return TicketOut(url=url, expires_in=LIFE_S)
