"""Figures for the gateway, which shows them to administrators (GTW-09); no path of the public API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller
from users.statistics import queries

router = APIRouter(prefix="/internal/statistics", include_in_schema=False)


class Accounts(BaseModel):
    """How many accounts there are, and how many of them may log in."""

    total: int
    active: int


@router.get("")
async def get_figures(_: AdminCaller, tx: Tx) -> Accounts:
    """How many accounts there are."""
    return Accounts(**await queries.accounts(tx))
