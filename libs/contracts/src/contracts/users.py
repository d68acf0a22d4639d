"""What users publishes."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from contracts.message import Event


class UserRegistered(Event):
    """An account exists. Billing opens its free plan and credit account, notify greets."""

    NAME: ClassVar[str] = "users.user_registered.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing", "workflow", "notify")

    user_id: UUID
    email: str
    name: str | None = None
    username: str
    language: str = "en"
    timezone: str = "UTC"
    home_product_line: str


class RegistrationRepeated(Event):
    """Somebody registered with the address of an account; the answer did not say so, its owner is told."""

    NAME: ClassVar[str] = "users.registration_repeated.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    product_line: str


class UserUpdated(Event):
    """Fields that other services keep a copy of have changed; ``version`` rises with every change."""

    NAME: ClassVar[str] = "users.user_updated.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "notify")

    user_id: UUID
    email: str
    name: str | None = None
    username: str | None = None
    language: str = "en"
    is_active: bool = True
    version: int


class SessionRevoked(Event):
    """A session ended before its tokens expired; whoever caches verified tokens drops them."""

    NAME: ClassVar[str] = "users.session_revoked.v1"
    READERS: ClassVar[tuple[str, ...]] = (
        "gateway",
        "users",
        "billing",
        "workflow",
        "ai_router",
        "export",
        "notify",
    )

    user_id: UUID
    session_id: UUID
