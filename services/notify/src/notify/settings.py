"""Notify's own settings."""

from __future__ import annotations

from pydantic import Field, SecretStr

from chassis.identity.vault import VaultKeys
from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What notify needs beyond the common settings."""

    service_name: str = Field("notify", description="In log lines, metrics and traces.")
    encryption_key: VaultKeys = Field(
        SecretStr("local-encryption-key-for-development"),
        description="Encrypts secrets of webhooks in the database, at least 32 characters. Several, with "
        "commas between: the first encrypts, all decrypt.",
    )
    link_key: VaultKeys = Field(
        SecretStr("local-link-key-for-development-only"),
        description="Opens the one-time links that users sends; users and notify have the same one. "
        "Several as with ENCRYPTION_KEY.",
    )
    heartbeat_s: float = Field(15.0, gt=0, le=30, description="A live stream says at least this often that it lives.")
    live_poll_s: float = Field(
        1.0, gt=0, description="Safety net: how often the log is looked at, once for all streams of a process."
    )
    keep_events_days: int = Field(30, ge=1, description="Updates of runs can be followed again for so long.")
    keep_messages_days: int = Field(365, ge=1, description="In-app messages are kept for so long.")
