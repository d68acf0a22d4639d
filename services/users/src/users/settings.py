"""Users' own settings."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What users needs beyond the common settings."""

    REQUIRED_IN_PRODUCTION: ClassVar[tuple[str, ...]] = ("database_url", "jwt_private_key")

    service_name: str = Field("users", description="In log lines, metrics and traces.")
    jwt_private_key: SecretStr | None = Field(
        None, description="Ed25519 key that signs access tokens: PEM, or the path of a PEM file."
    )
    jwt_key_file: Path | None = Field(
        None, description="Outside production: where a key is kept, made at the first start."
    )
    refresh_days: int = Field(7, ge=1, le=90, description="Life of a refresh token.")
    refresh_grace_s: float = Field(
        10.0, ge=0, le=60, description="A refresh token may be used again this long after: two tabs, one lost answer."
    )
    bcrypt_cost: int | None = Field(None, ge=10, le=15, description="Fixed cost; without it calibrated at start.")
    lockout_failures: int = Field(5, ge=1, description="Failed logins within the window that lock an account.")
    lockout_window_minutes: int = Field(60, ge=1, description="Window in which failures are counted.")
    lockout_minutes: int = Field(30, ge=1, description="How long an account stays locked.")
