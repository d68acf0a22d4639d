"""What clients send and get about API keys."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from chassis.http.inputs import Input
from contracts.enums import ProductLineKey
from contracts.scopes import SCOPES, Scope


def _as_network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value.strip(), strict=False))
    except ValueError as error:
        raise ValueError("is no IP address or network, for example 203.0.113.7 or 2001:db8::/32") from error


def _each_once(values: list[Scope]) -> list[Scope]:
    return sorted(set(values))


Network = Annotated[
    str,
    StringConstraints(min_length=2, max_length=50),
    AfterValidator(_as_network),
    Field(examples=["203.0.113.0/24"]),
]

_WHAT_SCOPES_MEAN = " ".join(f"`{scope.value}`: {what}" for scope, what in SCOPES.items())


class ApiKeyIn(Input):
    """A new API key."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = Field(
        description="To tell it from your others.", examples=["Nightly exports"]
    )
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES)), AfterValidator(_each_once)] = Field(
        description=f"What it may do. {_WHAT_SCOPES_MEAN}", examples=[["read", "workflows:write"]]
    )
    expires_in_days: Annotated[int, Field(ge=1, le=730)] | None = Field(
        None, description="After so many days it ends by itself; absent: it does not.", examples=[90]
    )
    daily_credits: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="At most so many credits may be spent with it in a day (UTC).", examples=[20]
    )
    allowed_addresses: Annotated[list[Network], Field(max_length=20)] = Field(
        [], description="IP addresses and networks from which it may be used; none: from anywhere."
    )


class RotationIn(Input):
    """How long the replaced key goes on."""

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = Field(
        24, description="Both keys work for so many hours; 0: the old one ends at once."
    )


class ApiKeyOut(BaseModel):
    """An API key, without the key itself."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Of the key.")
    name: str = Field(description="To tell it from others.", examples=["Nightly exports"])
    prefix: str = Field(description="How the key begins.", examples=["tpk_9fQ2mZk1"])
    scopes: list[Scope] = Field(description="What it may do.", examples=[["read", "workflows:write"]])
    product_line: ProductLineKey = Field(description="Where it can be used.")
    daily_credits: int | None = Field(description="Credits that may be spent with it in a day; null: any.")
    allowed_addresses: list[str] = Field(description="From where it may be used; none: from anywhere.")
    created_at: datetime = Field(description="When it was made.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute.")
    expires_at: datetime | None = Field(description="When it ends by itself.")
    replaced_by: UUID | None = Field(description="The key that takes over from it.")


class NewApiKeyOut(ApiKeyOut):
    """A new API key. It is never shown again."""

    key: str = Field(
        description="Send it as `X-API-Key`, or as `Authorization: Bearer ...`. Only a hash of it is kept.",
        examples=["tpk_9fQ2mZk1Xw7Lr5Tn3Vb8Yc6Hd4Jg0Ps2Ae1rQ4k"],
    )


class KeyIn(Input):
    """What the gateway was shown."""

    key: SecretStr


class KeyTokenOut(BaseModel):
    """What stands for a key inside the platform."""

    access_token: str
    key_id: UUID
    expires_in: int
    """Seconds until the token ends."""
    allowed_addresses: list[str]
