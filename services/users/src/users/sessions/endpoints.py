"""Login, refresh, logout and the list of devices."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from chassis.errors import Invalid, NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.product_line import SAID, LineDiffers, LineNotOffered, Said
from chassis.identity.tokens import Caller
from users.accounts.errors import (
    AccountInactive,
    AccountLocked,
    AddressLocked,
    ConsentNeeded,
    RefreshRefused,
    SignInAgain,
    WrongCredentials,
)
from users.accounts.schemas import LoginIn, PasswordIn, RefreshIn, SessionOut, TokensOut, UserOut
from users.devices import CallingDevice
from users.secondfactor.answers import SECOND_STEP, second_step
from users.secondfactor.errors import ChallengeRefused, WrongCode
from users.secondfactor.schemas import ChallengeIn, ChallengeOut
from users.sessions.login import Logins
from users.sessions.naming import device_name
from users.sessions.passwords import Passwords
from users.sessions.service import Sessions

router = APIRouter(prefix="/api/v1", tags=["sessions"])


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def _logins(request: Request) -> Logins:
    logins: Logins = request.app.state.logins
    return logins


@router.post(
    "/auth/login",
    response_model=TokensOut,
    responses=SECOND_STEP
    | documented(WrongCredentials, AccountLocked, AddressLocked, AccountInactive, LineNotOffered, ConsentNeeded),
    openapi_extra=SAID,
)
async def login(
    body: LoginIn, said: Said, device: CallingDevice, request: Request, response: Response
) -> TokensOut | Response:
    """Open a session in the product line that the request says, else in the account's own (USR-02).

    Where the account has a second factor the answer is 202 with a ticket: send it with a code to
    `/api/v1/auth/login/second-factor`.
    """
    response.headers["Cache-Control"] = "no-store"
    opened = await _logins(request).login(body, said, device)
    return second_step(opened) if isinstance(opened, ChallengeOut) else opened


@router.post(
    "/auth/login/second-factor",
    responses=documented(ChallengeRefused, WrongCode, AccountLocked, AddressLocked, AccountInactive),
)
async def complete_login(body: ChallengeIn, device: CallingDevice, request: Request, response: Response) -> TokensOut:
    """Finish a login with a code of the second factor, within five minutes and five tries (USR-42)."""
    response.headers["Cache-Control"] = "no-store"
    return await _logins(request).complete(body, device)


@router.post("/auth/refresh", responses=documented(RefreshRefused, LineDiffers, LineNotOffered), openapi_extra=SAID)
async def refresh_tokens(body: RefreshIn, said: Said, request: Request, response: Response) -> TokensOut:
    """Exchange a refresh token for new tokens of the same session (USR-03)."""
    response.headers["Cache-Control"] = "no-store"
    return await _sessions(request).refresh(body.refresh_token.get_secret_value(), said)


@router.post(
    "/auth/change-password", responses=documented(Invalid, SignInAgain, AccountLocked, AddressLocked, RefreshRefused)
)
async def change_password(body: PasswordIn, caller: Caller, device: CallingDevice, request: Request) -> UserOut:
    """Replace the password, or set the first one after a sign-in elsewhere; other sessions end (USR-09)."""
    passwords: Passwords = request.app.state.passwords
    return await passwords.change(caller, body, device)


@router.post("/auth/logout", status_code=204)
async def logout(caller: Caller, request: Request, tx: Tx) -> None:
    """End this session (USR-04)."""
    await _sessions(request).logout(caller.session_id, tx)


@router.get("/users/me/sessions")
async def list_sessions(caller: Caller, request: Request, tx: Tx, page: Page) -> Paged[SessionOut]:
    """The caller's active sessions, newest first (USR-15)."""
    _sessions(request).used(caller.session_id, tx)
    active = [
        SessionOut(
            id=session.id,
            ip_address=session.ip_address,
            user_agent=session.user_agent,
            device=device_name(session.user_agent),
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            current=session.id == caller.session_id,
        )
        for session in await _sessions(request).list_active(caller.user_id, tx)
    ]
    return Paged[SessionOut].cut(active, page)


@router.delete("/users/me/sessions", status_code=204)
async def end_other_sessions(caller: Caller, request: Request, tx: Tx) -> None:
    """End every session but this one (USR-16)."""
    await _sessions(request).end_rest(caller, tx)


@router.delete("/users/me/sessions/{session_id}", status_code=204, responses=documented(NotFound))
async def end_session(session_id: UUID, caller: Caller, request: Request, tx: Tx) -> None:
    """End one session (USR-17)."""
    if not await _sessions(request).end(caller.user_id, session_id, tx):
        raise NotFound("There is no such active session.")
