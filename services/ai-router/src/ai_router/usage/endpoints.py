"""What a user's AI jobs have taken. Another user's is not there, except for administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from ai_router.usage import queries
from ai_router.usage.schemas import UsageOut, UsedOut
from chassis.errors import Invalid, NotAuthenticated, NotFound, documented
from chassis.http.inputs import Moment
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller

router = APIRouter(prefix="/api/v1/ai/usage", tags=["ai"])

USUAL = timedelta(days=30)
LONGEST = timedelta(days=366)


class UserNotFound(NotFound):
    """There is no such user, or it is not you."""

    code = "user_not_found"


class PeriodNotUsable(Invalid):
    """The period ends before it starts, or is longer than a year."""

    code = "period_not_usable"


@router.get("/{user_id}", responses=documented(NotAuthenticated, UserNotFound, PeriodNotUsable))
async def get_ai_usage(
    user_id: UUID,
    caller: Caller,
    tx: Tx,
    start: Annotated[Moment | None, Query(description="From then on; without it 30 days before the end.")] = None,
    end: Annotated[Moment | None, Query(description="Before then; without it until now.")] = None,
) -> UsageOut:
    """Jobs, credits and cost of a user, by model and day."""
    if user_id != caller.user_id and not caller.is_admin:
        raise UserNotFound("There is no such user.")
    until = end or tx.now
    since = start or until - USUAL
    if not timedelta(0) < until - since <= LONGEST:
        raise PeriodNotUsable(
            "Give a start that is before the end, and at most a year before it.", fields={"start": "not within a year"}
        )
    rows = await queries.by_model_and_day(tx, user_id, since, until)
    return UsageOut.of(user_id, since, until, [UsedOut.model_validate(dict(row)) for row in rows])
