"""The public keys and the sessions that have ended, for every service that checks tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from chassis.http.inputs import Moment
from chassis.http.requests import Tx
from users.keys import queries
from users.keys.keyring import Keyring

router = APIRouter(tags=["keys"])


@router.get("/.well-known/jwks.json")
async def read_jwks(request: Request, response: Response, tx: Tx) -> dict[str, Any]:
    """The JSON Web Key Set that access tokens are checked against."""
    keyring: Keyring = request.app.state.keyring
    response.headers["Cache-Control"] = "no-cache"
    return await keyring.jwks(tx)


class RevokedSessions(BaseModel):
    """Sessions that ended before their tokens did."""

    as_of: datetime
    sessions: list[UUID]


@router.get("/.well-known/revoked-sessions.json")
async def read_revoked_sessions(tx: Tx, since: Moment | None = None) -> RevokedSessions:
    """Sessions that ended since an earlier answer's ``as_of``; without it, all that may have living tokens."""
    return RevokedSessions(as_of=tx.now, sessions=await queries.ended_since(tx, since))
