"""Where browsers begin and end a sign-in, and where web clients fetch its tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from chassis.errors import Invalid, NotFound, documented
from chassis.http.routes import takes_any_query
from chassis.identity.product_line import SAID, LineNotOffered, Said, known_line
from users.accounts.errors import AccountInactive, ConsentNeeded
from users.accounts.schemas import TokensOut
from users.devices import CallingDevice, Device
from users.secondfactor.answers import SECOND_STEP, second_step
from users.secondfactor.schemas import ChallengeOut
from users.signin.errors import (
    EmailUnverified,
    IdentityRefused,
    ProviderAway,
    SignInCancelled,
    SignInElsewhere,
    SignInExpired,
    SignInNotConfigured,
    TicketRefused,
)
from users.signin.models import cookie_name
from users.signin.schemas import CallbackIn, ProvidersOut, Start, TicketIn
from users.signin.service import Returned, SignIns

router = APIRouter(prefix="/api/v1/auth/oauth", tags=["sign-in"])

_STARTING = documented(NotFound, Invalid, LineNotOffered, SignInNotConfigured, ProviderAway)
_FINISHING = SECOND_STEP | documented(
    NotFound,
    SignInExpired,
    SignInElsewhere,
    SignInCancelled,
    IdentityRefused,
    EmailUnverified,
    AccountInactive,
    ConsentNeeded,
    SignInNotConfigured,
    ProviderAway,
)
_FINISHING[303] = {"description": "To `redirect_to`, with `ticket` or `error` in the fragment."}


def _sign_ins(request: Request) -> SignIns:
    sign_ins: SignIns = request.app.state.sign_ins
    return sign_ins


def _is_secure(request: Request) -> bool:
    public_url: str = request.app.state.settings.public_url
    return public_url.startswith("https://")


@router.get("/providers")
async def read_sign_in_providers(request: Request) -> ProvidersOut:
    """Say who is set up to sign in with; nobody is where the settings name none."""
    return ProvidersOut.model_validate({"providers": list(_sign_ins(request).providers)})


@router.get(
    "/{provider}/start",
    status_code=302,
    response_class=RedirectResponse,
    responses=_STARTING,
    openapi_extra=SAID,
)
async def start_sign_in(provider: str, asked: Start, said: Said, request: Request) -> RedirectResponse:
    """Send the browser to Google or Apple (USR-10). It comes back within ten minutes, or starts again."""
    if asked.product_line is not None:
        said = known_line(asked.product_line, field="product_line").key.value
    started = await _sign_ins(request).start(provider, asked, said)
    answer = RedirectResponse(started.url, 302, headers={"Cache-Control": "no-store"})
    # Browsers send a cookie with a form posted from another site only when it is marked so, and then only with TLS.
    secure = _is_secure(request) or started.posts_across_sites
    answer.set_cookie(
        cookie_name(started.state, secure=secure),
        started.browser,
        max_age=request.app.state.settings.signin_minutes * 60,
        path="/",
        secure=secure,
        httponly=True,
        samesite="none" if started.posts_across_sites else "lax",
    )
    return answer


@router.get("/{provider}/callback", response_model=TokensOut, responses=_FINISHING)
@takes_any_query
async def finish_sign_in(
    provider: str, answer: Annotated[CallbackIn, Query()], device: CallingDevice, request: Request, response: Response
) -> TokensOut | Response:
    """Finish a sign-in whose answer comes in the query, as Google's does."""
    return await _finish(provider, answer, device, request, response)


@router.post("/{provider}/callback", response_model=TokensOut, responses=_FINISHING)
@takes_any_query
async def finish_sign_in_by_form(
    provider: str, answer: Annotated[CallbackIn, Form()], device: CallingDevice, request: Request, response: Response
) -> TokensOut | Response:
    """Finish a sign-in whose answer comes as a form, as Apple's does."""
    return await _finish(provider, answer, device, request, response)


async def _finish(
    provider: str, answer: CallbackIn, device: Device, request: Request, response: Response
) -> TokensOut | Response:
    names = [cookie_name(answer.state, secure=secure) for secure in (True, False)]
    name = next((name for name in names if name in request.cookies), None)
    finished = await _sign_ins(request).finish(provider, answer, request.cookies.get(name) if name else None, device)
    final = response
    if isinstance(finished, Returned):
        final = RedirectResponse(finished.url, 303)
    elif isinstance(finished, ChallengeOut):
        final = second_step(finished)
    final.headers["Cache-Control"] = "no-store"
    if name is not None:
        final.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True)
    return finished if isinstance(finished, TokensOut) else final


@router.post("/tokens", response_model=TokensOut, responses=SECOND_STEP | documented(TicketRefused, AccountInactive))
async def exchange_ticket(
    body: TicketIn, device: CallingDevice, request: Request, response: Response
) -> TokensOut | Response:
    """Exchange the ticket of a finished sign-in for its tokens, once, within a minute."""
    response.headers["Cache-Control"] = "no-store"
    opened = await _sign_ins(request).redeem(
        body.ticket.get_secret_value(), body.code_verifier.get_secret_value(), device
    )
    return second_step(opened) if isinstance(opened, ChallengeOut) else opened
