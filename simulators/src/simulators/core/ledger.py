"""What a simulated vendor accepted, so a test can count what a real one would have charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted piece of work."""

    operation: str
    job_id: str
    key: str | None
    """The caller's idempotency key or reference, where the protocol carries one."""
    body: Mapping[str, Any] = field(default_factory=dict)


class Ledger:
    """Everything accepted, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def accept(self, entry: Entry) -> None:
        """Write one acceptance down."""
        self.entries.append(entry)

    def by_key(self, key: str) -> Entry | None:
        """The first work accepted under the caller's key, if any."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def __len__(self) -> int:
        return len(self.entries)
