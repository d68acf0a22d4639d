"""Where the payment processor reports what happened."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from billing.payments.events import Event
from billing.payments.inbox import WEBHOOKS, Inbox
from billing.payments.objects import BadSignature, Unreadable
from chassis.errors import BadRequest, TooLarge, documented
from chassis.http.requests import Tx

log = structlog.get_logger(__name__)

PATH = "/api/v1/billing/webhooks/stripe"
RAZORPAY_PATH = "/api/v1/billing/webhooks/razorpay"
LARGEST_BODY = 512 * 1024
"""Bytes. The largest events describe invoices with ten lines each; they stay far below."""

router = APIRouter(tags=["billing"])


class Received(BaseModel):
    """The event is kept."""

    received: bool = Field(True, description="It need not be sent again.")


class Refused(BadRequest):
    """This cannot be accepted."""


def _checked(inbox: Inbox, request: Request, body: bytes) -> Event:
    try:
        return inbox.open(body, request.headers.get(inbox.dialect.header))
    except (BadSignature, Unreadable) as wrong:
        # Whoever sent this learns nothing of why; the log says it.
        WEBHOOKS.labels("refused").inc()
        log.warning("payment_webhook.refused", processor=inbox.dialect.name, reason=str(wrong))
        raise Refused("This cannot be accepted.") from None


async def _from_stripe(request: Request) -> Event:
    return _checked(request.app.state.payment_inbox, request, await request.body())


async def _from_razorpay(request: Request) -> Event:
    return _checked(request.app.state.razorpay_inbox, request, await request.body())


# Checked before the transaction begins: strangers shall not cost a database connection.
FromStripe = Annotated[Event, Depends(_from_stripe)]
FromRazorpay = Annotated[Event, Depends(_from_razorpay)]


_EVENT = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


@router.post(PATH, responses=documented(Refused, TooLarge), openapi_extra={"requestBody": _EVENT})
async def receive_stripe_event(request: Request, event: FromStripe, tx: Tx) -> Received:
    """Stripe's webhook (BIL-10). Signed on the raw body; no token; safe to repeat."""
    return await _taken(request.app.state.payment_inbox, event, await request.body(), tx)


@router.post(RAZORPAY_PATH, responses=documented(Refused, TooLarge), openapi_extra={"requestBody": _EVENT})
async def receive_razorpay_event(request: Request, event: FromRazorpay, tx: Tx) -> Received:
    """Razorpay's webhook (BIL-11). Signed on the raw body; no token; safe to repeat."""
    return await _taken(request.app.state.razorpay_inbox, event, await request.body(), tx)


async def _taken(inbox: Inbox, event: Event, body: bytes, tx: Tx) -> Received:
    result, _ = await inbox.take(event, body, tx)
    tx.after_commit(lambda: WEBHOOKS.labels(result.value).inc())
    log.info(
        "payment_webhook.received",
        processor=inbox.dialect.name,
        event_id=event.id,
        type=event.type,
        result=result.value,
    )
    return Received()
