"""Files on their way to the platform."""

from __future__ import annotations

import base64
import mimetypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from talkingphoto_client.call import Upload
from talkingphoto_client.errors import ApiError, Unreachable
from talkingphoto_client.generated import calls, types
from talkingphoto_client.progress import Progress

if TYPE_CHECKING:
    from talkingphoto_client.aio.client import AsyncTalkingPhoto

PIECE = 8 << 20
"""Bytes; what is larger goes in pieces, and goes on where it was when the connection breaks."""
_TUS = "1.0.0"
_INTERRUPTIONS = 5
_GOES_ON = {"offset_conflict", "upload_busy"}

OnProgress = Callable[[Progress], object]


class AsyncUploads:
    """Uploads files."""

    def __init__(self, client: AsyncTalkingPhoto, *, piece: int = PIECE) -> None:
        self._client = client
        self._piece = piece

    async def send(self, file: str | Path, *, on_progress: OnProgress | None = None) -> str:
        """The id of what was uploaded. Raises :class:`~talkingphoto_client.ApiError` with why it was refused."""
        path = Path(file)
        size = path.stat().st_size
        name = os.fsencode(path.name).decode("utf-8", "replace")
        if size > self._piece:
            file_id = await self._in_pieces(path, size, on_progress)
        else:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            sent = await self._client.send(calls.upload_file(Upload(name, path.read_bytes(), kind)))
            file_id = sent["id"]
        if on_progress is not None:
            on_progress(Progress(1.0, "upload", f"Uploaded {name}"))
        return file_id

    async def look(self, file_id: str) -> types.WorkflowFileOut:
        """What is known of a file, with what was found in a photo."""
        return await self._client.send(calls.get_file(file_id))

    async def _in_pieces(self, path: Path, size: int, on_progress: OnProgress | None) -> str:
        named = f"filename {base64.b64encode(os.fsencode(path.name)).decode()}"
        begun = await self._client.send(
            calls.begin_upload(tus_resumable=_TUS, upload_length=str(size), upload_metadata=named)
        )
        upload_id, offset, interruptions = begun["id"], 0, 0
        with path.open("rb") as stream:
            while offset < size:
                stream.seek(offset)
                piece = stream.read(self._piece)
                try:
                    await self._client.send(
                        calls.send_bytes(upload_id, tus_resumable=_TUS, upload_offset=str(offset), content=piece)
                    )
                    offset += len(piece)
                except (Unreachable, ApiError) as error:
                    interruptions += 1
                    lost = isinstance(error, ApiError) and error.code not in _GOES_ON and error.status < 500
                    if interruptions > _INTERRUPTIONS or lost:
                        raise
                    offset = (await self._client.send(calls.get_upload(upload_id)))["offset"]
                if on_progress is not None:
                    on_progress(Progress(offset / size, "upload", f"Uploading {path.name}"))
        file_id = (await self._client.send(calls.get_upload(upload_id)))["file_id"]
        if file_id is None:
            raise Unreachable(f"{path.name} was sent whole, and is no file yet; ask for upload {upload_id} again.")
        return file_id
