"""Letters through an SMTP server (NTF-06)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from notify.deliveries.port import NotDelivered, Refused

_DEFAULT_PORTS = {"smtp": 587, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters are handed over. ``start_tls`` None: encrypted where the server offers it."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    start_tls: bool | None

    @classmethod
    def of(cls, url: str) -> Server:
        """``smtp://``, ``smtp+starttls://`` (never without) or ``smtps://``, with user and password where needed.

        Raises ``ValueError``.
        """
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ValueError("must be smtp://, smtp+starttls:// or smtps:// and a host")
        return cls(
            parts.hostname,
            parts.port or _DEFAULT_PORTS[parts.scheme],
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            parts.scheme == "smtps",
            {"smtp": None, "smtp+starttls": True, "smtps": False}[parts.scheme],
        )


class SmtpChannel:
    """Satisfies :class:`notify.deliveries.port.MailChannel`; one connection a letter."""

    def __init__(self, server: Server, *, timeout_s: float) -> None:
        self._server = server
        self._timeout_s = timeout_s

    async def send(self, letter_id: UUID, letter: EmailMessage) -> str | None:
        """Hand a letter over; what the server says to that."""
        server = self._server
        try:
            _, said = await aiosmtplib.send(
                letter,
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.tls,
                start_tls=server.start_tls,
                timeout=self._timeout_s,
            )
        except aiosmtplib.SMTPRecipientsRefused as failure:
            # One letter, one recipient.
            raise _failed([one.code for one in failure.recipients], "recipient") from None
        except aiosmtplib.SMTPDataError as failure:
            raise _failed([failure.code], "letter") from None
        except aiosmtplib.SMTPResponseException as failure:
            # Who we are, or the server itself, is what is wrong: somebody may put that right.
            raise NotDelivered(f"the mail server answered {failure.code} ({type(failure).__name__})") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as failure:
            raise NotDelivered(f"the mail server does not answer ({type(failure).__name__})") from None
        return said[:200]


def _failed(codes: list[int], what: str) -> NotDelivered:
    for_good = all(code >= 500 for code in codes)
    kind = Refused if for_good else NotDelivered
    return kind(f"the mail server refused the {what}: {', '.join(map(str, codes))}")
