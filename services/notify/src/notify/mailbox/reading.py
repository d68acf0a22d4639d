"""A kept letter, taken apart."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP

_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Opened:
    """``html`` has its pictures inside, so that it needs nothing from elsewhere."""

    sender: str
    headers: dict[str, str]
    text: str
    html: str
    links: list[str]


def opened(raw: str) -> Opened:
    """What is in a letter that was kept as ``raw``."""
    letter = message_from_string(raw, policy=SMTP)
    text, html = _content(letter, "plain"), _content(letter, "html")
    for part in letter.walk():
        if (name := part.get("Content-ID")) is not None:
            inside = base64.b64encode(part.get_content()).decode("ascii")
            html = html.replace(f"cid:{name.strip('<>')}", f"data:{part.get_content_type()};base64,{inside}")
    links = list(dict.fromkeys(_LINK.findall(text)))
    return Opened(str(letter["From"]), {name: str(value) for name, value in letter.items()}, text, html, links)


def _content(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
