"""Addresses that somebody outside chose: only public ones are reached, and exactly the one that was looked at (SEC-20).

A name may lead elsewhere the next time it is asked for, so whoever connects uses :attr:`Target.url`, which has the
address in it, and follows no redirect without asking here again.
"""

from __future__ import annotations

import re
import socket
from asyncio import get_running_loop
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit, urlunsplit

_NOT_IN_AN_ADDRESS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_PORTS = {"https": 443, "http": 80}
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))

_GIVEN_OUT = IPv6Network("2000::/3")
_FOR_DOCUMENTS = IPv6Network("3fff::/20")


class UnsafeAddress(ValueError):
    """Nothing of ours may be sent there. The text goes on from "the link" or "the address"."""


class UnknownHost(UnsafeAddress):
    """There is no such host at the moment."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. ``url`` has an address for a host; ``host`` is the header, ``server_name`` is whose certificate
    must be shown."""

    url: str
    host: str
    server_name: str


async def resolved(url: str, *, private: bool = False) -> Target:
    """Look up where ``url`` leads, once.

    Raises :class:`UnsafeAddress` unless it is https, without a user, to a host all of whose addresses are public.
    ``private``: for development, http and any address are good too.
    """
    if _NOT_IN_AN_ADDRESS.search(url):
        raise UnsafeAddress("is not an address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UnsafeAddress("is not an address") from None
    if not host or "%" in host or parts.scheme not in _PORTS:
        raise UnsafeAddress("is not https" if host else "is not an address")
    if parts.scheme != "https" and not private:
        raise UnsafeAddress("is not https")
    if parts.username is not None or parts.password is not None:
        raise UnsafeAddress("has a user in it")
    port = port if port is not None else _PORTS[parts.scheme]
    try:
        found = await get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError, OverflowError) as unknown:
        raise UnknownHost("leads to a host that nobody knows") from unknown
    addresses = [str(each[4][0]) for each in found]
    if not addresses:
        raise UnknownHost("leads to a host that nobody knows")
    if not private and not all(is_public(address) for address in addresses):
        raise UnsafeAddress("leads into private address space")
    first = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    named = f"[{host}]" if ":" in host else host
    return Target(
        urlunsplit((parts.scheme, f"{first}:{port}", parts.path or "/", parts.query, "")),
        named if port == _PORTS[parts.scheme] else f"{named}:{port}",
        host,
    )


def is_public(address: str) -> bool:
    """Whether an address is one of the open network's, also of one that is carried inside another."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    inside = _carried(found) if isinstance(found, IPv6Address) else None
    if inside is not None:
        return is_public(str(inside))
    if isinstance(found, IPv6Address) and (found not in _GIVEN_OUT or found in _FOR_DOCUMENTS):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The older address that a gateway on the way would take out of a newer one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64) or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
