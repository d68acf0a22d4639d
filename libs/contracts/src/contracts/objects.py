"""How big data travels in a message: by reference."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class StoredObject(BaseModel):
    """An object in the store. Keys never change their content, so a reader may cache by key."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: Annotated[str, Field(min_length=1, max_length=500)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    mime_type: Annotated[str, Field(min_length=3, max_length=100)]
