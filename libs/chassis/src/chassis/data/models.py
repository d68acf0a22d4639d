"""The base of every service's ORM models."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis import ids


class Base(DeclarativeBase):
    """Relationships are declared ``lazy="raise"``: a forgotten join fails in a test, not as a slow page."""

    type_annotation_map = {datetime: DateTime(timezone=True)}


class Identified:
    """A UUIDv7 primary key."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.uuid7)


class Timestamped:
    """When a row came to be and was last changed, UTC (PLT-09)."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
