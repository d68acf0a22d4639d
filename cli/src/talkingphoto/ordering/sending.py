"""Large files are sent in pieces, by the tus protocol: what was interrupted goes on, also by a later command."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from talkingphoto.client import ApiError, Client, Unreachable

PATH = "/api/v1/files/multipart"
_PIECE = 8 << 20
"""Bytes that are sent at once."""
_INTERRUPTIONS = 5
"""So many without any progress in between are too many."""
_RECONNECT_S = 0.5
_GOES_ON = {"offset_conflict", "upload_busy"}
_TUS = {"Tus-Resumable": "1.0.0"}


async def sent_large(client: Client, home: Path, file: Path, said: Callable[[float], None]) -> str:
    """Send a sound or video, as large as the plan allows; returns the file's id.

    ``home`` remembers what is on its way, so that the same file, unchanged, goes on where an earlier command was
    interrupted. ``said`` hears how much has arrived. Raises :class:`ApiError` with the reason it was refused, and
    :class:`Unreachable` when nothing has arrived for several tries.
    """
    size, note = await asyncio.to_thread(_noted, client, home, file)
    path, offset = await _begun(client, note, file, size)
    interruptions, lost = 0, False
    with file.open("rb") as stream:
        while offset < size:
            try:
                if lost:
                    offset, lost = (await client.send("GET", path))["offset"], False
                    continue
                stream.seek(offset)
                piece = await asyncio.to_thread(stream.read, _PIECE)
                if not piece:
                    raise OSError(f"{file} became shorter while it was sent.")
                headers = _TUS | {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                await client.send("PATCH", path, content=piece, headers=headers, timeout=120)
                offset, interruptions = offset + len(piece), 0
                said(offset / size)
            except (Unreachable, ApiError) as error:
                interruptions, lost = interruptions + 1, True
                if interruptions > _INTERRUPTIONS or not _passes(error):
                    raise
                await asyncio.sleep(_RECONNECT_S)
    file_id = str((await client.send("GET", path))["file_id"])
    note.unlink(missing_ok=True)
    return file_id


def _passes(error: Unreachable | ApiError) -> bool:
    return not isinstance(error, ApiError) or error.code in _GOES_ON or error.status >= 500


def _noted(client: Client, home: Path, file: Path) -> tuple[int, Path]:
    """How large a file is, and where the upload of it as it is now is remembered."""
    found = file.stat()
    mark = f"{client.url} {client.user} {file.resolve()} {found.st_size} {found.st_mtime_ns}"
    return found.st_size, home / "uploads" / hashlib.sha256(mark.encode("utf-8", "surrogateescape")).hexdigest()


async def _begun(client: Client, note: Path, file: Path, size: int) -> tuple[str, int]:
    """The upload of a file, and how much of it is there: the one that was interrupted, or a new one."""
    if (known := _remembered(note)) is not None:
        with suppress(ApiError):
            there = await client.send("GET", f"{PATH}/{known}")
            # One that is whole is a file by now, which somebody may have removed since.
            if there["length"] == size and there["file_id"] is None:
                return f"{PATH}/{known}", int(there["offset"])
    name = base64.b64encode(os.fsencode(file.name)).decode()
    headers = _TUS | {"Upload-Length": str(size), "Upload-Metadata": f"filename {name}"}
    begun = await client.send("POST", PATH, headers=headers)
    _remember(note, str(begun["id"]))
    return f"{PATH}/{begun['id']}", 0


def _remembered(note: Path) -> str | None:
    with suppress(OSError, UnicodeDecodeError):
        return note.read_text(encoding="ascii")
    return None


def _remember(note: Path, upload_id: str) -> None:
    # Who cannot remember it sends it whole again.
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(upload_id, encoding="ascii")
