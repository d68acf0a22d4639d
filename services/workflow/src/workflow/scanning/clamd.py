"""A scanner that asks clamd over its own protocol (INSTREAM, ``man clamd``): nothing of the file is left there."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from contracts.enums import ScanStatus
from workflow.files.scanning import Scan

log = structlog.get_logger(__name__)

_CHUNK = 1 << 18
_BYTES_A_SECOND = 10 << 20
"""A scanner that is slower than this is as good as away."""
_LENGTH = struct.Struct(">I")
_LONGEST_ANSWER = 4096
_TOO_LONG = "INSTREAM size limit exceeded"


@dataclass(frozen=True, slots=True)
class ClamdScanner:
    """``address`` is ``host:port``, or the path of a socket. ``within_s`` is for one file; large ones get longer."""

    address: str
    within_s: float = 20.0

    async def scan(self, path: Path) -> Scan:
        """What clamd says; ``pending`` when it does not answer or says an error, ``error`` when it takes no file that
        large.
        """
        try:
            answer = await asyncio.to_thread(self._ask, path)
        except (OSError, TimeoutError) as failure:
            log.warning("scanner.away", reason=repr(failure))
            return Scan(ScanStatus.PENDING)
        return verdict(answer)

    def _ask(self, path: Path) -> str:
        ends_at = time.monotonic() + self.within_s + path.stat().st_size / _BYTES_A_SECOND
        with self._connected() as connection, path.open("rb") as source:
            _send(source, connection, ends_at)
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
                connection.settimeout(max(ends_at - time.monotonic(), 0.001))
                if not (more := connection.recv(4096)):
                    break
                answer += more
        return answer.rstrip(b"\0").decode("utf-8", "replace")

    def _connected(self) -> socket.socket:
        if not self.address.startswith("/"):
            host, _, port = self.address.rpartition(":")
            return socket.create_connection((host, int(port)), timeout=self.within_s)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(self.within_s)
            connection.connect(self.address)
        except OSError:
            connection.close()
            raise
        return connection


def _send(source: BinaryIO, connection: socket.socket, ends_at: float) -> None:
    try:
        connection.sendall(b"zINSTREAM\0")
        while piece := source.read(_CHUNK):
            connection.settimeout(max(ends_at - time.monotonic(), 0.001))
            connection.sendall(_LENGTH.pack(len(piece)) + piece)
        connection.sendall(_LENGTH.pack(0))
    except ConnectionError as cut:
        # It has said why before it hung up: that the file is longer than it takes. What it said can still be read, by
        # a plain socket: asyncio's streams throw it away with the connection.
        log.info("scanner.hung_up", reason=repr(cut))


def verdict(answer: str) -> Scan:
    """What an answer means: ``stream: OK``, ``stream: <name> FOUND``, or anything else, which is no judgement.

    A file that is longer than ``StreamMaxLength`` will never be judged; whatever else went wrong may pass.
    """
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return Scan(ScanStatus.CLEAN)
    if said.endswith(" FOUND"):
        return Scan(ScanStatus.INFECTED, said.removesuffix(" FOUND"))
    if said.startswith(_TOO_LONG):
        log.warning("scanner.takes_no_file_that_large", answer=said[:200], raise_it="StreamMaxLength in clamd.conf")
        return Scan(ScanStatus.ERROR)
    log.warning("scanner.no_judgement", answer=said[:200])
    return Scan(ScanStatus.PENDING)
