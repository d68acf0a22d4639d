"""Resumable uploads: announced, sent in as many requests as it takes, and made a file of when they are whole."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import structlog

from chassis import faults, ids
from chassis.data.database import Transaction
from chassis.errors import ServiceError
from chassis.identity.tokens import Identity
from chassis.storage import keys
from workflow.files import quota
from workflow.files import repository as files
from workflow.files.errors import UploadsUnderWay
from workflow.files.intake import Arrival, Intake
from workflow.files.kinds import HEAD
from workflow.files.service import IntoProject, judge_head, plain_name, project_of, purpose_of, truth_of
from workflow.resumable import queries, repository
from workflow.resumable.errors import (
    BadUpload,
    OffsetConflict,
    UploadBusy,
    UploadExpired,
    UploadNotFound,
)
from workflow.resumable.models import NewUpload, Upload
from workflow.resumable.protocol import Checksum
from workflow.resumable.receiving import Piece, pieces

log = structlog.get_logger(__name__)

LIVES = timedelta(hours=24)
"""An upload that is not whole by then is ended (the tus protocol's ``Upload-Expires``)."""
MOST_UNFINISHED = 20
"""Of one user."""
FINISHED_WITHIN_S = 120.0
"""Half a gigabyte is copied, scanned and looked at in that."""
LEFT_FOR = timedelta(seconds=30)
"""A whole upload that nobody has touched for so long was left by whoever was to make a file of it."""


@dataclass(frozen=True, slots=True)
class Resumable:
    """What resumable uploads need."""

    intake: Intake
    into_project: IntoProject

    async def create(self, caller: Identity, length: int, said: Mapping[str, str]) -> Upload:
        """Announce an upload of ``length`` bytes; ``said`` is what the client says of it: ``filename``, ``purpose``,
        ``is_temporary``, ``project_id``. Raises ``BadUpload``, ``FileTooLarge``, ``StorageFull``, ``UploadsUnderWay``.
        """
        if length < 1:
            raise BadUpload("An upload has at least one byte.", fields={"Upload-Length": "at least 1"})
        new = NewUpload(
            id=ids.uuid7(),
            user_id=caller.user_id,
            product_line=caller.product_line,
            original_name=plain_name(said.get("filename", "")),
            purpose=purpose_of(said.get("purpose", "")),
            is_temporary=truth_of(said.get("is_temporary", ""), "is_temporary"),
            project_id=project_of(said.get("project_id", "")),
            length=length,
            expires_at=self.intake.clock.now() + LIVES,
        )
        async with self.intake.database.transaction() as tx:
            quota.check(await files.usage(tx, caller.user_id, caller.product_line, None), length, None)
            if await queries.unfinished(tx, caller.user_id) >= MOST_UNFINISHED:
                raise UploadsUnderWay(
                    f"{MOST_UNFINISHED} of your uploads are not finished. Finish or end one of them first.",
                    retry_after_s=60,
                )
            await repository.add(tx, new)
            return await _own(tx, caller, new.id)

    async def found(self, caller: Identity, upload_id: UUID) -> Upload:
        """How far an upload is. Raises ``UploadNotFound``, ``UploadExpired``."""
        async with self.intake.database.transaction() as tx:
            return await _own(tx, caller, upload_id)

    async def append(
        self, caller: Identity, upload: Upload, offset: int, body: AsyncIterator[bytes], checksum: Checksum | None
    ) -> Upload:
        """Take the bytes from ``offset`` on; with the last of them the upload becomes a file.

        What has arrived is kept when the client leaves in the middle; with a ``checksum`` all of it counts or nothing.
        Raises ``OffsetConflict``, ``ChecksumDiffers``, what an upload in one request raises, and as :meth:`found`.
        """
        if offset != upload.received or (upload.file_id is not None and offset != upload.length):
            raise _conflict(upload.received)
        if upload.file_id is not None:
            return upload
        async with _workspace() as folder:
            async for piece in pieces(body, folder, upload.length - offset, checksum):
                if offset == 0:
                    await self._judge(upload, piece)
                await self._keep(upload, offset, piece)
                offset += piece.size
        upload = await self.found(caller, upload.id)
        return upload if not upload.whole else await self._finish_now(caller, upload)

    async def end(self, caller: Identity, upload_id: UUID) -> None:
        """End an upload; its bytes go. Of a finished one the file stays. Raises ``UploadNotFound``."""
        async with self.intake.database.transaction() as tx:
            upload = await repository.remove(tx, upload_id, caller.user_id)
        if upload is None:
            raise _not_found()
        await self._remove_parts(upload)

    async def finish_left(self) -> None:
        """Make a file of a whole upload that was left behind, by a crash or a client that did not wait."""
        async with self.intake.database.transaction() as tx:
            upload = await repository.claim_left(tx, tx.now + timedelta(seconds=FINISHED_WITHIN_S), LEFT_FOR)
        if upload is None:
            return
        try:
            await self._finish(upload)
        except ServiceError as refusal:
            log.info("upload.refused", upload_id=str(upload.id), code=refusal.code)

    async def remove_expired(self) -> None:
        """End uploads whose time is over; their bytes go."""
        async with self.intake.database.transaction() as tx:
            ended = await repository.remove_expired(tx, 20)
        for upload in ended:
            await self._remove_parts(upload)

    async def _judge(self, upload: Upload, piece: Piece) -> None:
        """Refuse at the first bytes what cannot become a file, and end the upload."""
        with piece.path.open("rb") as source:
            head = source.read(HEAD)
        if len(head) < HEAD and piece.size < upload.length:
            return
        try:
            judge_head(head)
        except ServiceError:
            await self._drop(upload)
            raise

    async def _keep(self, upload: Upload, offset: int, piece: Piece) -> None:
        now = self.intake.clock.now()
        # Whoever sends the same bytes at the same time has a name of its own for them.
        key = keys.temp_key("part", now, f"{upload.id.hex}-{offset}-{ids.uuid7().hex}")
        about = keys.object_metadata(upload.user_id, "upload_part", now)
        stored = await self.intake.store.put_file(piece.path, key, "application/octet-stream", metadata=about)
        faults.point("uploads.before_part_is_known")
        async with self.intake.database.transaction() as tx:
            known = await repository.arrived(tx, upload.id, offset, stored)
        faults.point("uploads.after_part_is_known")
        if not known:
            await self.intake.store.delete(key)
            raise _conflict(offset)

    async def _finish_now(self, caller: Identity, upload: Upload) -> Upload:
        async with self.intake.database.transaction() as tx:
            claimed = await repository.claim(tx, upload.id, tx.now + timedelta(seconds=FINISHED_WITHIN_S))
        if claimed is None:
            upload = await self.found(caller, upload.id)
            if upload.file_id is None:
                raise UploadBusy("All of it is here and being looked at. Ask again in a moment.", retry_after_s=2)
            return upload
        await self._finish(claimed)
        return await self.found(caller, upload.id)

    async def _finish(self, upload: Upload) -> None:
        """Make a file of a whole upload. What is refused ends with it; what could not be looked at is tried again."""
        try:
            async with _workspace() as folder:
                path = folder / "original"
                sha256 = await self._put_together(upload, path)
                file = await self.intake.take(_arrival(upload, path, sha256), within_s=FINISHED_WITHIN_S / 2)
                faults.point("uploads.before_finished")
                async with self.intake.database.transaction() as tx:
                    if not await repository.finished(tx, upload.id, file.id):
                        raise _not_found()
                    await self.intake.publish(tx, file)
                    if upload.project_id is not None:
                        await self.into_project(tx, upload.user_id, upload.project_id, file.id)
                faults.point("uploads.after_finished")
        except ServiceError as refusal:
            if refusal.retryable and upload.tries < repository.MOST_TRIES:
                async with self.intake.database.transaction() as tx:
                    await repository.let_go(tx, upload.id)
            else:
                await self._drop(upload)
            raise
        await self._remove_parts(upload)

    async def _put_together(self, upload: Upload, path: Path) -> str:
        """Write all parts to ``path``, each checked; the SHA-256 of the whole."""
        digest = hashlib.sha256()
        with await asyncio.to_thread(path.open, "wb") as target:
            for number, part in enumerate(upload.parts):
                copy = await self.intake.store.fetch(part, path.with_name(f"part-{number}"))
                await asyncio.to_thread(_append, copy, target, digest)
        return digest.hexdigest()

    async def _drop(self, upload: Upload) -> None:
        async with self.intake.database.transaction() as tx:
            await repository.remove(tx, upload.id, upload.user_id)
        await self._remove_parts(upload)

    async def _remove_parts(self, upload: Upload) -> None:
        for part in upload.parts:
            try:
                await self.intake.store.delete(part.key)
            except (ServiceError, OSError):
                # What is left goes with all that is temporary.
                log.warning("upload.part_left", key=part.key)


@asynccontextmanager
async def _workspace() -> AsyncIterator[Path]:
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="upload-"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _append(copy: Path, target: BinaryIO, digest: Any) -> None:
    with copy.open("rb") as source:
        while chunk := source.read(1 << 20):
            target.write(chunk)
            digest.update(chunk)
    copy.unlink()


def _arrival(upload: Upload, path: Path, sha256: str) -> Arrival:
    return Arrival(
        user_id=upload.user_id,
        product_line=upload.product_line,
        name=upload.original_name,
        purpose=upload.purpose,
        temporary=upload.is_temporary,
        path=path,
        size=upload.length,
        sha256=sha256,
        upload_id=upload.id,
    )


async def _own(tx: Transaction, caller: Identity, upload_id: UUID) -> Upload:
    upload = await queries.own(tx, upload_id, caller.user_id)
    if upload is None:
        raise _not_found()
    if upload.expires_at <= tx.now:
        raise UploadExpired("This upload was not finished in its time. Begin another.")
    return upload


def _not_found() -> UploadNotFound:
    return UploadNotFound("There is no such upload.")


def _conflict(received: int) -> OffsetConflict:
    return OffsetConflict(
        f"{received} bytes have arrived; go on from there.",
        fields={"Upload-Offset": f"is {received} now"},
        details={"offset": received},
    )
