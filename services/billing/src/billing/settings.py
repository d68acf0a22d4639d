"""Billing's own settings."""

from __future__ import annotations

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What billing needs beyond the common settings."""

    service_name: str = Field("billing", description="In log lines, metrics and traces.")
    opening_plan: str = Field("free", description="Plan of a new account; another one where the owner is the user.")
    hold_hours: int = Field(24, ge=1, le=720, description="A hold that nobody settles is released after this long.")
    expiry_poll_s: float = Field(60.0, gt=0, description="How often expired holds are looked for.")
