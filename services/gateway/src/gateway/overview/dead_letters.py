"""Dead letters of all services, for administrators: asked of each, shown together, put back where they came from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from chassis.errors import NotAllowed, NotFound, Unavailable, documented
from chassis.http.inputs import Input
from chassis.http.pagination import Page, Paged
from chassis.identity.tokens import Identity
from gateway.admission import Admitted, token_of
from gateway.overview.gathering import Services

router = APIRouter(prefix="/api/v1/admin/dead-letters", tags=["operations"])

_OF_A_SERVICE = "/internal/dead-letters"

Queue = Annotated[str, Field(max_length=200, pattern=r"^[a-z_]+\.[a-z_.]+$")]


class DeadLetterOut(BaseModel):
    """A message that was given up."""

    id: UUID = Field(description="Of the letter.")
    queue: str = Field(description="Whose consumer gave it up.", examples=["billing.commands"])
    type: str = Field(description="What kind of message it is.", examples=["billing.reserve_credits.v1"])
    attempts: int = Field(description="How often it was tried.", examples=[4])
    reason: str = Field(description="Why it was given up.", examples=["DatabaseAway: no connection"])
    died_at: datetime = Field(description="When.")
    body: str = Field(description="What it says, its first 4000 characters.", examples=['{"run_id": "..."}'])


class DeadLettersOut(Paged[DeadLetterOut]):
    """One page of them, the newest first."""

    missing: list[str] = Field(description="Services that did not answer.", examples=[["analytics"]])


class ReplayIn(Input):
    """What to put back."""

    queue: Queue = Field(description="The queue that it goes back into.", examples=["billing.commands"])
    ids: Annotated[list[UUID], Field(min_length=1, max_length=100)] | None = Field(
        None, description="These letters; without them all of the queue.", examples=[None]
    )


class ReplayedOut(BaseModel):
    """What was put back."""

    replayed: int = Field(description="How many letters.", examples=[3])


async def _administrator(caller: Admitted) -> Identity:
    if not caller.is_admin:
        raise NotAllowed("Only administrators may do this.")
    return caller


Administrator = Annotated[Identity, Depends(_administrator)]


@router.get("", responses=documented(NotAllowed))
async def list_dead_letters(
    _: Administrator,
    request: Request,
    page: Page,
    queue: Annotated[
        str | None, Query(max_length=200, description="Only those of this queue.", examples=["billing.commands"])
    ] = None,
) -> DeadLettersOut:
    """Show the messages that were given up, of every queue the hundred oldest."""
    services: Services = request.app.state.services
    wanted = {name: (name, _OF_A_SERVICE) for name in services.names if queue is None or name == _service_of(queue)}
    found, missing = await services.gather(wanted, token_of(request))
    told = [DeadLetterOut.model_validate(one) for name in found for one in found[name] or ()]
    letters = sorted((one for one in told if queue in (None, one.queue)), key=lambda one: one.died_at, reverse=True)
    shown = letters[page.offset : page.offset + page.limit]
    return DeadLettersOut(items=shown, total=len(letters), page=page.page, per_page=page.per_page, missing=missing)


@router.post("/replay", responses=documented(NotAllowed, NotFound, Unavailable))
async def replay_dead_letters(body: ReplayIn, _: Administrator, request: Request) -> ReplayedOut:
    """Put messages that were given up back into their queue, as first attempts. What is handled twice does no harm."""
    services: Services = request.app.state.services
    if (service := _service_of(body.queue)) not in services.names:
        raise NotFound(f"There is no queue {body.queue}.")
    asked = body.model_dump(mode="json")
    return ReplayedOut.model_validate(
        await services.post(service, f"{_OF_A_SERVICE}/replay", asked, token=token_of(request))
    )


def _service_of(queue: str) -> str:
    return queue.partition(".")[0]
