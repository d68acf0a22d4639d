"""What an order will cost, asked before it is made."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from billing.quotes import service
from billing.quotes.rules import Kind
from billing.quotes.service import LengthNeeded, QuoteOut, TooLong
from chassis.errors import NotFound, documented
from chassis.http.inputs import Input
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])


class QuoteIn(Input):
    """What is to be ordered."""

    kind: Annotated[Kind, Field(description="What is to be made.", examples=["talking_photo"])]
    count: Annotated[int, Field(ge=1, le=100, description="How many of them.")] = 1
    seconds: Annotated[
        int | None, Field(ge=1, le=86_400, description="How long the video is to be, or the one it is made from.")
    ] = None


@router.post("/quotes", status_code=201, responses=documented(TooLong, LengthNeeded, NotFound))
async def ask_for_a_quote(request: Request, body: QuoteIn, caller: Caller, tx: Tx, response: Response) -> QuoteOut:
    """What an order will cost at the least, most likely and at the most, and whether you can pay for it."""
    state = request.app.state
    quoted = await service.quote(
        tx,
        state.plans,
        caller,
        body.kind,
        count=body.count,
        seconds=body.seconds,
        opening_plan=state.settings.opening_plan,
    )
    response.headers["Location"] = f"{router.prefix}/quotes/{quoted.id}"
    return quoted


@router.get("/quotes/{quote_id}", responses=documented(NotFound))
async def get_quote(quote_id: UUID, caller: Caller, tx: Tx) -> QuoteOut:
    """A quote that you were given."""
    return await service.told(tx, caller, quote_id)
