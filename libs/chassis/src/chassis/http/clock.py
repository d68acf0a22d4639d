"""Moving time, where it may be moved: development and test."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from chassis.clock import FOLLOWS_WITHIN_S, OnlyForwards, SystemClock
from chassis.errors import Invalid, NotAllowed, documented
from chassis.http.inputs import Input
from chassis.identity.tokens import AdminCaller

MOST_S = 10 * 366 * 86_400


class ClockIn(Input):
    """How far ahead of the machine's clock the platform is to go."""

    offset_s: Annotated[float, Field(ge=0, le=MOST_S, description="Seconds; never less than it is.")]


class ClockOut(BaseModel):
    """The time the platform goes by."""

    now: datetime = Field(description="What every process takes for the time.")
    offset_s: float = Field(description="Seconds ahead of the machine's clock.", examples=[86400.0])


class ClockNotMoved(Invalid):
    """The clock only goes forwards."""

    code = "clock_goes_forwards"


def clock_router(clock: SystemClock, prefix: str) -> APIRouter:
    """``GET`` and ``PUT <prefix>/clock``, for administrators."""
    router = APIRouter(prefix=prefix, tags=["operations"])

    @router.get("/clock", responses=documented(NotAllowed))
    async def get_clock(_: AdminCaller) -> ClockOut:
        """The time the platform goes by."""
        return ClockOut(now=clock.now(), offset_s=clock.offset.total_seconds())

    @router.put("/clock", responses=documented(NotAllowed, ClockNotMoved))
    async def move_clock(body: ClockIn, _: AdminCaller) -> ClockOut:
        """Put the whole platform's clock forwards; when this answers every process goes by it.

        What expires by then has expired: log in again.
        """
        try:
            clock.move(timedelta(seconds=body.offset_s))
        except OnlyForwards as error:
            raise ClockNotMoved(
                f"The clock goes only forwards: {error}. Ask for more.", fields={"offset_s": str(error)}
            ) from error
        await asyncio.sleep(2 * FOLLOWS_WITHIN_S)
        return ClockOut(now=clock.now(), offset_s=clock.offset.total_seconds())

    return router
