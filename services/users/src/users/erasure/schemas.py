"""What clients send and get about the deletion of an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from chassis.http.inputs import Input


class DeletionIn(Input):
    """That it is really the owner who wants it."""

    password: SecretStr | None = Field(
        None, description="The account's. May be left away within ten minutes of logging in."
    )


class ServiceOut(BaseModel):
    """One part of the platform."""

    service: str = Field(description="Which part.", examples=["workflow"])
    erased_at: datetime | None = Field(description="When it had erased what it knew; null: it is still at it.")


class ErasureOut(BaseModel):
    """How far a deletion has come."""

    requested_at: datetime = Field(description="When it was asked for; the account has been closed since.")
    completed_at: datetime | None = Field(description="When the last part had answered.")
    services: list[ServiceOut] = Field(description="All parts that have to answer.")


class DeletionOut(ErasureOut):
    """A deletion that has begun."""

    status_url: str = Field(
        description="Where its progress can be seen without an account. It is shown this once.",
        json_schema_extra={"format": "uri-reference"},
        examples=["/api/v1/auth/erasure?ticket=..."],
    )


class ManagedErasureOut(ErasureOut):
    """A deletion as an administrator sees it."""

    user_id: UUID = Field(description="Of the account that was deleted.")
    asked: int = Field(description="How often the parts have been asked.", examples=[2])
