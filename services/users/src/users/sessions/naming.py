"""What a device is called for its owner, from what its client says of itself (USR-24)."""

from __future__ import annotations

import re

UNKNOWN = "Unknown device"
_LONGEST = 60

_CLIENTS = (
    # Whoever is built on another one names that too, so the more special ones come first.
    ("Edge", r"\bEdgA?(iOS)?/"),
    ("Opera", r"\bOPR/|\bOpera\b"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\bFirefox/|\bFxiOS/"),
    ("Chrome", r"\bChrom(e|ium)/|\bCriOS/"),
    ("Safari", r"\bSafari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMacintosh\b|\bMac OS X\b"),
    ("Linux", r"\bLinux\b|\bX11\b"),
)


def device_name(user_agent: str | None) -> str:
    """``Firefox on Linux``; the program's own name where it is no browser; ``Unknown device`` where nothing is said."""
    text = user_agent or ""
    client = _first(_CLIENTS, text) or _own_name(text)
    system = _first(_SYSTEMS, text)
    if client is None:
        return system or UNKNOWN
    return f"{client} on {system}" if system is not None else client


def _first(known: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for name, pattern in known if re.search(pattern, text)), None)


def _own_name(text: str) -> str | None:
    found = re.match(r"([A-Za-z0-9_. -]+?)(/|$)", text)
    name = found[1].strip()[:_LONGEST] if found is not None else ""
    return name if name and name != "Mozilla" else None
