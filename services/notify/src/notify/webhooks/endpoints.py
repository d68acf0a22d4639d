"""A user's webhooks. Another user's is a 404."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.errors import documented
from chassis.http.pagination import Page, Paged
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller
from notify.webhooks import queries, service
from notify.webhooks.errors import (
    DeliveryNotFound,
    EndpointNotFound,
    NotInPlan,
    SwitchedOff,
    TooManyEndpoints,
    UnsafeUrl,
)
from notify.webhooks.models import DeliveryStatus
from notify.webhooks.schemas import (
    DeliveryOrdered,
    DeliveryOut,
    Recovered,
    RecoverIn,
    SecretOut,
    WebhookCreated,
    WebhookIn,
    WebhookOut,
    delivery_out,
    webhook_fields,
)
from notify.webhooks.service import Webhooks

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


def _webhooks(request: Request) -> Webhooks:
    found: Webhooks = request.app.state.webhooks
    return found


async def _safe(body: WebhookIn, request: Request) -> WebhookIn:
    await _webhooks(request).require_safe(body.url)
    return body


# Before ``tx`` in every signature: while a name is looked up, no connection to the database is held.
SafeBody = Annotated[WebhookIn, Depends(_safe)]


@router.post("", status_code=201, responses=documented(NotInPlan, TooManyEndpoints, UnsafeUrl))
async def create_webhook(
    caller: Caller, body: SafeBody, tx: Tx, request: Request, response: Response
) -> WebhookCreated:
    """Have what happens sent somewhere, signed by the Standard Webhooks specification."""
    row, secret = await _webhooks(request).create(
        tx, caller.user_id, caller.product_line, body.url, body.event_types, body.active
    )
    response.headers["Location"] = f"{router.prefix}/{row['id']}"
    return WebhookCreated(**webhook_fields(row), secret=secret)


@router.get("")
async def list_webhooks(caller: Caller, page: Page, tx: Tx) -> Paged[WebhookOut]:
    """The caller's webhooks, newest first."""
    rows, total = await queries.page(tx, caller.user_id, page)
    return Paged[WebhookOut].of([WebhookOut(**webhook_fields(row)) for row in rows], total, page)


@router.get("/{webhook_id}", responses=documented(EndpointNotFound))
async def get_webhook(webhook_id: UUID, caller: Caller, tx: Tx) -> WebhookOut:
    """One webhook."""
    row = await queries.one(tx, webhook_id, caller.user_id)
    if row is None:
        raise EndpointNotFound("There is no such webhook.")
    return WebhookOut(**webhook_fields(row))


@router.put("/{webhook_id}", responses=documented(EndpointNotFound, UnsafeUrl))
async def change_webhook(webhook_id: UUID, caller: Caller, body: SafeBody, tx: Tx) -> WebhookOut:
    """Change what is sent where."""
    row = await service.change(tx, caller.user_id, webhook_id, body.url, body.event_types, body.active)
    return WebhookOut(**webhook_fields(row))


@router.delete("/{webhook_id}", status_code=204, responses=documented(EndpointNotFound))
async def delete_webhook(webhook_id: UUID, caller: Caller, tx: Tx) -> None:
    """Send nothing there any more, and forget what was sent."""
    await service.remove(tx, caller.user_id, webhook_id)


@router.post("/{webhook_id}/rotate-secret", responses=documented(EndpointNotFound))
async def rotate_webhook_secret(webhook_id: UUID, caller: Caller, tx: Tx, request: Request) -> SecretOut:
    """Make a new secret; for a day what is sent is signed with the old one as well."""
    secret, until = await _webhooks(request).rotate(tx, caller.user_id, webhook_id)
    return SecretOut(secret=secret, old_secret_until=until)


@router.post("/{webhook_id}/test", status_code=202, responses=documented(EndpointNotFound, SwitchedOff))
async def try_webhook(webhook_id: UUID, caller: Caller, tx: Tx, response: Response) -> DeliveryOrdered:
    """Send something to see whether it arrives; its delivery says so."""
    told = await service.send_trial(tx, caller.user_id, webhook_id)
    response.headers["Location"] = _log_of(webhook_id)
    return DeliveryOrdered(id=told.id)


@router.get("/{webhook_id}/deliveries", responses=documented(EndpointNotFound))
async def list_webhook_deliveries(
    webhook_id: UUID,
    caller: Caller,
    page: Page,
    tx: Tx,
    status: Annotated[DeliveryStatus | None, Query(description="Only those that are so.")] = None,
) -> Paged[DeliveryOut]:
    """What was, or is to be, sent there, newest first."""
    if await queries.one(tx, webhook_id, caller.user_id) is None:
        raise EndpointNotFound("There is no such webhook.")
    rows, total = await queries.deliveries(tx, webhook_id, status, page)
    return Paged[DeliveryOut].of([delivery_out(row) for row in rows], total, page)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/resend",
    status_code=202,
    responses=documented(EndpointNotFound, DeliveryNotFound, SwitchedOff),
)
async def resend_webhook_delivery(
    webhook_id: UUID, delivery_id: UUID, caller: Caller, tx: Tx, response: Response
) -> DeliveryOrdered:
    """Send one delivery again, whatever became of it."""
    await service.resend(tx, caller.user_id, webhook_id, delivery_id)
    response.headers["Location"] = _log_of(webhook_id)
    return DeliveryOrdered(id=delivery_id)


@router.post("/{webhook_id}/recover", status_code=202, responses=documented(EndpointNotFound))
async def recover_webhook(webhook_id: UUID, body: RecoverIn, caller: Caller, tx: Tx, response: Response) -> Recovered:
    """Switch a webhook on again and send what happened since a moment and did not arrive, each once and in order."""
    count = await service.recover(tx, caller.user_id, webhook_id, body.since)
    response.headers["Location"] = _log_of(webhook_id)
    return Recovered(deliveries=count)


def _log_of(webhook_id: UUID) -> str:
    return f"{router.prefix}/{webhook_id}/deliveries"
