"""What a client may tell of its use: words and numbers, no sentences and no addresses of anything of a user's."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, field_validator

from chassis.http.inputs import Input, Whole

MOST_FIELDS = 20
_AN_ID = re.compile(r"(?<=/)[^/]*\d[^/]{7,}(?=/|$)")
"""A part of a path with a digit and some length: an id, a token, somebody's name with a number."""

Value = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")] | bool | float
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Browserish = Annotated[str, StringConstraints(pattern=r"^[\w .()/-]+$", max_length=100)]


class ClientEventIn(Input):
    """Something that somebody did in a page or client."""

    event_type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,99}$")] = Field(
        description="What happened.", examples=["page.viewed"]
    )
    event_data: dict[Name, Value] = Field(
        default_factory=dict,
        max_length=MOST_FIELDS,
        description="More of it: numbers and single words, never what a user wrote.",
        examples=[{"step": "script", "tries": 2}],
    )
    page_url: str | None = Field(
        None,
        max_length=2000,
        description="Where. Its query, its fragment and what looks like an id are not kept.",
        examples=["https://app.example.com/studio/videos/new"],
    )
    referrer: str | None = Field(
        None, max_length=2000, description="From where. Only its host is kept.", examples=["https://example.org/"]
    )
    session_id: UUID | None = Field(
        None,
        description="What the client made up for this visit; never that of a login.",
        examples=["0199f0a1-0000-4000-8000-000000000001"],
    )
    device_type: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,50}$")] | None = Field(
        None, description="Such as `mobile`.", examples=["desktop"]
    )
    browser: Browserish | None = Field(None, description="Its name.", examples=["Firefox 145"])
    os: Browserish | None = Field(None, description="The system's name.", examples=["Linux"])
    page_load_time: Annotated[Whole, Field(ge=0, le=600_000)] | None = Field(
        None, description="Milliseconds.", examples=[840]
    )
    interaction_time: Annotated[float, Field(ge=0, le=86_400)] | None = Field(
        None, description="Seconds.", examples=[12.5]
    )

    @field_validator("page_url")
    @classmethod
    def _without_whom(cls, value: str | None) -> str | None:
        return None if value is None else _AN_ID.sub(":id", _parts(value)[1])[:255]

    @field_validator("referrer")
    @classmethod
    def _its_host(cls, value: str | None) -> str | None:
        return None if value is None else _parts(value)[0] or None


class ClientEventTaken(BaseModel):
    """It was kept."""

    id: UUID = Field(description="Of what was kept.", examples=["0199f0a1-0000-7000-8000-000000000001"])


def _parts(address: str) -> tuple[str, str]:
    """Host and path of an address. Raises ValueError for what is none."""
    try:
        found = urlsplit(address)
        host = found.hostname or ""
    except ValueError:
        raise ValueError("is no address") from None
    if found.scheme not in ("", "http", "https"):
        raise ValueError("is no address")
    return host[:255], found.path or "/"
