"""localstripe (GPL-3.0-or-later), a program of its own in a process of its own; prints the port it took.

Its own start listens on every address and writes to a fixed file; this one keeps to loopback and to memory.
"""

from __future__ import annotations

import socket
import sys

from aiohttp import web
from localstripe.resources import Store  # type: ignore[import-untyped]
from localstripe.server import app  # type: ignore[import-untyped]


def main() -> None:
    Store.dump_to_disk = lambda self: None
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind(("127.0.0.1", 0))
    sys.stdout.write(f"{bound.getsockname()[1]}\n")
    sys.stdout.flush()
    web.run_app(app, sock=bound, access_log=None, print=None)


if __name__ == "__main__":
    main()
