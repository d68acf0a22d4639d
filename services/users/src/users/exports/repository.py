"""SQL of exports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from users.exports.models import DataExport, Part


class ExportRepository:
    """Finds exports."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, export_id: UUID) -> DataExport | None:
        """One, locked."""
        return await self._session.get(DataExport, export_id, with_for_update=True)

    async def current(self, user_id: UUID, now: datetime) -> DataExport | None:
        """The person's newest one that is being made, or can still be fetched."""
        query = select(DataExport).where(
            DataExport.user_id == user_id, DataExport.ready_at.is_(None) | (DataExport.expires_at > now)
        )
        return (await self._session.scalars(query.order_by(DataExport.requested_at.desc()))).first()

    async def parts(self, export_id: UUID) -> dict[str, Part]:
        """What was handed out, by service."""
        rows = await self._session.scalars(select(Part).where(Part.export_id == export_id))
        return {part.service: part for part in rows}

    async def unanswered(self, since: datetime, most: int) -> Sequence[DataExport]:
        """Those last asked about before then that are not ready, locked; the oldest first."""
        query = select(DataExport).where(DataExport.ready_at.is_(None), DataExport.asked_at <= since)
        query = query.order_by(DataExport.asked_at).limit(most).with_for_update(skip_locked=True)
        return (await self._session.scalars(query)).all()

    async def expired(self, now: datetime, most: int) -> Sequence[DataExport]:
        """Those that cannot be fetched any more, locked."""
        query = select(DataExport).where(DataExport.expires_at <= now)
        return (await self._session.scalars(query.limit(most).with_for_update(skip_locked=True))).all()

    async def remove(self, export_id: UUID) -> None:
        """Remove one."""
        await self._session.execute(delete(DataExport).where(DataExport.id == export_id))

    def add(self, row: DataExport | Part) -> None:
        """A new one."""
        self._session.add(row)
