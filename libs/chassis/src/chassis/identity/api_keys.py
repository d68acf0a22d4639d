"""What an API key looks like: ``tpk_``, 32 random characters, and 6 that are a checksum of those.

The fixed beginning is what scanners for leaked secrets look for; the checksum refuses a typing error without asking
anybody. Neither makes a key any easier to guess: the random part has 190 bits.
"""

from __future__ import annotations

import hashlib
import secrets
import string
import zlib

PREFIX = "tpk_"
SHOWN = len(PREFIX) + 8
"""So much of a key is kept readable, so that its owner can tell it from others."""

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM = 32
_CHECKSUM = 6
LENGTH = len(PREFIX) + _RANDOM + _CHECKSUM


def new_key() -> str:
    """A key that nobody has had before."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{PREFIX}{random}{_checksum(random)}"


def looks_like_key(text: str) -> bool:
    """Whether somebody who sends ``text`` means an API key, well written or not."""
    return text.startswith(PREFIX)


def is_well_formed(text: str) -> bool:
    """Whether ``text`` can be a key at all: its length, and its checksum."""
    random = text[len(PREFIX) : -_CHECKSUM]
    return looks_like_key(text) and len(text) == LENGTH and text[-_CHECKSUM:] == _checksum(random)


def hashed(key: str) -> bytes:
    """What a key is looked up by: so much chance needs neither salt nor a slow hash."""
    return hashlib.sha256(key.encode()).digest()


def _checksum(random: str) -> str:
    number, digits = zlib.crc32(random.encode()), []
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
