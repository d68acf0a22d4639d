"""What was used before, what was delivered for it, and the statement of an account."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from billing.ledger.models import account_name
from billing.usage import queries
from chassis.errors import Invalid, documented
from chassis.http.inputs import Moment
from chassis.http.outputs import Rupees
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller

router = APIRouter(prefix="/api/v1", tags=["billing"])

_COLUMNS = ("at", "kind", "description", "credits", "balance", "reference", "meter", "units", "quote", "entry")


class MonthOut(BaseModel):
    """What was delivered of one kind in one calendar month."""

    month: datetime = Field(description="Its first moment, UTC.")
    action: str = Field(description="What was counted: a meter, or `credits`.", examples=["workflows"])
    times: int = Field(description="How often.", examples=[2])
    units: int = Field(description="Units of the meter.", examples=[2])
    credits: int = Field(description="Credits that were spent.", examples=[2])
    cost: Rupees = Field(description="What the AI work cost us.")


class DeliveredOut(BaseModel):
    """One thing that was delivered and charged for."""

    run_id: UUID = Field(description="The workflow.")
    action: str = Field(description="What was counted: a meter, or `credits`.", examples=["workflows"])
    units: int = Field(description="Units of the meter.", examples=[1])
    credits: int = Field(description="Credits that were spent.", examples=[1])
    cost: Rupees = Field(description="What the AI work cost us.")
    quote_id: UUID | None = Field(description="The quote it was ordered on.")
    at: datetime = Field(description="When it was charged.")


class HistoryOut(BaseModel):
    """What was used: by month, and one by one."""

    months: list[MonthOut] = Field(description="The last twelve calendar months, the latest first.")
    log: Paged[DeliveredOut] = Field(description="What was delivered, the latest first.")


class PeriodOut(BaseModel):
    """What was used of a meter in a billing month that is over."""

    meter: str = Field(description="What was counted.", examples=["workflows"])
    period_start: datetime = Field(description="When it began.")
    period_end: datetime = Field(description="When it ended.")
    plan_type: str = Field(description="The plan then.", examples=["starter"])
    used: int = Field(description="Units.", examples=[12])
    limit: int = Field(description="Units that the plan allowed; -1 is unlimited.", examples=[30])


class BadPeriod(Invalid):
    """A statement is for a period that ends after it begins, of a year at most."""

    code = "bad_period"


@router.get("/usage/history")
async def get_history(caller: Caller, page: Page, tx: Tx) -> HistoryOut:
    """What you used in the session's product line, by month and one by one (BIL-16)."""
    months = await queries.by_month(tx, caller.user_id, caller.product_line, 12)
    rows, total = await queries.log(tx, caller.user_id, caller.product_line, page)
    return HistoryOut(
        months=[MonthOut.model_validate(dict(row)) for row in months],
        log=Paged[DeliveredOut].of([DeliveredOut.model_validate(dict(row)) for row in rows], total, page),
    )


@router.get("/usage/periods")
async def list_periods(caller: Caller, page: Page, tx: Tx) -> Paged[PeriodOut]:
    """What you used of each meter in billing months that are over, the latest first (BIL-27)."""
    rows, total = await queries.periods(tx, caller.user_id, caller.product_line, page)
    return Paged[PeriodOut].of([PeriodOut.model_validate(dict(row)) for row in rows], total, page)


@router.get(
    "/billing/statement",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The statement."},
        **documented(BadPeriod),
    },
)
async def get_statement(
    caller: Caller,
    tx: Tx,
    since: Annotated[Moment, Query(description="From this moment on.")],
    until: Annotated[Moment, Query(description="Before this moment.")],
) -> Response:
    """Your credits in the session's product line as CSV: the balance before, every entry, the balance after.

    The entries sum to the difference of the two, for any period.
    """
    if not 0 < (until - since).total_seconds() <= 366 * 86_400:
        raise BadPeriod("Choose a period of a year at most.", fields={"until": "after `since`, by 366 days at most"})
    balance, rows = await queries.statement(tx, account_name(caller.user_id, caller.product_line), since, until)
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(_COLUMNS)
    sheet.writerow((since.isoformat(), "opening", "Balance before", "", balance, "", "", "", "", ""))
    for row in rows:
        balance += row["credits"]
        sheet.writerow(
            (
                row["created_at"].isoformat(),
                row["kind"],
                row["description"],
                row["credits"],
                balance,
                row["reference"] or "",
                row["meter"] or "",
                row["units"] or "",
                row["quote_id"] or "",
                row["id"],
            )
        )
    sheet.writerow((until.isoformat(), "closing", "Balance after", "", balance, "", "", "", "", ""))
    return Response(
        written.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="statement.csv"'},
    )
