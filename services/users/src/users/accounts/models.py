"""Tables of accounts and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.models import Base, Identified, Timestamped
from contracts.enums import Role


class CountsFailures:
    """Failed logins within a window, and the lock that came of them."""

    failed_login_count: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]


class User(Base, Identified, Timestamped, CountsFailures):
    """One account; works in every product line (PLT-07)."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(255), unique=True)
    username: Mapped[str] = mapped_column(String(100))
    name: Mapped[str | None] = mapped_column(String(255))
    password_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    avatar_url: Mapped[str | None] = mapped_column(String(500))
    role: Mapped[str] = mapped_column(String(20), default=Role.USER.value)
    is_active: Mapped[bool] = mapped_column(default=True)
    email_verified: Mapped[bool] = mapped_column(default=False)
    timezone: Mapped[str] = mapped_column(String(50), default="UTC")
    language: Mapped[str] = mapped_column(String(10), default="en")
    home_product_line: Mapped[str] = mapped_column(String(40))
    last_login: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    def called(self) -> list[str]:
        """What others know of somebody: no password is one of these."""
        return [self.email, self.email.split("@")[0], self.username, self.name or ""]


class Consent(Base, Identified):
    """What was agreed to, when; append-only (USR-27)."""

    __tablename__ = "consents"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    policy_version: Mapped[str] = mapped_column(String(20))
    granted: Mapped[bool]
    given_at: Mapped[datetime]
    ip_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class Entitlement(Base):
    """A read-only copy of plan and credits per product line, fed by billing (USR-23)."""

    __tablename__ = "entitlements"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_line: Mapped[str] = mapped_column(String(40), primary_key=True)
    plan: Mapped[str] = mapped_column(String(40))
    credits: Mapped[int]
    version: Mapped[int]
    period_ends_at: Mapped[datetime | None]
    credits_anew: Mapped[int | None]
    limits: Mapped[dict[str, int]] = mapped_column(JSON)
    used: Mapped[dict[str, int]] = mapped_column(JSON)
    features: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    plans_with: Mapped[dict[str, list[str]]] = mapped_column(JSONB, default=dict)
    subscription_status: Mapped[str | None]
    subscription_told_at: Mapped[datetime | None]

    def credits_at(self, now: datetime) -> int:
        """How many there are: of a period that is over nothing is known to be used."""
        return self.credits_anew if self._over(now) and self.credits_anew is not None else self.credits

    def used_at(self, now: datetime) -> dict[str, int]:
        """How much of each limit is used, by meter."""
        return {meter: 0 if self._over(now) else self.used.get(meter, 0) for meter in self.limits}

    def ends_after(self, now: datetime) -> datetime | None:
        """When the present period ends, as far as is known."""
        return None if self._over(now) else self.period_ends_at

    def _over(self, now: datetime) -> bool:
        return self.period_ends_at is not None and self.period_ends_at <= now


class Session(Base, Identified, Timestamped):
    """One login on one device, in one product line."""

    __tablename__ = "user_sessions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    product_line: Mapped[str] = mapped_column(String(40))
    ip_address: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(400))
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base, Identified):
    """One refresh token of a session, as a hash. ``used_at`` is when it was exchanged.

    With ``successor_salt`` whoever has the token itself can be given the same successor again; the salt alone says
    nothing about it.
    """

    __tablename__ = "refresh_tokens"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("user_sessions.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    successor_salt: Mapped[bytes | None] = mapped_column(LargeBinary)


class UnknownLogin(Base, CountsFailures):
    """What somebody tried to log in as, and nobody is: a keyed hash, counted as an account is (SEC-25)."""

    __tablename__ = "unknown_logins"

    id: Mapped[UUID] = mapped_column(primary_key=True)


class LoginGuard(Base, CountsFailures):
    """What an address, as a keyed hash, has done to an account. ``spent_until``: it has had its share in a lock.

    ``user_id`` is of an account or of an ``UnknownLogin``.
    """

    __tablename__ = "login_guards"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    spent_until: Mapped[datetime | None]


class LoginAddress(Base, CountsFailures):
    """Failed logins from an address, for whatever accounts."""

    __tablename__ = "login_addresses"

    address: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
