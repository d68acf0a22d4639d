"""For whom a flag is on. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Flag:
    """On where all of it fits; no environments and no product lines are all of them."""

    key: str
    enabled: bool
    environments: Sequence[str]
    product_lines: Sequence[str]
    percent: int

    def is_on(self, *, environment: str, product_line: str, user_id: UUID) -> bool:
        """Whether it is on for this user there."""
        return (
            self.enabled
            and (not self.environments or environment in self.environments)
            and (not self.product_lines or product_line in self.product_lines)
            and share_of(self.key, user_id) < self.percent
        )


def share_of(key: str, user_id: UUID) -> int:
    """Where a user stands among all, from 0 to 99: always the same for a flag, and another for each.

    So whoever has something keeps it while the share grows, and no user is first with everything.
    """
    return int.from_bytes(hashlib.sha256(f"{key} {user_id}".encode()).digest()[:8], "big") % 100
