"""Letters into the local mail box, sealed: links in them open accounts."""

from __future__ import annotations

from email.message import EmailMessage
from uuid import UUID

from chassis.data.database import Database
from chassis.identity.vault import Vault
from notify.mailbox import repository


class MailboxChannel:
    """Satisfies :class:`notify.deliveries.port.MailChannel`. ``vault``: that of ``ENCRYPTION_KEY``."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def send(self, letter_id: UUID, letter: EmailMessage) -> str | None:
        """Keep a letter, once."""
        [to] = letter["To"].addresses
        sealed = self._vault.seal(letter.as_string())
        async with self._database.transaction() as tx:
            await repository.put(tx, letter_id, to.addr_spec, letter["Subject"], sealed)
        return None
