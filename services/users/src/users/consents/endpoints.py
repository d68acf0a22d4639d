"""The caller's consents."""

from __future__ import annotations

from fastapi import APIRouter, Request

from chassis.errors import Invalid, NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from users.consents import service
from users.consents.errors import ConsentRequired
from users.consents.schemas import ConsentOut, ConsentsIn, ConsentsOut
from users.devices import CallingDevice

router = APIRouter(prefix="/api/v1/users/me/consents", tags=["users"])


@router.get("")
async def get_consents(caller: Caller, tx: Tx) -> ConsentsOut:
    """What the caller has agreed to, as it holds now (USR-19)."""
    return await service.read(caller.user_id, tx)


@router.put("", responses=documented(Invalid, NotFound, ConsentRequired))
async def change_consents(
    body: ConsentsIn, caller: Caller, device: CallingDevice, request: Request, tx: Tx
) -> ConsentsOut:
    """Agree, or take an agreement back (USR-19). What the product line needs stays as long as the account."""
    address = request.app.state.address_hash(device)
    return await service.change(caller.user_id, caller.product_line, body, address, tx)


@router.get("/history")
async def list_consents(caller: Caller, tx: Tx, page: Page) -> Paged[ConsentOut]:
    """All that the caller has ever agreed to or taken back, the newest first."""
    return await service.history(caller.user_id, page, tx)
