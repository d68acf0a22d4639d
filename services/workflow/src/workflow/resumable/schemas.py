"""What the endpoints of resumable uploads answer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class UploadOut(BaseModel):
    """How far an upload is. The tus protocol's headers say the same."""

    id: UUID = Field(description="Of the upload.")
    original_name: str = Field(description="What the file is called.", examples=["talk.mp4"])
    length: int = Field(description="Bytes in all.", examples=[104857600])
    offset: int = Field(description="Bytes that have arrived; send the next from there.", examples=[16777216])
    file_id: UUID | None = Field(description="What it has become, once all of it has arrived and was accepted.")
    created_at: datetime = Field(description="When it was announced.")
    expires_at: datetime = Field(description="When it is ended unless all of it has arrived.")
