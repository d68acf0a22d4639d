"""Where vendors tell that a job has ended. Signed; whoever waits for the job then asks at once (the first end wins)."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request

from ai_router.webhooks import service
from ai_router.webhooks.signatures import is_signed
from chassis.errors import BadRequest, NotFound, documented
from chassis.http.requests import Tx

router = APIRouter(prefix="/api/v1/vendors", include_in_schema=False)


class NotSigned(BadRequest):
    """The message is not signed by the vendor, or not just now."""

    code = "webhook_not_signed"


class NotExpected(NotFound):
    """No such vendor is expected to tell anything here: its secret is not set."""

    code = "webhook_not_expected"


@router.post("/{vendor}/webhook", status_code=204, responses=documented(NotSigned, NotExpected))
async def hear_vendor(vendor: str, request: Request, tx: Tx) -> None:
    """Take note that a vendor's job has ended. How, polling says; a job that nobody waits for changes nothing."""
    secret = request.app.state.webhook_secrets.get(vendor)
    if secret is None:
        raise NotExpected("Nothing is expected from there.")
    body = await request.body()
    if not is_signed(request.headers, body, secret.get_secret_value(), tx.now):
        raise NotSigned("The message is not signed, or too old.")
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NotSigned("The message cannot be read.") from None
    number = told.get("id") if isinstance(told, dict) else None
    if isinstance(number, str):
        await service.ring(tx, vendor, number)
