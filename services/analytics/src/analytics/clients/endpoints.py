"""Where pages and clients tell how they are used."""

from __future__ import annotations

from fastapi import APIRouter, Request

from analytics.clients import service
from analytics.clients.errors import ConsentMissing
from analytics.clients.schemas import ClientEventIn, ClientEventTaken
from chassis.errors import documented
from chassis.http.requests import Tx
from chassis.http.routes import LEADS_NOWHERE
from chassis.identity.tokens import Caller

router = APIRouter(prefix="/api/v1/analytics", tags=["operations"], responses=documented(ConsentMissing))


@router.post("/events", status_code=202, openapi_extra=LEADS_NOWHERE)
async def tell_of_use(body: ClientEventIn, caller: Caller, tx: Tx, request: Request) -> ClientEventTaken:
    """Tell of something that the user did in a page or client. Kept under a word that stands for the user."""
    return ClientEventTaken(id=await service.keep(caller, body, request.app.state.pseudonyms, tx))
