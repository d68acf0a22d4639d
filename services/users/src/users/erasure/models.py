"""Tables of erasures."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.models import Base

SERVICES = ("ai_router", "billing", "export", "notify", "workflow")
"""Who has to answer."""

FIRST = "workflow"
"""Until it has answered, something may still be made for the person, and what others answer does not count."""


class Erasure(Base):
    """One person who wants to be forgotten. The row is all that is left of them here, and says nothing about them.

    ``ask`` is how often the services have been asked, ``counts_from`` the first asking whose answers count.
    ``sealed_email`` is for the last letter, and goes with it.
    """

    __tablename__ = "erasures"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_line: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(10))
    sealed_email: Mapped[bytes | None] = mapped_column(LargeBinary)
    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    ask: Mapped[int]
    counts_from: Mapped[int | None]
    requested_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class Receipt(Base):
    """A service has erased what it had, when it was asked for the ``ask``-th time."""

    __tablename__ = "erasure_receipts"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("erasures.user_id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    ask: Mapped[int]
    answered_at: Mapped[datetime]


def answered(erasure: Erasure, receipts: dict[str, Receipt]) -> dict[str, datetime]:
    """When the services answered whose answer counts."""
    since = erasure.counts_from
    return {
        service: receipt.answered_at
        for service, receipt in receipts.items()
        if since is not None and receipt.ask >= since
    }
