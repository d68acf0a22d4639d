"""How operators are reached: each channel is there when its setting is."""

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Protocol
from uuid import UUID

import aiohttp

from notify.alerts.models import Notice
from notify.deliveries.port import MailChannel, NotDelivered


class AlertChannel(Protocol):
    """Tells operators something."""

    async def send(self, work_id: UUID, notice: Notice) -> None:
        """Tell it; raises :class:`notify.deliveries.port.NotDelivered`."""
        ...


class _Hook:
    """A service that takes messages at an address, which is its password too: no error names it."""

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def _post(self, body: Mapping[str, Any]) -> None:
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url, json=body, allow_redirects=False) as reply,
            ):
                status = reply.status
        except (aiohttp.ClientError, OSError, TimeoutError) as failure:
            raise NotDelivered(f"no answer ({type(failure).__name__})") from None
        if not 200 <= status < 300:
            raise NotDelivered(f"answered {status}")


class Discord(_Hook):
    """An incoming webhook of Discord."""

    async def send(self, work_id: UUID, notice: Notice) -> None:
        """Post the text; names in it call nobody."""
        await self._post({"content": notice.text[:2000], "allowed_mentions": {"parse": []}})


class Slack(_Hook):
    """An incoming webhook of Slack."""

    async def send(self, work_id: UUID, notice: Notice) -> None:
        """Post the text; what looks like a link or a name is text."""
        text = notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        await self._post({"text": text})


class OperatorsMail:
    """A letter to one address."""

    def __init__(self, mail: MailChannel, *, mail_from: str, to: str) -> None:
        self._mail = mail
        self._from = parseaddr(mail_from)
        self._to = to

    async def send(self, work_id: UUID, notice: Notice) -> None:
        """Write and hand over the letter."""
        letter = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        name, address = self._from
        letter["From"] = Address(name, addr_spec=address)
        letter["To"] = Address(addr_spec=self._to)
        letter["Subject"] = notice.title
        letter["Date"] = format_datetime(notice.at)
        letter["Message-ID"] = f"<{work_id}@{address.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(notice.text)
        await self._mail.send(work_id, letter)
