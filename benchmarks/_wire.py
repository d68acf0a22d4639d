"""What asks a server as fast as one process can: requests as bytes over kept connections, answers counted and no more.

A client library costs as much for a request as a server does; on few cores it would be most of what is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from _harness import Wrong


def request(path: str, token: str | None = None) -> bytes:
    """A GET over a connection that is kept."""
    who = f"Authorization: Bearer {token}\r\n" if token is not None else ""
    return f"GET {path} HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n{who}\r\n".encode()


class Wire:
    """Connections to the server at ``url``."""

    def __init__(self, url: str, connections: int) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._connections = parts.hostname, parts.port, connections

    async def ask(self, requests: Sequence[bytes], times: int) -> list[float]:
        """Ask ``times`` in all, each connection the next of ``requests``; how long each answer took.

        Raises ``Wrong`` for an answer that is no 200.
        """
        numbers = iter(range(times))
        took: list[float] = []

        async def asking() -> None:
            reader, writer = await asyncio.open_connection(self._host, self._port)
            for number in numbers:
                began = time.perf_counter()
                writer.write(requests[number % len(requests)])
                head = await reader.readuntil(b"\r\n\r\n")
                if not head.startswith(b"HTTP/1.1 200"):
                    raise Wrong(f"answered {head[:60]!r}")
                await _read_body(reader, head.lower())
                took.append(time.perf_counter() - began)
            writer.close()

        await asyncio.gather(*(asking() for _ in range(self._connections)))
        return took


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    _, _, length = head.partition(b"content-length: ")
    if length:
        await reader.readexactly(int(length.partition(b"\r\n")[0]))
        return
    while size := int((await reader.readline()).strip() or b"0", 16):
        await reader.readexactly(size + 2)
    await reader.readline()


@asynccontextmanager
async def alone(script: str, *arguments: str) -> AsyncIterator[tuple[str, int]]:
    """``script`` in a process of its own that prints its address and serves until its input ends: address, pid."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        while not (line := (await process.stdout.readline()).decode().strip()).startswith("http"):
            if not line:
                raise RuntimeError(f"{script} {' '.join(arguments[:1])} did not start")
        draining = asyncio.create_task(_drain(process.stdout))
        yield line, process.pid
        draining.cancel()
    finally:
        process.stdin.close()
        await process.wait()


async def _drain(stream: asyncio.StreamReader) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        while await stream.read(1 << 16):
            pass


async def until_input_ends(address: str) -> None:
    """Say where this process serves, and return when nobody needs it any more."""
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
