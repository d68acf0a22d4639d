"""Deleting one's account, and seeing how far that has come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from chassis.errors import Invalid, NotAllowed, NotFound, documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller, Caller
from users.accounts.errors import AccountLocked, AddressLocked, RefreshRefused, SignInAgain
from users.administration.errors import LastAdministrator
from users.devices import CallingDevice
from users.erasure import service
from users.erasure.schemas import DeletionIn, DeletionOut, ErasureOut, ManagedErasureOut

router = APIRouter(prefix="/api/v1", tags=["users"])
admin = APIRouter(prefix="/api/v1/admin/erasures", tags=["administration"])


@router.delete(
    "/users/me",
    status_code=202,
    responses=documented(Invalid, SignInAgain, AccountLocked, AddressLocked, RefreshRefused, LastAdministrator),
)
async def delete_me(
    body: DeletionIn, caller: Caller, device: CallingDevice, request: Request, response: Response
) -> DeletionOut:
    """Delete the account and everything about its owner (USR-13). It is closed at once, and cannot be opened again.

    Payments are kept as the law asks, without personal details.
    """
    erasures: service.Erasures = request.app.state.erasures
    password = body.password.get_secret_value() if body.password is not None else None
    begun = await erasures.begin(caller, password, device)
    response.headers["Location"] = begun.status_url
    response.headers["Cache-Control"] = "no-store"
    return begun


@router.get("/auth/erasure", responses=documented(NotFound))
async def get_erasure(
    tx: Tx, ticket: Annotated[str, Query(max_length=100, description="As the answer to the deletion had it.")]
) -> ErasureOut:
    """How far the deletion of an account has come."""
    return await service.progress(ticket, tx)


@admin.get("", responses=documented(NotAllowed))
async def list_erasures(
    caller: AdminCaller,
    tx: Tx,
    page: Page,
    completed: Annotated[bool | None, Query(description="Completed, or still waiting for an answer.")] = None,
) -> Paged[ManagedErasureOut]:
    """Deletions of accounts, the newest first, with what has been answered."""
    return await service.find(page, tx, completed=completed)
