"""Where the payment processor reports what happened."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from billing.payments.events import Event
from billing.payments.inbox import WEBHOOKS, Inbox
from billing.payments.stripe.objects import Unreadable
from billing.payments.stripe.signature import BadSignature
from chassis.errors import BadRequest, TooLarge, documented
from chassis.http.requests import Tx

log = structlog.get_logger(__name__)

PATH = "/api/v1/billing/webhooks/stripe"
LARGEST_BODY = 512 * 1024
"""Bytes. The largest events describe invoices with ten lines each; they stay far below."""

router = APIRouter(tags=["billing"])


class Received(BaseModel):
    """The event is kept."""

    received: bool = Field(True, description="It need not be sent again.")


class Refused(BadRequest):
    """This cannot be accepted."""


async def _checked(request: Request) -> Event:
    inbox: Inbox = request.app.state.payment_inbox
    try:
        return inbox.open(await request.body(), request.headers.get("stripe-signature"))
    except (BadSignature, Unreadable) as wrong:
        # Whoever sent this learns nothing of why; the log says it.
        WEBHOOKS.labels("refused").inc()
        log.warning("payment_webhook.refused", reason=str(wrong))
        raise Refused("This cannot be accepted.") from None


# Checked before the transaction begins: strangers shall not cost a database connection.
Checked = Annotated[Event, Depends(_checked)]


_EVENT = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


@router.post(PATH, responses=documented(Refused, TooLarge), openapi_extra={"requestBody": _EVENT})
async def receive_stripe_event(request: Request, event: Checked, tx: Tx) -> Received:
    """Stripe's webhook (BIL-10). Signed on the raw body; no token; safe to repeat."""
    inbox: Inbox = request.app.state.payment_inbox
    result, _ = await inbox.take(event, await request.body(), tx)
    tx.after_commit(lambda: WEBHOOKS.labels(result.value).inc())
    log.info("payment_webhook.received", event_id=event.id, type=event.type, result=result.value)
    return Received()
