"""Rules of an order that need no I/O: what may be said, and what is kept of it."""

from __future__ import annotations

import html
import re

from workflow.runs.errors import BadScript

_FORBIDDEN = (
    (re.compile(r"<\s*/?\s*script\b", re.I), "script tags"),
    (re.compile(r"javascript\s*:", re.I), "javascript links"),
    (re.compile(r"<[^>]*\bon[a-z]+\s*=", re.I), "event handlers"),
    (re.compile(r"\b(?:eval|exec)\s*\(", re.I), "calls to eval or exec"),
)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_script(script: str, limit: int) -> str:
    """The script as it is stored: without HTML tags and control characters (WFL-33). Raises :class:`BadScript`."""
    # Entities and control characters are resolved first: what hides in them is judged as what a browser would see.
    plain = _CONTROL.sub("", html.unescape(script))
    for pattern, name in _FORBIDDEN:
        if pattern.search(plain):
            raise BadScript(f"The script must not contain {name}.", fields={"script": f"contains {name}"})
    text = plain
    while (stripped := _TAG.sub("", text)) != text:
        text = stripped
    text = text.strip()
    if not text:
        raise BadScript("The script is empty. Write what the photo should say.", fields={"script": "is empty"})
    if len(text) > limit:
        raise BadScript(
            f"The script has {len(text)} characters; at most {limit} are allowed.", fields={"script": "is too long"}
        )
    return text


def clean_line(text: str) -> str:
    """A title or description without HTML tags and control characters."""
    return _TAG.sub("", _CONTROL.sub("", text)).strip()
