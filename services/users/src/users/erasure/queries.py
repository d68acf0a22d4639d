"""Erasures for administrators."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from chassis.data.database import Transaction
from chassis.http.pagination import PageRequest
from users.erasure.models import Erasure


async def find(tx: Transaction, page: PageRequest, *, completed: bool | None) -> tuple[Sequence[Erasure], int]:
    """Those of a page, the newest first, and how many there are."""
    conditions = []
    if completed is not None:
        conditions = [Erasure.completed_at.is_not(None) if completed else Erasure.completed_at.is_(None)]
    total = await tx.session.scalar(select(func.count()).select_from(Erasure).where(*conditions))
    rows = await tx.session.scalars(
        select(Erasure)
        .where(*conditions)
        .order_by(Erasure.requested_at.desc(), Erasure.user_id.desc())
        .offset(page.offset)
        .limit(page.limit)
    )
    return rows.all(), total or 0
