"""The public keys, for every service that checks tokens."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from users.keys.signing import SigningKey

router = APIRouter(tags=["keys"])


@router.get("/.well-known/jwks.json")
async def read_jwks(request: Request, response: Response) -> dict[str, Any]:
    """The JSON Web Key Set that access tokens are checked against."""
    key: SigningKey = request.app.state.signing_key
    response.headers["Cache-Control"] = "public, max-age=300"
    return key.jwks
