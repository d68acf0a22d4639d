"""The audit log, for administrators."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.errors import NotAllowed, documented
from chassis.http.inputs import Moment
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller
from contracts.enums import ProductLineKey
from users.audit.queries import Filter, find
from users.audit.schemas import AuditOut
from users.audit.service import Action

router = APIRouter(prefix="/api/v1/admin/audit", tags=["administration"])


@router.get("", responses=documented(NotAllowed))
async def list_audit(
    caller: AdminCaller,
    tx: Tx,
    page: Page,
    actor: Annotated[UUID | None, Query(description="Whose doing.")] = None,
    target: Annotated[str | None, Query(max_length=100, description="What it was done to.")] = None,
    action: Annotated[Action | None, Query(description="What was done.")] = None,
    result: Annotated[Literal["done", "refused"] | None, Query(description="How it ended.")] = None,
    product_line: Annotated[ProductLineKey | None, Query(description="In which product line.")] = None,
    since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
    before: Annotated[Moment | None, Query(description="Before this moment.")] = None,
) -> Paged[AuditOut]:
    """What was done with accounts, by whom and from where, newest first (USR-29)."""
    wanted = Filter(actor, target, action, result, product_line, since, before)
    rows, total = await find(tx, wanted, page)
    return Paged[AuditOut].of([AuditOut.of(row) for row in rows], total, page)
