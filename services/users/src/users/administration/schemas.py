"""What administrators send and get about accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from chassis.http.inputs import Input
from contracts.enums import Language, ProductLineKey, Role


class ManagedUserOut(BaseModel):
    """An account as an administrator sees it in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Of the account.")
    email: str = Field(description="To log in with.", examples=["asha@example.com"])
    username: str = Field(description="To log in with as well.", examples=["asha"])
    name: str | None = Field(description="What to call them.", examples=["Asha"])
    role: Role = Field(description="What the account may do.")
    is_active: bool = Field(description="False: it can neither log in, nor refresh, nor use keys.")
    email_verified: bool = Field(description="Whether the address was confirmed.")
    language: Language = Field(description="Of messages and mail.")
    home_product_line: ProductLineKey = Field(description="Where the account was opened.")
    created_at: datetime = Field(description="When the account was opened.")
    last_login: datetime | None = Field(description="When a session was last opened.")
    locked_until: datetime | None = Field(description="Until when failed logins lock it; null: they do not.")


class PlanOut(BaseModel):
    """What billing has said of an account in one product line."""

    product_line: ProductLineKey = Field(description="In which product line.")
    plan: str = Field(description="The plan there.", examples=["free"])
    credits: int = Field(description="Credits that are left.", examples=[3])


class ManagedAccountOut(ManagedUserOut):
    """An account as an administrator sees it."""

    plans: list[PlanOut] = Field(description="By product line.")
    sessions: int = Field(description="Sessions that are open.", examples=[1])
    api_keys: int = Field(description="API keys that work.", examples=[0])


class ManagedUserIn(Input):
    """What an administrator changes of an account; absent fields stay."""

    is_active: StrictBool | None = Field(None, description="False ends all its sessions and API keys at once.")
    role: Role | None = Field(None, description="Taking `admin` away ends all its sessions at once.")
    unlock: Literal[True] | None = Field(None, description="Let it log in again although logins have failed.")
