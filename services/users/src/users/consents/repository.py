"""SQL of the history of consents."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from users.accounts.models import Consent


async def history(tx: Transaction, user_id: UUID, page: PageRequest) -> tuple[Sequence[Consent], int]:
    """All that a user has said, the newest first, and how often that was."""
    total = await tx.session.scalar(select(func.count()).select_from(Consent).where(Consent.user_id == user_id))
    rows = await tx.session.scalars(
        select(Consent)
        .where(Consent.user_id == user_id)
        .order_by(Consent.given_at.desc(), Consent.id.desc())
        .offset(page.offset)
        .limit(page.limit)
    )
    return rows.all(), total or 0
