"""Finding accounts, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.http.pagination import PageRequest
from contracts.enums import Role
from users.accounts.models import User
from users.erasure.models import Erasure


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which accounts; None leaves something alone. ``text`` is a part of address, username or name, or a whole id."""

    text: str | None = None
    role: str | None = None
    is_active: bool | None = None
    locked: bool | None = None
    product_line: str | None = None


class Accounts:
    """Finds accounts of anybody."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, wanted: Wanted, page: PageRequest, now: datetime) -> tuple[Sequence[User], int]:
        """Accounts of a page, the newest first, and how many there are on all."""
        conditions = list(_conditions(wanted, now))
        total = await self._session.scalar(select(func.count()).select_from(User).where(*conditions))
        rows = await self._session.scalars(
            select(User)
            .where(*conditions)
            .order_by(User.created_at.desc(), User.id.desc())
            .offset(page.offset)
            .limit(page.limit)
        )
        return rows.all(), total or 0

    async def is_erased(self, user_id: UUID) -> bool:
        """Whether the account was deleted by its owner."""
        return await self._session.get(Erasure, user_id) is not None

    async def administrators(self) -> Sequence[UUID]:
        """Those who can act as one, locked: of two who take the role from each other, one comes first."""
        query = select(User.id).where(User.role == Role.ADMIN.value, User.is_active).order_by(User.id)
        return (await self._session.scalars(query.with_for_update())).all()


def _conditions(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.text is not None:
        columns = (User.email, User.username, User.name)
        found.append(
            User.id == as_id
            if (as_id := _as_id(wanted.text)) is not None
            else or_(*(column.icontains(wanted.text, autoescape=True) for column in columns))
        )
    if wanted.role is not None:
        found.append(User.role == wanted.role)
    if wanted.is_active is not None:
        found.append(User.is_active == wanted.is_active)
    if wanted.locked is not None:
        locked = func.coalesce(User.locked_until > now, False)
        found.append(locked if wanted.locked else ~locked)
    if wanted.product_line is not None:
        found.append(User.home_product_line == wanted.product_line)
    return found


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
