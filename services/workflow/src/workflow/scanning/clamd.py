"""A scanner that asks clamd over its own protocol (INSTREAM, ``man clamd``): nothing of the file is left there."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from contracts.enums import ScanStatus
from workflow.files.scanning import Scan

log = structlog.get_logger(__name__)

_CHUNK = 1 << 18
_LENGTH = struct.Struct(">I")
_LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class ClamdScanner:
    """``address`` is ``host:port``, or the path of a socket. ``within_s`` is for one file."""

    address: str
    within_s: float = 20.0

    async def scan(self, path: Path) -> Scan:
        """What clamd says; ``pending`` when it does not answer, says an error or takes no file that large."""
        try:
            async with asyncio.timeout(self.within_s):
                answer = await self._ask(path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as failure:
            log.warning("scanner.away", reason=repr(failure))
            return Scan(ScanStatus.PENDING)
        return verdict(answer)

    async def _ask(self, path: Path) -> str:
        reader, writer = await self._connected()
        try:
            writer.write(b"zINSTREAM\0")
            source = await asyncio.to_thread(path.open, "rb")
            try:
                await _send(source, writer)
            finally:
                await asyncio.to_thread(source.close)
            answer = await reader.readuntil(b"\0")
        finally:
            writer.close()
        return answer.rstrip(b"\0").decode("utf-8", "replace")

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("/"):
            return await asyncio.open_unix_connection(self.address, limit=_LONGEST_ANSWER)
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host, int(port), limit=_LONGEST_ANSWER)


async def _send(source: BinaryIO, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await asyncio.to_thread(source.read, _CHUNK):
            writer.write(_LENGTH.pack(len(piece)))
            writer.write(piece)
            await writer.drain()
        writer.write(_LENGTH.pack(0))
        await writer.drain()
    except ConnectionError as cut:
        # It has said why before it hung up: that the file is longer than it takes.
        log.info("scanner.hung_up", reason=repr(cut))


def verdict(answer: str) -> Scan:
    """What an answer means: ``stream: OK``, ``stream: <name> FOUND``, or anything else, which is no judgement."""
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return Scan(ScanStatus.CLEAN)
    if said.endswith(" FOUND"):
        return Scan(ScanStatus.INFECTED, said.removesuffix(" FOUND"))
    log.warning("scanner.no_judgement", answer=said[:200])
    return Scan(ScanStatus.PENDING)
