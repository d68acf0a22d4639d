"""Files that the caller has uploaded before. They are workflow's: it is asked with the caller's own token."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.errors import NotFound, Unavailable
from chassis.http.client import Refused, ServiceClient
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from export.verification.errors import FileToVerifyNotFound, TooLargeToVerify


class UploadedFiles:
    """Fetches them; closed with the process."""

    def __init__(self, store: ObjectStore, url: str | None) -> None:
        self._store = store
        self._client = None if url is None else ServiceClient(url, service="workflow")

    async def fetch(self, user_id: UUID, token: str, file_id: UUID, into: Path, *, most: int) -> str:
        """Write the user's file to ``into``; its SHA-256 in hex.

        Raises ``FileToVerifyNotFound``, ``TooLargeToVerify`` above ``most`` bytes, ``Unavailable``.
        """
        known = await self._about(file_id, token)
        if known["file_size"] > most:
            raise TooLargeToVerify(f"The file has more than {most:,} bytes.", fields={"file_id": "too large"})
        made = datetime.fromisoformat(known["created_at"])
        for prefix in keys.prefixes_of_file(user_id, made, file_id):
            async for key in self._store.list_keys(prefix):
                if key.rsplit("/", 1)[-1].split(".", 1)[0] == file_id.hex:
                    stored = StoredObject(
                        key=key, sha256=known["checksum"], size=known["file_size"], mime_type=known["mime_type"]
                    )
                    await self._store.fetch(stored, into)
                    return stored.sha256
        raise _no_such_file()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _about(self, file_id: UUID, token: str) -> dict[str, Any]:
        if self._client is None:
            raise Unavailable("Files cannot be read here. Set WORKFLOW_URL to where workflow answers.")
        try:
            known: dict[str, Any] = await self._client.get(f"/api/v1/files/{file_id}/metadata", token=token)
        except Refused as refused:
            if refused.status != NotFound.status:
                raise
            raise _no_such_file() from refused
        if known["scan_status"] != ScanStatus.CLEAN:
            raise _no_such_file()
        return known


def _no_such_file() -> FileToVerifyNotFound:
    return FileToVerifyNotFound("There is no such file. Upload it first.", fields={"file_id": "not found"})
