"""Registration and the caller's own profile."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from chassis.errors import Invalid, NotFound, documented
from chassis.http.requests import Tx
from chassis.identity.product_line import SAID, LineNotOffered
from chassis.identity.tokens import Caller
from users.accounts import service
from users.accounts.errors import AccountExists
from users.accounts.schemas import ProfileIn, RegisterIn, UserOut
from users.devices import CallingDevice
from users.product_line import OpeningLine
from users.sessions.service import Sessions

router = APIRouter(prefix="/api/v1", tags=["users"])


@router.post(
    "/auth/register",
    status_code=201,
    responses=documented(AccountExists, LineNotOffered, Invalid),
    openapi_extra=SAID,
)
async def register(
    body: RegisterIn, line: OpeningLine, device: CallingDevice, request: Request, response: Response
) -> UserOut:
    """Open an account (USR-01). Its free plan is there within moments, and a letter that proves the address.

    An address that has an account is answered alike, and its owner is told.
    """
    state = request.app.state
    await service.check_registration(body, line, state.password_rules)
    response.headers["Location"] = "/api/v1/users/me"
    # Hashed before the transaction begins: it takes longer than everything in it.
    password_hash = await service.hash_password(state.hasher, body)
    address = state.address_hash(device)
    return await service.register_alike(body, line, password_hash, address, state.one_time_tokens, state.database)


@router.get("/users/me", responses=documented(NotFound))
async def get_me(caller: Caller, request: Request, tx: Tx) -> UserOut:
    """The caller's profile with plan and credits in the product line of the session (USR-11)."""
    sessions: Sessions = request.app.state.sessions
    sessions.used(caller.session_id, tx)
    return await service.read_profile(caller.user_id, caller.product_line, tx)


@router.put("/users/me", responses=documented(NotFound, AccountExists, Invalid))
async def update_me(body: ProfileIn, caller: Caller, tx: Tx) -> UserOut:
    """Change name, username, avatar, time zone or language (USR-12)."""
    return await service.change_profile(caller.user_id, body, caller.product_line, tx)
