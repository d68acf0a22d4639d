"""What messages say, by kind and language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from notify.recipients.models import Recipient

ENGLISH = "en"
LANGUAGES = (ENGLISH, "hi", "es", "fr", "de", "ja", "ko", "zh", "fa")
"""PLT-45, and Persian."""
RIGHT_TO_LEFT = frozenset({"fa"})
LONGEST_TITLE = 255

_ISOLATE, _END = "\u2068", "\u2069"
"""Around what may run the other way, so that a date or an amount keeps its order."""


class Phrase(NamedTuple):
    """A value of a message that is itself words: told in the message's language."""

    key: str
    values: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Said:
    """A message in one language. ``action``: what its button says."""

    title: str
    body: str
    action: str | None


class Words:
    """One language. Values are plain text: whoever shows them in HTML escapes them."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else ENGLISH
        self.direction = "rtl" if self.language in RIGHT_TO_LEFT else "ltr"
        self._read = read(self.language)

    def say(self, kind: str, values: Mapping[str, object], recipient: Recipient) -> Said:
        """The message of a kind, for this recipient: moments are told by the recipient's clock."""
        known = {name: self._told(value, recipient) for name, value in values.items()}
        found = self._read["kinds"][kind]
        title, body = found["title"].format(**known), found["body"].format(**known)
        return Said(_shortened(" ".join(title.split())), " ".join(body.split()), found.get("action"))

    def phrase(self, key: str, **values: object) -> str:
        """Words that are in many messages."""
        return str(self._read["phrases"][key]).format(**values)

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in self._read["phrases"]

    def action(self, kind: str) -> str | None:
        """What the button of this kind of message says."""
        found: str | None = self._read["kinds"][kind].get("action")
        return found

    def _told(self, value: object, recipient: Recipient) -> object:
        if isinstance(value, Phrase):
            inner = {name: self._told(one, recipient) for name, one in value.values.items()}
            return self.phrase(value.key, **inner)
        told = f"{recipient.local(value):%Y-%m-%d %H:%M %Z}" if isinstance(value, datetime) else value
        return f"{_ISOLATE}{told}{_END}" if self.direction == "rtl" and isinstance(told, str) else told


@cache
def words_in(language: str) -> Words:
    """The words of a language, English for one that there is none of."""
    return Words(language)


@cache
def read(language: str) -> dict[str, dict[str, Any]]:
    """A language's file: ``kinds`` with title, body and perhaps action, and ``phrases``."""
    text = (files(__package__) / f"{language}.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def _shortened(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
