"""What an alert is, and how operators are told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter

COMBINED_FOR = timedelta(minutes=10)
"""Equal alerts within this time are told once (NTF-17)."""

What = Literal["raised", "resolved"]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is wrong, or is so no longer. Equal ones have the same ``fingerprint``."""

    fingerprint: str
    severity: str
    service: str
    message: str
    firing: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """What one message to operators says. ``times``: how often it was heard since it began."""

    what: What
    severity: str
    service: str
    message: str
    at: datetime
    times: int

    @property
    def title(self) -> str:
        """In a line."""
        state = f"{self.severity.upper()}" if self.what == "raised" else "RESOLVED"
        return f"[{state}] {self.service}: {' '.join(self.message.split())}"[:250]

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        often = f", heard {self.times} times" if self.times > 1 else ""
        return f"{self.title}\n{self.at:%Y-%m-%d %H:%M:%S} UTC, severity {self.severity}{often}"

    def stored(self) -> dict[str, Any]:
        """As a payload holds it."""
        return asdict(self)


NOTICE = TypeAdapter(Notice)
"""Reads a payload."""
