"""Where owners switch their second factor on and off."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from chassis.errors import Invalid, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from users.accounts.errors import AccountLocked, AddressLocked, RefreshRefused, SignInAgain
from users.devices import CallingDevice
from users.secondfactor.errors import AddressNotProved, AlreadyOn, NotOn
from users.secondfactor.schemas import (
    CodeIn,
    EnrolmentOut,
    ProofAndCodeIn,
    ProofIn,
    RecoveryCodesOut,
    SecondFactorOut,
)
from users.secondfactor.service import SecondFactors

router = APIRouter(prefix="/api/v1/users/me/second-factor", tags=["second factor"])

_PROVING = (Invalid, SignInAgain, AccountLocked, AddressLocked, RefreshRefused)


def _factors(request: Request) -> SecondFactors:
    factors: SecondFactors = request.app.state.second_factors
    return factors


@router.get("")
async def get_second_factor(caller: Caller, request: Request, tx: Tx) -> SecondFactorOut:
    """Whether logins of the caller ask for a code (USR-42)."""
    return await _factors(request).state(caller.user_id, tx)


@router.post("", status_code=201, responses=documented(*_PROVING, AddressNotProved, AlreadyOn))
async def begin_second_factor(
    body: ProofIn, caller: Caller, device: CallingDevice, request: Request, response: Response
) -> EnrolmentOut:
    """Get a secret for an authenticator app. It is on only once a code has confirmed it."""
    response.headers["Location"] = router.prefix
    response.headers["Cache-Control"] = "no-store"
    return await _factors(request).begin(caller, body.password, device)


@router.post("/confirm", responses=documented(Invalid, NotOn, RefreshRefused))
async def confirm_second_factor(
    body: CodeIn, caller: Caller, request: Request, response: Response, tx: Tx
) -> RecoveryCodesOut:
    """Switch it on with a code of the app, and get ten recovery codes; other sessions end."""
    response.headers["Cache-Control"] = "no-store"
    return await _factors(request).confirm(caller, body.code.get_secret_value(), tx)


@router.post("/recovery-codes", responses=documented(*_PROVING, NotOn))
async def renew_recovery_codes(
    body: ProofAndCodeIn, caller: Caller, device: CallingDevice, request: Request, response: Response
) -> RecoveryCodesOut:
    """Get ten new recovery codes instead of the old ones; other sessions end."""
    response.headers["Cache-Control"] = "no-store"
    return await _factors(request).renew_codes(caller, body, device)


@router.post("/disable", status_code=204, responses=documented(*_PROVING, NotOn))
async def disable_second_factor(body: ProofAndCodeIn, caller: Caller, device: CallingDevice, request: Request) -> None:
    """Switch it off; other sessions end."""
    await _factors(request).disable(caller, body, device)
