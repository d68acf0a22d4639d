"""The bytes of one request of an upload, written to disk as they arrive, in pieces that are kept one by one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from chassis.errors import ServiceError
from workflow.files.errors import FileTooLarge
from workflow.resumable.errors import ChecksumDiffers
from workflow.resumable.protocol import Checksum

PIECE = 16 << 20
"""What is lost at most when a process dies in the middle of a request, in bytes."""
_WRITE_AT = 1 << 20


class Piece(NamedTuple):
    """Some bytes that follow those before."""

    path: Path
    size: int


async def pieces(
    body: AsyncIterator[bytes], folder: Path, most: int, checksum: Checksum | None
) -> AsyncIterator[Piece]:
    """The body in pieces of :data:`PIECE` bytes, the last as long as it is; all in one where it has a ``checksum``.

    When the body breaks off, what has come of it is a piece too, unless there is a checksum that it cannot have; then
    the reason is raised. Raises ``FileTooLarge`` for more than ``most`` bytes, ``ChecksumDiffers``.
    """
    path = folder / "piece"
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum is not None else None
    total, size, buffer = 0, 0, bytearray()
    broken: Exception | None = None
    target = await asyncio.to_thread(path.open, "wb")
    try:
        async for chunk in _until_broken(body):
            if isinstance(chunk, Exception):
                broken = chunk
                break
            total += len(chunk)
            if total > most:
                raise FileTooLarge(
                    "More bytes came than the upload was announced with. Announce another one with its whole length.",
                    fields={"Upload-Length": "is what all bytes together must be"},
                )
            buffer += chunk
            size += len(chunk)
            if len(buffer) >= _WRITE_AT:
                await asyncio.to_thread(_write, target, buffer, digest)
            if checksum is None and size >= PIECE:
                await asyncio.to_thread(_write, target, buffer, digest)
                await asyncio.to_thread(target.close)
                yield Piece(path, size)
                size = 0
                target = await asyncio.to_thread(path.open, "wb")
        await asyncio.to_thread(_write, target, buffer, digest)
    finally:
        await asyncio.to_thread(target.close)
    if checksum is not None and digest is not None and broken is None and not checksum.fits(digest.digest()):
        raise ChecksumDiffers("What arrived is not what was sent: the checksum differs. Send it again.")
    if size and (broken is None or checksum is None):
        yield Piece(path, size)
    if broken is not None:
        raise broken


async def _until_broken(body: AsyncIterator[bytes]) -> AsyncIterator[bytes | Exception]:
    """The chunks of the body, and at last why it ended before its end, if it did."""
    try:
        async for chunk in body:
            if chunk:
                yield chunk
    except (ClientDisconnect, HTTPException, ServiceError, OSError) as reason:
        yield reason


def _write(target: BinaryIO, buffer: bytearray, digest: Any) -> None:
    target.write(buffer)
    if digest is not None:
        digest.update(buffer)
    buffer.clear()
