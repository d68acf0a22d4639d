"""Tables of exports."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.models import Base, Identified

SERVICES = ("ai_router", "billing", "export", "notify", "workflow")
"""Who has to hand out a part."""


class DataExport(Base, Identified):
    """One archive for one person; ``archive`` is a ``StoredObject``, null until it is ready."""

    __tablename__ = "data_exports"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    product_line: Mapped[str] = mapped_column(String(40))
    requested_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    archive: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class Part(Base):
    """What one service handed out: ``part`` is a ``StoredObject``."""

    __tablename__ = "data_export_parts"

    export_id: Mapped[UUID] = mapped_column(ForeignKey("data_exports.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    part: Mapped[dict[str, Any]] = mapped_column(JSONB)
