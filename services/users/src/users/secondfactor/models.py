"""Tables of second factors, and the arithmetic of their codes."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyotp
from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.models import Base

STEP_S = 30
DRIFT = 1
"""Steps that an app's clock may be off, either way."""

RECOVERY_CODES = 10
CHALLENGE_LIVES = timedelta(minutes=5)
CHALLENGE_FAILURES = 5


class SecondFactor(Base):
    """An account's secret, shared with an app and sealed. ``enabled_at`` is None until a code has confirmed it.

    ``last_step`` is the time step of the code that was accepted last: neither it nor an earlier one is again.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    begun_at: Mapped[datetime]
    enabled_at: Mapped[datetime | None]
    last_step: Mapped[int | None]


class RecoveryCode(Base):
    """Good once instead of a code of the app; kept as a hash."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("second_factors.user_id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]


class LoginChallenge(Base):
    """A login whose password was right and whose code is awaited; its ticket as a hash."""

    __tablename__ = "login_challenges"

    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    product_line: Mapped[str] = mapped_column(String(40))
    failures: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]


def step_of(code: str, secret: str, now: datetime) -> int | None:
    """The time step, of those that an app may be in ``now``, whose code this is; None where it is none of them."""
    app, present = pyotp.TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
    matching = [
        step
        for step in range(present - DRIFT, present + DRIFT + 1)
        if app.verify(code, for_time=datetime.fromtimestamp(step * STEP_S, UTC))
    ]
    return max(matching, default=None)


def new_secret() -> str:
    """160 random bits in base32, as apps take them."""
    return pyotp.random_base32()


def uri_of(secret: str, email: str, issuer: str) -> str:
    """What an app reads from a QR code."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=email, issuer_name=issuer)


def new_recovery_codes() -> list[str]:
    """Ten of 120 random bits: "abcd-efgh-ijkl-mnop-qrst-uvwx". So many need no slow hash."""
    plain = [base64.b32encode(secrets.token_bytes(15)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, 24, 4)) for code in plain]


def normal(code: str) -> str:
    """A code as it was meant: without blanks and hyphens, in small letters."""
    return "".join(code.split()).replace("-", "").lower()
