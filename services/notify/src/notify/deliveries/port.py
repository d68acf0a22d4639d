"""What every channel to the outside can do."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol
from uuid import UUID


class NotDelivered(Exception):
    """A channel did not take a message; trying again can help. The text names neither recipient nor content."""


class Refused(NotDelivered):
    """The channel will never take this message: there is no such address, or it wants nothing from us."""


class MailChannel(Protocol):
    """Takes letters to their recipients."""

    async def send(self, letter_id: UUID, letter: EmailMessage) -> str | None:
        """Hand ``letter`` over to whoever delivers it; how they call it.

        Raises :class:`NotDelivered`, and :class:`Refused` where no repetition helps. The same ``letter_id`` comes again
        when nobody knows how the first time ended.
        """
        ...
