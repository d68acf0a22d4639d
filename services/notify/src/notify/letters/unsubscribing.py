"""Links that end letters of a kind with one click (RFC 8058), for who has the letter and nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from chassis.errors import NotFound
from chassis.identity.vault import Unreadable, Vault

PATH = "/api/v1/notifications/unsubscribe"


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """Makes such links and reads them; ``vault`` is that of ``ENCRYPTION_KEY``."""

    vault: Vault
    public_url: str

    def url(self, user_id: UUID, kind: str) -> str:
        """Where a letter's list of headers leads."""
        token = self.vault.seal(f"{user_id} {kind}").decode()
        return f"{self.public_url}{PATH}?{urlencode({'token': token})}"

    def read(self, token: str) -> tuple[UUID, str]:
        """Whose link it is, and for which kind; raises ``NotFound`` for what is none of ours."""
        try:
            user_id, _, kind = self.vault.open(token.encode()).partition(" ")
            return UUID(user_id), kind
        except (Unreadable, ValueError):
            raise NotFound("This link is not one of ours. Open the settings of your account instead.") from None
