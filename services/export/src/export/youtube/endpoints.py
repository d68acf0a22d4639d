"""A user's channel and uploads. Another user's upload or project is a 404."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from chassis.errors import NotAuthenticated, ServiceError, documented
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.pagination import Page, Paged, fields_of, paged, selected
from chassis.http.requests import Tx
from chassis.http.routes import takes_any_query
from chassis.identity.tokens import Caller, Verifier, bearer_token
from export.youtube import queries, service
from export.youtube.connections import (
    STATE_LIFE,
    Connections,
    GrantRefused,
    GrantUnknown,
    NoChannel,
    NotConfigured,
    YouTubeUnavailable,
    cookie_name,
)
from export.youtube.schemas import ConnectionOut, ConnectOut, UploadIn, UploadOut, upload_out
from export.youtube.service import NotConnected, NotFinished, ProjectNotFound, UnderWay, UploadNotFound

router = APIRouter(prefix="/api/v1/youtube", tags=["youtube"])

CALLBACK = "/api/v1/youtube/callback"

UploadFields = Annotated[frozenset[str] | None, fields_of(UploadOut)]
StatusFilter = Literal["pending", "processing", "complete", "completed", "failed"]


def _connections(request: Request) -> Connections:
    found: Connections | None = request.app.state.youtube
    if found is None:
        raise NotConfigured("YouTube is not configured.")
    return found


@router.get("/connect", responses=documented(NotAuthenticated, NotConfigured))
async def connect_youtube(caller: Caller, tx: Tx, request: Request, response: Response) -> ConnectOut:
    """Begin to connect a channel: where to send the user's browser (EXP-11)."""
    begun = await _connections(request).begin(caller.user_id, tx)
    response.set_cookie(
        begun.cookie,
        begun.browser,
        max_age=int(STATE_LIFE.total_seconds()),
        path=CALLBACK,
        secure=request.app.state.settings.public_url.startswith("https://"),
        httponly=True,
        samesite="lax",
    )
    response.headers["cache-control"] = "no-store"
    return ConnectOut(authorization_url=begun.url, expires_at=begun.expires_at)


@router.get(
    "/callback",
    response_model=ConnectionOut,
    responses=documented(GrantUnknown, GrantRefused, NoChannel, YouTubeUnavailable, NotConfigured),
)
@takes_any_query
async def finish_youtube_connection(
    request: Request,
    state: Annotated[str, Query(max_length=500, description="As it was sent to Google.")],
    code: Annotated[str | None, Query(max_length=2000, description="To be exchanged for the grant.")] = None,
    error: Annotated[str | None, Query(max_length=200, description="Why there is no grant.")] = None,
) -> Response:
    """Where Google sends the browser back to (EXP-11). Needs no token, but the browser or the user that began.

    Browsers go on to the configured page, if there is one (303); who sends a token gets the answer itself.
    """
    connections, cookie = _connections(request), cookie_name(state)
    caller = await _caller(request)
    page = request.app.state.settings.youtube_return_url if caller is None else None
    try:
        channel = await connections.complete(
            state=state, code=code, error=error, browser=request.cookies.get(cookie), caller=caller
        )
    except ServiceError as failed:
        if page is None:
            raise
        answer: Response = _back(page, failed.code)
    else:
        out = ConnectionOut(channel_id=channel.id, channel_title=channel.title)
        answer = _back(page, "connected") if page is not None else JSONResponse(out.model_dump())
    if cookie in request.cookies:
        answer.delete_cookie(cookie, path=CALLBACK)
    answer.headers["cache-control"] = "no-store"
    return answer


@router.delete("/connection", status_code=204, responses=documented(NotAuthenticated, NotConfigured))
async def disconnect_youtube(caller: Caller, tx: Tx, request: Request) -> Response:
    """Forget the channel and end the grant (EXP-11). Repeating it is no error."""
    await _connections(request).disconnect(caller.user_id, tx)
    return Response(status_code=204)


@router.post(
    "/upload",
    status_code=201,
    responses=documented(
        NotAuthenticated, ProjectNotFound, NotFinished, NotConnected, UnderWay, NotConfigured, KeyReused
    ),
)
async def upload_to_youtube(
    body: UploadIn,
    caller: Caller,
    tx: Tx,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> UploadOut:
    """Upload a project's finished video to the connected channel, in the background (EXP-08, EXP-23)."""
    _connections(request)
    row, replayed = await service.order_upload(
        tx, caller.user_id, body, privacy=request.app.state.settings.youtube_privacy, key=idempotency_key
    )
    response.headers["Location"] = f"/api/v1/youtube/videos/{row['id']}"
    mark(response, replayed=replayed)
    return upload_out(row)


@router.get("/videos", responses=documented(NotAuthenticated), response_model=paged(UploadOut))
async def list_youtube_uploads(
    caller: Caller,
    tx: Tx,
    page: Page,
    fields: UploadFields,
    status: Annotated[StatusFilter | None, Query(description="Only these; `completed` means `complete`.")] = None,
) -> Any:
    """The caller's uploads, newest first (EXP-09)."""
    rows, total = await queries.uploads_of(tx, caller.user_id, "complete" if status == "completed" else status, page)
    return selected(Paged.of([upload_out(row) for row in rows], total, page), fields)


@router.get("/videos/{upload_id}", responses=documented(NotAuthenticated, UploadNotFound))
async def get_youtube_upload(upload_id: UUID, caller: Caller, tx: Tx) -> UploadOut:
    """One upload (EXP-10)."""
    row = await queries.upload_of(tx, upload_id, caller.user_id)
    if row is None:
        raise UploadNotFound("There is no such upload.")
    return upload_out(row)


def _back(page: str, outcome: str) -> Response:
    joint = "&" if urlsplit(page).query else "?"
    return RedirectResponse(f"{page}{joint}youtube={outcome}", 303)


async def _caller(request: Request) -> UUID | None:
    """Who is logged in, where a client hands the answer over with its token."""
    token = bearer_token(request.headers.get("authorization"))
    if token is None:
        return None
    verifier: Verifier = request.app.state.verifier
    return (await verifier.verify(token)).user_id
