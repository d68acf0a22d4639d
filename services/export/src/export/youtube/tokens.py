"""What a user's grant gave us, and how it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from chassis.identity.vault import Vault


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a user's grant gave us."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime

    def sealed(self, vault: Vault) -> bytes:
        """All of it as one sealed value."""
        return vault.seal(json.dumps([self.access_token, self.refresh_token, self.expires_at.isoformat()]))

    @classmethod
    def opened(cls, sealed: bytes, vault: Vault) -> Tokens:
        """The tokens; raises :class:`chassis.identity.vault.Unreadable`."""
        access, refresh, expires_at = json.loads(vault.open(sealed))
        return cls(access, refresh, datetime.fromisoformat(expires_at))
