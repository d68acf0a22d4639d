"""What administrators see of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue

from users.audit.service import Action


class AuditOut(BaseModel):
    """One thing that was done."""

    seq: int = Field(description="Its number; there are no gaps.", examples=[1042])
    at: datetime = Field(description="When.")
    action: Action = Field(description="What was done.", examples=[Action.LOGGED_IN])
    actor: UUID | None = Field(description="Whose doing it was; null for somebody unknown, or the platform itself.")
    target: str | None = Field(description="What it was done to.", examples=["0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"])
    result: Literal["done", "refused"] = Field(description="Whether it was let happen.")
    product_line: str | None = Field(description="In which product line.", examples=["talkingphoto"])
    request_id: str | None = Field(description="Of the request, as its answer said.")
    address: str | None = Field(description="Where it came from, as a keyed hash: the same for the same address.")
    user_agent: str | None = Field(description="What the client called itself.", examples=["Mozilla/5.0"])
    details: dict[str, JsonValue] = Field(description="What else is to be known.", examples=[{"how": "changed"}])

    @classmethod
    def of(cls, row: dict[str, Any]) -> AuditOut:
        """From a row of the log."""
        return cls.model_validate(row)
