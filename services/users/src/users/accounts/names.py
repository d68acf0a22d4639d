"""What people may be called: whatever they like, as long as everybody sees the same."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"
"""Part of how Persian, Hindi and emoji are written; invisible, so they make no name alone."""

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by their category that show nothing."""

_MARKUP = frozenset("<>")


def unfit(name: str) -> str | None:
    """What is wrong with a name, for the person choosing it; None when it is accepted."""
    if any(c in _MARKUP for c in name):
        return "cannot contain < or >"
    if any(_is_hidden(c) for c in name):
        return "has a character that cannot be seen, or that turns the direction of writing"
    if not any(_is_visible(c) for c in name):
        return "needs a character that can be seen"
    return None


def cleaned(told: str, longest: int) -> str:
    """A name that somebody else vouches for, without what we do not accept; empty when nothing is left."""
    kept = "".join(" " if c in _MARKUP or _is_hidden(c) else c for c in unicodedata.normalize("NFC", told))
    name = " ".join(kept.split())[:longest].strip()
    return name if any(_is_visible(c) for c in name) else ""


def _is_hidden(character: str) -> bool:
    # Controls, formats (bidirectional ones among them), lone surrogates, line and paragraph ends.
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK
