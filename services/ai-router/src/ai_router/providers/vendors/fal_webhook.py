"""Is this webhook fal's, fresh, and of which job?

Source: fal.ai/docs "Webhooks", "Verifying Your Webhook": Ed25519 over request id, user id, timestamp and the body's
SHA-256 joined by line feeds; public keys from the JWKS, kept for at most 24 hours; five minutes of leeway.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEYS_URL = "https://rest.fal.ai/.well-known/jwks.json"
LEEWAY_S = 300
_KEEP_S = 24 * 3600
_REFRESH_S = 60


class NotFromFal(Exception):
    """The signature, the time or the shape is wrong. Nothing in the message may be believed."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A job is finished; poll it and fetch as if nobody had told. Duplicates are harmless."""

    request_id: str
    good: bool


@dataclass(slots=True)
class FalWebhooks:
    """Verifies webhooks with fal's current keys."""

    client: httpx.AsyncClient
    keys_url: str = KEYS_URL
    clock: Callable[[], float] = time.time
    _keys: list[Ed25519PublicKey] = field(default_factory=list)
    _fetched: float = float("-inf")

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Announcement:
        """Say what the webhook announces. ``headers`` have lower-case names; ``body`` is the raw request body.

        Raises :class:`NotFromFal`, and ``httpx.HTTPError`` when the keys are out of reach.
        """
        try:
            number, user = headers["x-fal-webhook-request-id"], headers["x-fal-webhook-user-id"]
            stamp = headers["x-fal-webhook-timestamp"]
            signature = binascii.unhexlify(headers["x-fal-webhook-signature"])
            age = abs(self.clock() - int(stamp))
        except (KeyError, ValueError) as missing:
            raise NotFromFal("headers are missing or malformed") from missing
        if age > LEEWAY_S:
            raise NotFromFal("the timestamp is too far from now")
        text = "\n".join((number, user, stamp, hashlib.sha256(body).hexdigest())).encode()
        if not await self._signed(text, signature):
            raise NotFromFal("no key of fal's made this signature")
        told = _object(body)
        if told.get("request_id") != number:
            raise NotFromFal("the body speaks of another request than the headers")
        return Announcement(number, told.get("status") == "OK")

    async def _signed(self, text: bytes, signature: bytes) -> bool:
        if any(_made_by(key, text, signature) for key in await self._current(_KEEP_S)):
            return True
        # A rotated key: look once more, but not more than once a minute however many forgeries arrive.
        return any(_made_by(key, text, signature) for key in await self._current(_REFRESH_S))

    async def _current(self, keep_s: float) -> list[Ed25519PublicKey]:
        if self.clock() - self._fetched >= keep_s:
            answer = (await self.client.get(self.keys_url, timeout=10.0)).raise_for_status()
            self._keys = [
                Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "=="))
                for key in answer.json()["keys"]
                if key.get("crv") == "Ed25519"
            ]
            self._fetched = self.clock()
        return self._keys


def _made_by(key: Ed25519PublicKey, text: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError as wrong:
        raise NotFromFal("the body is not JSON") from wrong
    if not isinstance(told, dict):
        raise NotFromFal("the body is not an object")
    return told
