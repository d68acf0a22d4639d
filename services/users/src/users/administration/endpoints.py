"""Accounts, for administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from chassis.errors import NotAllowed, NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller
from contracts.enums import ProductLineKey, Role
from users.administration import service
from users.administration.errors import AccountErased, LastAdministrator, OneselfDeactivated
from users.administration.queries import Wanted
from users.administration.schemas import ManagedAccountOut, ManagedUserIn, ManagedUserOut

router = APIRouter(prefix="/api/v1/admin/users", tags=["administration"])


@router.get("", responses=documented(NotAllowed))
async def list_users(
    caller: AdminCaller,
    tx: Tx,
    page: Page,
    text: Annotated[
        str | None,
        Query(min_length=1, max_length=255, description="Part of e-mail address, username or name; or an id."),
    ] = None,
    role: Annotated[Role | None, Query(description="With this role.")] = None,
    is_active: Annotated[bool | None, Query(description="Active, or deactivated.")] = None,
    locked: Annotated[bool | None, Query(description="Locked by failed logins, or not.")] = None,
    product_line: Annotated[ProductLineKey | None, Query(description="Opened in this product line.")] = None,
) -> Paged[ManagedUserOut]:
    """Accounts that fit, the newest first (USR-21)."""
    return await service.find(Wanted(text, role, is_active, locked, product_line), page, tx)


@router.get("/{user_id}", responses=documented(NotAllowed, NotFound))
async def get_user(user_id: UUID, caller: AdminCaller, request: Request, tx: Tx) -> ManagedAccountOut:
    """One account, with its plans and how many sessions and API keys it has. That it was looked at is recorded."""
    return await service.read(caller, user_id, request.app.state.sessions, tx)


@router.patch(
    "/{user_id}", responses=documented(NotAllowed, NotFound, LastAdministrator, OneselfDeactivated, AccountErased)
)
async def change_user(
    user_id: UUID, body: ManagedUserIn, caller: AdminCaller, request: Request, tx: Tx
) -> ManagedAccountOut:
    """Activate, deactivate or unlock an account, or change its role (USR-21)."""
    return await service.change(caller, user_id, body, request.app.state.sessions, tx)
