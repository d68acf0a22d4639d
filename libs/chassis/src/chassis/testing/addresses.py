"""Addresses that nothing of ours may be sent to, in every way in which people have written them."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

_LOOPBACK = (
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.1",
    "017700000001", "0177.0.0.1", "0177.1", "127.0.0.0x1", "0x7f.0x0.0x0.0x1", "0177.0.0.01", "localhost", "LOCALHOST",
    "0.0.0.0",  # noqa: S104
    "0", "0x0", "00000000000", "0.1", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
)  # fmt: skip
_PRIVATE = (
    "10.0.0.1", "10.255.255.255", "10.1", "0xa000001", "167772161", "012.0.0.1", "172.16.0.1", "172.31.255.254",
    "0xac100001", "2886729729", "192.168.0.1", "192.168.1.1", "192.168.257", "0xc0a80001", "3232235521", "100.64.0.1",
    "100.127.255.254", "[fc00::1]", "[fd00::1]", "[fd12:3456:789a::1]", "[fe80::1]", "[fec0::1]", "[::ffff:10.0.0.1]",
    "[::ffff:192.168.1.1]", "[::ffff:172.16.0.1]", "[64:ff9b::10.0.0.1]", "[64:ff9b::c0a8:101]", "[2002:a00:1::]",
    "[2002:c0a8:101::1]", "[2001:0:4136:e378:8000:63bf:f5ff:fffe]",
)  # fmt: skip
_METADATA = (
    "169.254.169.254", "169.254.0.1", "169.254.170.2", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376",
    "169.254.43518", "0xa9.0xfe.0xa9.0xfe", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]", "[fd00:ec2::254]", "100.100.100.200",
)  # fmt: skip
_NOBODYS = (
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "[ff02::1]", "[ff0e::1]", "[2001:db8::1]", "[100::1]",
    "[3fff::1]", "[5f00::1]",
)  # fmt: skip

NAMES: Mapping[str, tuple[str, ...]] = {
    "loopback.example.com": ("127.0.0.1",),
    "loopback6.example.com": ("::1",),
    "inside.example.com": ("10.1.2.3",),
    "metadata.google.internal": ("169.254.169.254",),
    "instance-data": ("169.254.169.254",),
    "127.0.0.1.nip.example": ("127.0.0.1",),
    "public-and-private.example.com": ("93.184.215.14", "192.168.0.1"),
    "private-and-public.example.com": ("10.0.0.1", "93.184.215.14"),
    "mapped.example.com": ("::ffff:10.0.0.1",),
    "translated.example.com": ("64:ff9b::a9fe:a9fe",),
    "kubernetes.default.svc": ("10.96.0.1",),
    "redis": ("172.18.0.5",),
    "localhost.": ("127.0.0.1",),
    "foo.localhost": ("127.0.0.1",),
}
"""Names and where they lead; ``public.example.com`` leads to a public address."""

_PUBLIC = "93.184.215.14"
_MALFORMED = (
    "", "https://", "https:///path", "https://:{port}/", "//127.0.0.1:{port}/", "127.0.0.1:{port}", "https:127.0.0.1",
    "https:/127.0.0.1/", "javascript:alert(1)", "data:text/plain,x", "file:///etc/passwd", "file://localhost/etc/passwd",
    "gopher://127.0.0.1:{port}/_x", "dict://127.0.0.1:{port}/", "ftp://127.0.0.1/", "ldap://127.0.0.1/",
    "ws://127.0.0.1:{port}/", "unix:///var/run/docker.sock", "http://public.example.com/", "HTTP://public.example.com/",
    "https://public.example.com:notaport/", "https://public.example.com:99999/", "https://[::1", "https://[::1]x/",
    "https://user@public.example.com/", "https://user:password@public.example.com/",
    "https://public.example.com@127.0.0.1:{port}/", "https://127.0.0.1:{port}@public.example.com/",
    "https://127.0.0.1:{port}#@public.example.com/", "https://127.0.0.1:{port}\\@public.example.com/",
    "https://public.example.com\\@127.0.0.1:{port}/", "https://public.example.com /", "https://public.example.com\t/",
    "https://public.example.com\r\nHost: 127.0.0.1/", "https://127.0.0.1%00.example.com/", "https://[fe80::1%25eth0]/",
    "https://%31%32%37.0.0.1/", "https://nobody-knows.example.com/", "https://.../", "https://{long}.example.com/",
)  # fmt: skip


def unsafe_urls(port: int) -> list[str]:
    """More than 150 addresses, each different; those that lead to this machine lead to ``port``."""
    hosts = (*_LOOPBACK, *_PRIVATE, *_METADATA, *_NOBODYS, *NAMES)
    urls = [f"https://{host}:{port}/hook" for host in hosts]
    urls += [f"http://{host}:{port}/hook" for host in _LOOPBACK[:4]]
    urls += [url.replace("{port}", str(port)).replace("{long}", "x" * 70) for url in _MALFORMED]
    return urls


class Names:
    """Stands where the event loop's resolver is: knows :data:`NAMES`, asks nobody else, and reads numbers itself.

    Names that are ``known`` besides lead where they say, one answer after another; the last one stays.
    """

    def __init__(self, **known: list[str]) -> None:
        self._known = {name.replace("_", "."): list(answers) for name, answers in known.items()}

    async def getaddrinfo(self, host: str, port: int, **_: Any) -> list[Any]:
        """What the system's resolver would say without a network."""
        if host in self._known:
            answers = self._known[host]
            found: tuple[str, ...] = (answers.pop(0) if len(answers) > 1 else answers[0],)
        elif host == "public.example.com":
            found = (_PUBLIC,)
        elif host in NAMES:
            found = NAMES[host]
        else:
            # Reads every spelling of a number, and knows this machine's own names; a real name it does not look up.
            encoded = host.encode("idna").decode("ascii")
            if any(letter in "ghijklmnopqrstuvwxyz" for letter in encoded.lower()) and encoded.lower() != "localhost":
                raise socket.gaierror(socket.EAI_NONAME, "not known")
            return socket.getaddrinfo(encoded, port, type=socket.SOCK_STREAM)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]
