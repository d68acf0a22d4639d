"""Uploads that arrive in parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.objects import StoredObject


@dataclass(frozen=True, slots=True)
class NewUpload:
    """An upload that has been announced; ``length`` in bytes."""

    id: UUID
    user_id: UUID
    product_line: str
    original_name: str
    purpose: str
    is_temporary: bool
    project_id: UUID | None
    length: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload; ``received`` of ``length`` bytes have arrived, in ``parts``. ``file_id``: what became of it."""

    id: UUID
    user_id: UUID
    product_line: str
    original_name: str
    purpose: str
    is_temporary: bool
    project_id: UUID | None
    length: int
    received: int
    parts: tuple[StoredObject, ...]
    file_id: UUID | None
    tries: int
    expires_at: datetime
    created_at: datetime
    updated_at: datetime

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.received == self.length
