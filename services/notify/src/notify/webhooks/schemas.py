"""What clients send and get about webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from chassis.http.inputs import Input, Moment
from notify.webhooks.models import DeliveryStatus, EventType

Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://hooks.example.com/talkingphoto"])]
Types = Annotated[list[EventType], Field(max_length=len(EventType))]


class WebhookIn(Input):
    """Where something is to be sent, and what."""

    url: Url = Field(description="An https address of a public host, without a user in it.")
    event_types: Types = Field(default_factory=list, description="What is sent; empty: all of it.")
    active: StrictBool = Field(True, description="Whether anything is sent at the moment.")


class WebhookOut(BaseModel):
    """One webhook."""

    id: UUID = Field(description="Of the webhook.")
    url: str = Field(description="Where it leads.", examples=["https://hooks.example.com/talkingphoto"])
    event_types: list[EventType] = Field(description="What is sent; empty: all of it.")
    active: bool = Field(description="Whether anything is sent at the moment.")
    failures: int = Field(description="How often in a row it has failed; at 20 it is switched off.", examples=[0])
    disabled_at: datetime | None = Field(description="When it was switched off for its failures.")
    old_secret_until: datetime | None = Field(description="Until then what is sent is signed with the old secret too.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it last changed.")


class WebhookCreated(WebhookOut):
    """A new webhook with its secret."""

    secret: str = Field(description="What is sent is signed with it. Keep it: it is not shown again.")


class SecretOut(BaseModel):
    """A new secret."""

    secret: str = Field(description="What is sent is signed with it. Keep it: it is not shown again.")
    old_secret_until: datetime = Field(description="Until then what is sent is signed with the old one too.")


class DeliveryOut(BaseModel):
    """One thing that was, or is to be, sent."""

    id: UUID = Field(description="Of the delivery.")
    event_id: str = Field(description="The header `webhook-id`.", examples=["msg_0199f0a17c1e7a539d0b6c1f2e3d4a5b"])
    type: str = Field(description="What it tells of.", examples=["workflow.completed"])
    status: DeliveryStatus = Field(description="How it is. `missed`: not sent, recover it.", examples=["delivered"])
    attempts: int = Field(description="How often it was tried.", examples=[1])
    response_status: int | None = Field(description="What the receiver last answered.", examples=[200])
    error: str | None = Field(description="Why the last attempt does not count.")
    body: str = Field(description="What is sent, byte for byte.")
    created_at: datetime = Field(description="When it happened.")
    ended_at: datetime | None = Field(description="When it arrived or was given up.")


class DeliveryOrdered(BaseModel):
    """What will be sent."""

    id: UUID = Field(description="Of the delivery.")


class RecoverIn(Input):
    """From when on."""

    since: Moment = Field(description="What happened since then and did not arrive is sent.")


class Recovered(BaseModel):
    """How much will be sent."""

    deliveries: int = Field(description="How many deliveries.", examples=[3])


def webhook_fields(row: Any) -> dict[str, Any]:
    """A row as clients see it."""
    return {name: row[name] for name in WebhookOut.model_fields}


def delivery_out(row: Any) -> DeliveryOut:
    """A row as clients see it."""
    fields = {name: row[name] for name in DeliveryOut.model_fields if name != "event_id"}
    return DeliveryOut(**fields, event_id=f"msg_{row['event_id'].hex}")
