"""Where a request comes from, and how an address is kept where it need not be read again."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Depends, Request

from users.keys.signing import kept
from users.settings import Settings

_PURPOSE = b"talkingphoto users: addresses of consents and failed logins"


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from."""

    ip_address: str | None
    user_agent: str | None


def _device(request: Request) -> Device:
    return Device(
        # The server has looked at who may say where a request comes from (``TRUSTED_PROXIES``).
        ip_address=request.client.host if request.client else None,
        user_agent=request.headers.get("User-Agent"),
    )


CallingDevice = Annotated[Device, Depends(_device)]
"""The device that sent this request."""


class AddressHasher:
    """Keyed hashes of IP addresses: without the key nobody can try all addresses (USR-27, USR-41)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, settings: Settings) -> AddressHasher:
        """With the key the settings name; outside production one that is made and kept beside the key of tokens.

        It is none that is ever replaced with another one: all locks would end, and hashes of consents say nothing more.
        """
        if settings.address_hash_key is not None:
            secret = settings.address_hash_key.get_secret_value().encode()
        elif settings.jwt_key_file is not None:
            secret = kept(settings.jwt_key_file.with_name("addresses.key"), _new_secret)
        else:
            secret = _new_secret()
        return cls(HKDF(hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret))

    def __call__(self, device: Device) -> bytes:
        """32 bytes, the same for the same address; a device without an address counts as one of its own."""
        return hmac.digest(self._key, (device.ip_address or "").encode(), hashlib.sha256)

    def of_login(self, login: str) -> UUID:
        """Stands for what somebody logs in as, in whatever case."""
        return UUID(bytes=hmac.digest(self._key, b"login " + login.lower().encode(), hashlib.sha256)[:16])

    def of_network(self, device: Device) -> bytes:
        """The same for all addresses that one subscriber can choose from."""
        return hmac.digest(self._key, (network_of(device.ip_address) or "").encode(), hashlib.sha256)


def _new_secret() -> bytes:
    return secrets.token_bytes(32)


def network_of(address: str | None) -> str | None:
    """What stands for one subscriber: an IPv4 address, or the first 64 bits of an IPv6 one; None for neither."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or None
    if parsed.version == 4:
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped is not None else str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
