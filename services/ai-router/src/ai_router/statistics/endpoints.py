"""Figures for the gateway, which shows them to administrators (GTW-09); no path of the public API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from ai_router.statistics import queries
from chassis.http.requests import Tx
from chassis.identity.tokens import AdminCaller
from contracts.enums import Status

router = APIRouter(prefix="/internal/statistics", include_in_schema=False)


class Jobs(BaseModel):
    """How many jobs are in which state."""

    by_status: dict[Status, int]


@router.get("")
async def get_figures(_: AdminCaller, tx: Tx) -> Jobs:
    """How many jobs there are."""
    return Jobs(by_status=dict.fromkeys(Status, 0) | await queries.by_status(tx))
