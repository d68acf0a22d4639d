"""What a letter's link stands for."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.models import Base


class Purpose(StrEnum):
    """What a one-time token is good for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  # no password
    CHANGE_EMAIL = "change_email"


LIVES = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
}

LETTERS, WITHIN = 3, timedelta(hours=1)
"""So many letters of a purpose may be asked for an address, or by an account, in that time (USR-06, USR-07)."""


class OneTimeToken(Base):
    """A link on its way, as a hash (USR-28). ``email`` is the address that it is sent to, and so proves.

    ``session_id`` is the session that asked, if one did: it goes on when the link's use ends the others.
    """

    __tablename__ = "one_time_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(255))
    session_id: Mapped[UUID | None]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.used_at is None and self.expires_at > now
