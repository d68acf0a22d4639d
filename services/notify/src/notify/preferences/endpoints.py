"""A user's preferences (NTF-02), and ending letters with one click (RFC 8058)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import escape

from chassis.errors import NotFound, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from notify.letters.unsubscribing import PATH, Unsubscribing
from notify.preferences import service
from notify.preferences.schemas import PreferencesIn, PreferencesOut, preferences_out

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])

Token = Annotated[str, Query(max_length=500, description="As it is in the letter.")]

_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Letters</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 4rem auto; padding: 0 1rem">{}</body>
</html>
"""
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
}


@router.get("/preferences")
async def get_notification_preferences(caller: Caller, tx: Tx) -> PreferencesOut:
    """What the caller wants to be told, where and when."""
    return preferences_out(await service.of(tx, caller.user_id))


@router.put("/preferences")
async def put_notification_preferences(body: PreferencesIn, caller: Caller, tx: Tx) -> PreferencesOut:
    """Decide all of it anew."""
    return preferences_out(await service.decide(tx, caller.user_id, body.decided()))


@router.get("/unsubscribe", response_class=HTMLResponse, responses=documented(NotFound))
async def ask_before_unsubscribing(token: Token, request: Request) -> HTMLResponse:
    """Ask whoever follows a letter's link; programs that look at links change nothing."""
    unsubscribing: Unsubscribing = request.app.state.unsubscribing
    unsubscribing.read(token)
    form = (
        f'<form method="post" action="{PATH}?token={escape(token)}">'
        "<p>Do you want no more letters of this kind?</p><button>No more letters of this kind</button></form>"
    )
    return HTMLResponse(_PAGE.format(form), headers=_HEADERS)


@router.post("/unsubscribe", response_class=HTMLResponse, responses=documented(NotFound))
async def unsubscribe(token: Token, request: Request, tx: Tx) -> HTMLResponse:
    """Send no more letters of this kind; again is fine. Mail programs do this for their user with one click."""
    unsubscribing: Unsubscribing = request.app.state.unsubscribing
    user_id, kind = unsubscribing.read(token)
    await service.unsubscribe(tx, user_id, kind)
    return HTMLResponse(_PAGE.format("<p>You will get no more letters of this kind.</p>"), headers=_HEADERS)
