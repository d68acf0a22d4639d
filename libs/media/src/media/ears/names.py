"""What languages are called by those who listen: some say ``en``, others ``english``."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import import_module

_OTHERWISE = {"bengali": "bn", "castilian": "es", "flemish": "nl", "haitian": "ht", "jw": "jv", "mandarin": "zh",
              "moldavian": "ro", "moldovan": "ro", "myanmar": "my", "nynorsk": "nn", "panjabi": "pa", "pushto": "ps",
              "sinhalese": "si", "tagalog": "tl", "valencian": "ca"}  # fmt: skip
"""What Whisper's models say and Unicode's list of languages does not."""


def code_of(said: str) -> str:
    """The code of a language that is said by its code or by its English name; nothing for what is neither."""
    word = _plain(said)
    codes = _codes()
    head = word.replace("_", "-").partition("-")[0]
    if head in codes.values():
        return head
    return codes.get(word, "")


@cache
def _codes() -> dict[str, str]:
    names: dict[str, str] = import_module("babel").Locale("en").languages
    plain = {_plain(name): code for code, name in names.items() if code.isalpha()}
    return plain | _OTHERWISE


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.strip())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
