"""Where letters are asked for, and where their links lead."""

from __future__ import annotations

from fastapi import APIRouter, Request

from chassis.errors import Invalid, documented
from chassis.http.requests import Tx
from chassis.http.routes import LEADS_NOWHERE
from chassis.identity.product_line import SAID, Said
from chassis.identity.tokens import Caller
from users.accounts.errors import AccountLocked, AddressLocked, RefreshRefused, SignInAgain
from users.devices import CallingDevice
from users.links.errors import CodeNeeded, LinkRefused, TooManyLetters
from users.links.letters import Letters
from users.links.models import Purpose
from users.links.schemas import AddressIn, LetterOut, NewAddressIn, ProvedOut, ResetIn, TokenIn
from users.links.service import Links

router = APIRouter(prefix="/api/v1", tags=["users"])


def _links(request: Request) -> Links:
    links: Links = request.app.state.links
    return links


@router.post("/auth/verify-email", responses=documented(LinkRefused))
async def verify_email(body: TokenIn, request: Request, tx: Tx) -> ProvedOut:
    """Prove an address with the token of a letter's link (USR-05); a new address takes the old one's place.

    The link is good once, for a day. A new address ends all sessions but the one that asked for it.
    """
    return await _links(request).prove(body.token.get_secret_value(), tx)


@router.post(
    "/auth/verify-email/resend",
    status_code=202,
    responses=documented(TooManyLetters),
    openapi_extra=SAID | LEADS_NOWHERE,
)
async def resend_verification(body: AddressIn, said: Said, request: Request, tx: Tx) -> LetterOut:
    """Have the link that proves an address sent again, three times an hour (USR-06)."""
    letters: Letters = request.app.state.letters
    await letters.ask(body.email, Purpose.VERIFY_EMAIL, said, tx)
    return LetterOut(message="If an account with this address waits for its proof, a letter is on its way.")


@router.post(
    "/auth/forgot-password",
    status_code=202,
    responses=documented(TooManyLetters),
    openapi_extra=SAID | LEADS_NOWHERE,
)
async def forgot_password(body: AddressIn, said: Said, request: Request, tx: Tx) -> LetterOut:
    """Have a link to a new password sent, three times an hour (USR-07). It is good once, for an hour."""
    letters: Letters = request.app.state.letters
    await letters.ask(body.email, Purpose.RESET_PASSWORD, said, tx)
    return LetterOut(message="If an account has this address, a letter is on its way.")


@router.post(
    "/auth/reset-password",
    responses=documented(LinkRefused, Invalid, CodeNeeded, AccountLocked, AddressLocked),
)
async def reset_password(body: ResetIn, device: CallingDevice, request: Request) -> LetterOut:
    """Set a new password with the token of a letter's link; every session ends (USR-08)."""
    await _links(request).reset(body, device)
    return LetterOut(message="The password is changed. Log in with the new one.")


@router.post(
    "/users/me/email",
    status_code=202,
    responses=documented(Invalid, SignInAgain, AccountLocked, AddressLocked, RefreshRefused, TooManyLetters),
    openapi_extra=LEADS_NOWHERE,
)
async def change_email(body: NewAddressIn, caller: Caller, device: CallingDevice, request: Request) -> LetterOut:
    """Have a link sent to a new address; the old one stays the account's until the link is used (USR-12)."""
    await _links(request).ask_change(caller, body, device)
    return LetterOut(message="A letter is on its way to the new address, unless it cannot be used. Follow its link.")
