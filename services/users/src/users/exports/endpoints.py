"""Asking for all that is known of oneself, and fetching it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from chassis.errors import NotFound, documented
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from users.exports import service
from users.exports.schemas import DataExportOut

router = APIRouter(prefix="/api/v1/users/me/data-export", tags=["users"])


@router.post("", status_code=202, responses=documented(NotFound))
async def request_data_export(caller: Caller, tx: Tx, request: Request, response: Response) -> DataExportOut:
    """Have everything that is known of the caller put into one archive (USR-20).

    While one is being made, or can be fetched, that one is answered.
    """
    found = await service.request(caller, request.app.state.store, tx)
    response.headers["Location"] = f"/api/v1/users/me/data-export/{found.id}"
    return found


@router.get("/{export_id}", responses=documented(NotFound))
async def get_data_export(export_id: UUID, caller: Caller, tx: Tx, request: Request) -> DataExportOut:
    """How far an archive is, and where it can be fetched, for a day after it is ready."""
    return await service.read(caller.user_id, export_id, request.app.state.store, tx)
