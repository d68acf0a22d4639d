"""Videos that somebody sends: which links are taken and the one form in which they are asked for (WFL-38), and how long
they may be (BIL-52). Pure.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

HOSTS = frozenset(
    {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", "www.youtube-nocookie.com", "youtu.be"}
)
"""Where videos are fetched from. Nothing else that somebody sends is ever connected to."""

_ROUNDED_S = 1.0
"""Lengths are told in whole seconds; nobody is refused for what is behind the point."""
_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_UNDER = frozenset({"shorts", "live", "embed", "v"})
_LONGEST = 2_000


class NotAVideoLink(ValueError):
    """Not a link to one video of a host that is taken. The text says to a person what is wrong and what to send."""


def canonical(link: str) -> str:
    """The address of the one video that ``link`` leads to; raises :class:`NotAVideoLink`.

    Its parts are told from the link without asking anybody, so that a playlist, a search or a redirect is refused
    here, and whatever else the link says (times, trackers, ports, users) is left behind.
    """
    text = link.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        raise NotAVideoLink("This is no link. Copy the address of a YouTube video.") from None
    if len(text) > _LONGEST or not host or parts.scheme not in ("http", "https"):
        raise NotAVideoLink("This is no link. Copy the address of a YouTube video.")
    if host not in HOSTS or port not in (None, 80, 443) or parts.username is not None:
        raise NotAVideoLink(
            f"Videos are fetched from YouTube, not from {host[:100]}. Send a link to YouTube, or upload the video."
        )
    found = _id_of(host, parts.path, parts.query)
    if found is None or not _ID.fullmatch(found):
        raise NotAVideoLink(
            "This link leads to no single video. Open the video on YouTube and copy its address, such as "
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ."
        )
    return f"https://www.youtube.com/watch?v={found}"


def is_longer(seconds: float, most: float) -> bool:
    """Whether a time is behind ``most``, as exactly as lengths are told."""
    return seconds > most + _ROUNDED_S


def too_long(seconds: float, most: float, plan: str) -> str:
    """To a person: a plan takes no video of so many seconds."""
    return (
        f"This video has {seconds / 60:.1f} minutes; the {plan} plan takes {most / 60:g}. "
        "Choose a larger plan or a shorter video."
    )


def _id_of(host: str, path: str, query: str) -> str | None:
    pieces = [piece for piece in path.split("/") if piece]
    if host == "youtu.be":
        return pieces[0] if len(pieces) == 1 else None
    if pieces == ["watch"]:
        return next(iter(parse_qs(query).get("v", ())), None)
    if len(pieces) == 2 and pieces[0] in _UNDER:
        return pieces[1]
    return None
