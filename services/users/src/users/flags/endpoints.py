"""Feature flags over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from chassis.errors import NotAllowed, NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller, Caller
from users.flags import service
from users.flags.schemas import FlagIn, FlagOut, FlagsOut, Key

router = APIRouter(prefix="/api/v1/users/me", tags=["users"])
admin = APIRouter(prefix="/api/v1/admin/flags", tags=["administration"])

Named = Annotated[Key, Path(description="The flag's name.")]


@router.get("/flags")
async def get_flags(caller: Caller, request: Request, tx: Tx) -> FlagsOut:
    """What is on for you, where it is not on for everybody (PLT-26)."""
    return FlagsOut(on=await service.on_for(caller, request.app.state.settings.env, tx))


@admin.get("", responses=documented(NotAllowed))
async def list_flags(caller: AdminCaller, tx: Tx, page: Page) -> Paged[FlagOut]:
    """Every feature flag, by name."""
    return Paged[FlagOut].cut(await service.list_all(tx), page)


@admin.put("/{flag}", responses=documented(NotAllowed))
async def put_flag(flag: Named, body: FlagIn, caller: AdminCaller, tx: Tx) -> FlagOut:
    """Make a feature flag, or say anew for whom it is on; it counts at once."""
    return await service.put(caller.user_id, flag, body, tx)


@admin.delete("/{flag}", status_code=204, responses=documented(NotAllowed, NotFound))
async def remove_flag(flag: Named, caller: AdminCaller, tx: Tx) -> None:
    """Remove a feature flag: it is off for everybody."""
    await service.remove(caller.user_id, flag, tx)
