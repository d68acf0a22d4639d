"""What notify knows of a user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class Recipient:
    """A copy of what users has. Without ``email`` no letter can go out."""

    name: str = ""
    language: str = "en"
    email: str | None = None
    timezone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The user's time zone; UTC for a name that this machine does not know."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def local(self, moment: datetime) -> datetime:
        """``moment`` where the user is."""
        return moment.astimezone(self.zone)


UNKNOWN = Recipient()
