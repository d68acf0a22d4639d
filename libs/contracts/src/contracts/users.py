"""What users publishes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from contracts.message import Event
from contracts.objects import StoredObject


class UserRegistered(Event):
    """An account exists. Billing opens its free plan and credit account, notify greets."""

    NAME: ClassVar[str] = "users.user_registered.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing", "workflow", "notify", "analytics")

    user_id: UUID
    email: str
    name: str | None = None
    username: str
    language: str = "en"
    timezone: str = "UTC"
    home_product_line: str
    consents: tuple[str, ...] = ()
    """What was agreed to: ``terms``, ``privacy``, ``marketing``, ``analytics``."""
    email_verified: bool = False
    """Whether the address is proved already, as a sign-in elsewhere does."""


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
        "analytics",
    )

    user_id: UUID
    session_id: UUID


class EmailVerificationRequested(Event):
    """Somebody has to prove that an address is theirs: at registration, again on request, or for a change of it.

    ``sealed_token`` is the one-time token under ``LINK_KEY``, which users and notify alone have: notify opens it, puts
    it into the letter's link and keeps it nowhere.
    """

    NAME: ClassVar[str] = "users.email_verification_requested.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    email: str
    """Where the letter goes: the new address when one is changed."""
    purpose: Literal["verify_email", "change_email"]
    sealed_token: str
    expires_at: datetime
    product_line: str


class EmailVerified(Event):
    """An account's address is proved, or has been changed to a proved one (a ``user_updated`` says which)."""

    NAME: ClassVar[str] = "users.email_verified.v1"
    READERS: ClassVar[tuple[str, ...]] = ("workflow", "analytics")

    user_id: UUID


class EmailChanged(Event):
    """An account has another address; the owner of the old one is told."""

    NAME: ClassVar[str] = "users.email_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    old_email: str
    product_line: str


class PasswordResetRequested(Event):
    """Somebody forgot a password. ``sealed_token``: as in ``EmailVerificationRequested``."""

    NAME: ClassVar[str] = "users.password_reset_requested.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    sealed_token: str
    expires_at: datetime
    product_line: str


class PasswordChanged(Event):
    """A password was changed by its owner, or reset by a link; all other sessions have ended."""

    NAME: ClassVar[str] = "users.password_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    how: Literal["changed", "reset"]
    product_line: str


class UserLoggedIn(Event):
    """A session began. ``new_device``: none of the account's earlier sessions came from a device like it."""

    NAME: ClassVar[str] = "users.user_logged_in.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing", "notify", "analytics")

    user_id: UUID
    session_id: UUID
    product_line: str
    device: str
    """As its owner is shown it: "Firefox on Linux"."""
    address_hash: str
    new_device: bool = False


class ConsentChanged(Event):
    """Somebody agreed to something that is not needed, or took it back. What a product needs is not told."""

    NAME: ClassVar[str] = "users.consent_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("analytics",)

    user_id: UUID
    kind: Literal["marketing", "analytics"]
    granted: bool
    given_at: datetime


class LoginFailed(Event):
    """A login was refused. ``login_hash`` stands for what was typed, ``address_hash`` for where from (SEC-33)."""

    NAME: ClassVar[str] = "users.login_failed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("analytics",)

    login_hash: str
    address_hash: str
    reason: Literal["credentials", "locked", "inactive", "second_factor"]
    product_line: str


class UserLocked(Event):
    """Too many logins of an account have failed; its owner is told."""

    NAME: ClassVar[str] = "users.user_locked.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    locked_until: datetime
    product_line: str


class RefreshTokenReused(Event):
    """A refresh token was used a second time: a copy is in other hands, its session has ended, its owner is told."""

    NAME: ClassVar[str] = "users.refresh_token_reused.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    session_id: UUID
    device: str
    product_line: str


class SecondFactorChanged(Event):
    """A second factor was switched on or off, or its recovery codes were made anew; its owner is told."""

    NAME: ClassVar[str] = "users.second_factor_changed.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    what: Literal["enabled", "disabled", "recovery_codes"]
    product_line: str


class ApiKeyCreated(Event):
    """An API key exists, or has replaced another one; its owner is told. Of the key itself only its prefix is in it."""

    NAME: ClassVar[str] = "users.api_key_created.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    user_id: UUID
    key_id: UUID
    name: str
    prefix: str
    product_line: str


class ApiKeyRevoked(Event):
    """An API key has ended; whoever caches verified keys drops it."""

    NAME: ClassVar[str] = "users.api_key_revoked.v1"
    READERS: ClassVar[tuple[str, ...]] = ("gateway",)

    user_id: UUID
    key_id: UUID


class UserDeletionRequested(Event):
    """Everything about a person goes: every service erases or makes anonymous what it has, and answers (USR-40).

    Who still works for the person ends that, and does not answer before it has ended. Asked again for as long as an
    answer is missing; ``ask`` counts.
    """

    NAME: ClassVar[str] = "users.user_deletion_requested.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing", "workflow", "ai_router", "export", "notify", "analytics")

    user_id: UUID
    ask: int = 1


class UserDeleted(Event):
    """Every service has answered. ``sealed_email`` is under ``LINK_KEY``, for the last letter."""

    NAME: ClassVar[str] = "users.user_deleted.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify", "analytics")

    user_id: UUID
    sealed_email: str
    language: str = "en"
    product_line: str


class DataExportRequested(Event):
    """Somebody wants all that is known of them: every service puts its part into the store and answers (USR-39)."""

    NAME: ClassVar[str] = "users.data_export_requested.v1"
    READERS: ClassVar[tuple[str, ...]] = ("billing", "workflow", "ai_router", "export", "notify")

    export_id: UUID
    user_id: UUID


class DataExportReady(Event):
    """All parts of an export are one archive, to be fetched by its owner until ``expires_at``."""

    NAME: ClassVar[str] = "users.data_export_ready.v1"
    READERS: ClassVar[tuple[str, ...]] = ("notify",)

    export_id: UUID
    user_id: UUID
    archive: StoredObject
    expires_at: datetime
    product_line: str
