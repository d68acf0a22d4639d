"""Figures for the gateway, which shows them (GTW-09, USR-14); no path of the public API."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.http.outputs import Rupees
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from contracts.enums import Status
from workflow.statistics import queries

router = APIRouter(prefix="/internal/statistics", include_in_schema=False)


class Figures(BaseModel):
    """How workflows went; rates and averages are null while there is nothing to reckon with."""

    by_status: dict[Status, int]
    success_rate: float | None
    average_seconds: float | None


class OwnFigures(Figures):
    """A user's, in the product line of the session; what was spent on AI work is in rupees."""

    spend: Rupees
    image_quality: float | None
    video_quality: float | None


class PlatformFigures(Figures):
    """Everybody's; what is waiting by lane, and what is stored, are for administrators."""

    waiting: dict[str, int] | None = None
    stored: dict[str, int] | None = None


@router.get("")
async def get_figures(caller: Caller, tx: Tx) -> PlatformFigures:
    """How the platform's workflows went."""
    figures = PlatformFigures(**_figures(await queries.by_status(tx)))
    if caller.is_admin:
        figures.waiting, figures.stored = await queries.waiting(tx), await queries.stored(tx)
    return figures


@router.get("/own")
async def get_own_figures(caller: Caller, tx: Tx) -> OwnFigures:
    """How the caller's workflows went."""
    rows = await queries.own_by_status(tx, caller.user_id, caller.product_line)
    scores = await queries.own_scores(tx, caller.user_id, caller.product_line)
    return OwnFigures(
        **_figures(rows),
        spend=sum((row["cost"] for row in rows), Decimal(0)),
        image_quality=scores.get("enhance"),
        video_quality=scores.get("generate"),
    )


def _figures(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of what has ended by itself: what a user cancels is neither a success nor a failure."""
    counts = dict.fromkeys(Status, 0) | {Status(row["status"]): row["runs"] for row in rows}
    ended = counts[Status.COMPLETED] + counts[Status.FAILED]
    took = {row["status"]: row["seconds"] for row in rows}.get(Status.COMPLETED)
    return {
        "by_status": counts,
        "success_rate": round(counts[Status.COMPLETED] / ended, 4) if ended else None,
        "average_seconds": round(float(took), 1) if took is not None else None,
    }
