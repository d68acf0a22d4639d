"""Whether somebody may order, for services that take orders themselves; no path of the public API."""

from __future__ import annotations

from fastapi import APIRouter

from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from workflow.accounts import queries
from workflow.runs.rules import check_account
from workflow.settings import Settings


def router(settings: Settings) -> APIRouter:
    """Routes under ``/internal/accounts``."""
    routes = APIRouter(prefix="/internal/accounts", include_in_schema=False)

    @routes.get("/may-order", status_code=204)
    async def check_may_order(caller: Caller, tx: Tx) -> None:
        """Refused in the words in which an order here is (USR-43)."""
        check_account(await queries.account(tx, caller.user_id), proved_only=settings.proved_only(caller.product_line))

    return routes
