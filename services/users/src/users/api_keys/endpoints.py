"""The caller's API keys, and what the gateway asks about a key it was shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response

from chassis.errors import NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from users.accounts.errors import AccountInactive
from users.api_keys import service
from users.api_keys.errors import ApiKeyRefused, KeyReplaced, PlanLacksFeature, TooManyKeys
from users.api_keys.schemas import ApiKeyIn, ApiKeyOut, KeyIn, KeyTokenOut, NewApiKeyOut, RotationIn

router = APIRouter(prefix="/api/v1/users/me/api-keys", tags=["API keys"])
internal = APIRouter(prefix="/internal/api-keys", tags=["API keys"])


@router.post("", status_code=201, responses=documented(PlanLacksFeature, TooManyKeys, NotFound))
async def create_api_key(body: ApiKeyIn, caller: Caller, tx: Tx, response: Response) -> NewApiKeyOut:
    """Make an API key in this product line (USR-18). The answer shows it, and nothing else ever does.

    It may do what its scopes say, as long as your plan comes with API keys.
    """
    return _shown(await service.create(caller, body, tx), response)


@router.get("")
async def list_api_keys(caller: Caller, tx: Tx, page: Page) -> Paged[ApiKeyOut]:
    """The caller's API keys that can be used, newest first."""
    return Paged[ApiKeyOut].cut(await service.list_working(caller.user_id, tx), page)


@router.get("/{key_id}", responses=documented(NotFound))
async def get_api_key(key_id: UUID, caller: Caller, tx: Tx) -> ApiKeyOut:
    """One of the caller's API keys."""
    return await service.read(caller.user_id, key_id, tx)


@router.post("/{key_id}/rotate", status_code=201, responses=documented(NotFound, KeyReplaced, PlanLacksFeature))
async def rotate_api_key(key_id: UUID, body: RotationIn, caller: Caller, tx: Tx, response: Response) -> NewApiKeyOut:
    """Replace a key by a new one that may do the same; for a while both work."""
    return _shown(await service.rotate(caller, key_id, timedelta(hours=body.overlap_hours), tx), response)


@router.delete("/{key_id}", status_code=204, responses=documented(NotFound))
async def revoke_api_key(key_id: UUID, caller: Caller, tx: Tx) -> None:
    """End a key at once."""
    await service.revoke(caller.user_id, key_id, tx)


def _shown(made: NewApiKeyOut, response: Response) -> NewApiKeyOut:
    response.headers["Location"] = f"/api/v1/users/me/api-keys/{made.id}"
    response.headers["Cache-Control"] = "no-store"
    return made


@internal.post("/token", responses=documented(ApiKeyRefused, AccountInactive, PlanLacksFeature))
async def exchange_api_key(body: KeyIn, request: Request, response: Response) -> KeyTokenOut:
    """For the gateway: a token that stands for a key, inside the platform alone."""
    tokens: service.KeyTokens = request.app.state.key_tokens
    response.headers["Cache-Control"] = "no-store"
    return await tokens.exchange(body.key.get_secret_value())
