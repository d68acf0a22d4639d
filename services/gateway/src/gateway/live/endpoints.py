"""Where a browser asks for an address that its event source can use."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from chassis.errors import Unavailable, documented
from gateway.admission import Admitted, token_of
from gateway.live.tickets import LIFE_S, PARAMETER, Tickets

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
async def create_events_ticket(workflow_id: UUID, _: Admitted, request: Request, response: Response) -> TicketOut:
    """An address of the live updates that needs no token, for a browser's `EventSource`.

    It opens one stream, which may do what this token may. When the stream breaks, ask for another and add
    `&after=<id of the last event>`.
    """
    tickets: Tickets = request.app.state.tickets
    path = f"/api/v1/workflows/{workflow_id}/events"
    url = f"{path}?{PARAMETER}={await tickets.issue(path, token_of(request))}"
    response.headers["Location"] = url
    return TicketOut(url=url, expires_in=LIFE_S)
