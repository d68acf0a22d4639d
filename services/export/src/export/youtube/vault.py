"""Encryption of what must not be read in the database: tokens, session addresses, PKCE verifiers (SEC-17).

Fernet: AES-128-CBC with HMAC-SHA-256. Several keys may be given: the first encrypts, all decrypt, so a key is replaced
by putting a new one in front.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unreadable(Exception):
    """Something was encrypted with a key that we do not have any more, or has been changed."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a user's grant gave us."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


class Vault:
    """Encrypts and decrypts with ``keys``, one or more, separated by commas: Fernet keys, or any secret of 32 or more.

    Raises ``ValueError`` for a key that is too short.
    """

    def __init__(self, keys: str) -> None:
        self._fernet = MultiFernet([Fernet(_fernet_key(key.strip())) for key in keys.split(",") if key.strip()])

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, text: str) -> bytes:
        """``text``, unreadable."""
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """What was sealed; raises :class:`Unreadable`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise Unreadable("sealed with another key") from None

    def seal_tokens(self, tokens: Tokens) -> bytes:
        """Tokens as one sealed value."""
        fields = [tokens.access_token, tokens.refresh_token, tokens.expires_at.isoformat()]
        return self.seal(json.dumps(fields))

    def open_tokens(self, sealed: bytes) -> Tokens:
        """The tokens; raises :class:`Unreadable`."""
        access, refresh, expires_at = json.loads(self.open(sealed))
        return Tokens(access, refresh, datetime.fromisoformat(expires_at))


def hashed(secret: str) -> bytes:
    """What a single-use secret is looked up by."""
    return hashlib.sha256(secret.encode()).digest()


def _fernet_key(key: str) -> bytes:
    if len(key) < 32:
        raise ValueError("a key of less than 32 characters")
    if len(key) == 44 and key.endswith("="):
        return key.encode()
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())
