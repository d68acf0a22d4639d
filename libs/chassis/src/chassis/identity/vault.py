"""Encryption of what must not be read in a database or a message: tokens, secrets of webhooks, one-time links (SEC-17).

Fernet: AES-128-CBC with HMAC-SHA-256. Several keys may be given: the first encrypts, all decrypt, so a key is replaced
by putting a new one in front.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import AfterValidator, SecretStr

_SHORTEST_KEY = 32


class Unreadable(Exception):
    """Something was encrypted with a key that we do not have any more, or has been changed."""


class Vault:
    """Encrypts and decrypts with ``keys``, one or more, separated by commas: Fernet keys, or any secret of 32 or more.

    Raises ``ValueError`` for a key that is too short.
    """

    def __init__(self, keys: str) -> None:
        self._fernet = MultiFernet([Fernet(_fernet_key(key.strip())) for key in keys.split(",") if key.strip()])

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, text: str) -> bytes:
        """``text``, unreadable; ASCII."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """What was sealed; raises :class:`Unreadable`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise Unreadable("sealed with another key") from None


def hashed(secret: str) -> bytes:
    """What a single-use secret is looked up by."""
    return hashlib.sha256(secret.encode()).digest()


def _long_enough(value: SecretStr) -> SecretStr:
    if any(len(key.strip()) < _SHORTEST_KEY for key in value.get_secret_value().split(",")):
        raise ValueError(f"a key is shorter than {_SHORTEST_KEY} characters")
    return value


VaultKeys = Annotated[SecretStr, AfterValidator(_long_enough)]
"""A setting that a :class:`Vault` is made of."""


def _fernet_key(key: str) -> bytes:
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"a key of less than {_SHORTEST_KEY} characters")
    if len(key) == 44 and key.endswith("="):
        return key.encode()
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())
