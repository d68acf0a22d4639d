"""The use cases around files: upload one in a form, show it, delete it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from chassis.data.database import Transaction
from chassis.http import repeats
from chassis.identity.tokens import Identity
from chassis.storage.port import ObjectStore
from contracts.enums import ScanStatus
from contracts.workflow import FileDeleted
from media.images.photos import MAX_BYTES
from workflow.files import repository
from workflow.files.errors import FileNotFound, NoFile, UploadsUnderWay
from workflow.files.intake import Arrival, Intake
from workflow.files.kinds import mime_type_of
from workflow.files.receiving import Received, receive
from workflow.files.repository import NewFile
from workflow.files.scanning import EICAR

_JOINERS = "\u200c\u200d"
MOST_AT_ONCE = 2
"""Uploads of one user under way in one process; whoever sends more is asked to wait before a byte of it is read."""

HasLeft = Callable[[], Awaitable[bool]]
"""Whether whoever sends the file has gone."""

IntoProject = Callable[[Transaction, UUID, UUID, UUID], Awaitable[None]]
"""Adds a user's file to a project, as its input: transaction, user, project, file. Raises what speaks against it."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """What an upload in a form needs."""

    intake: Intake
    into_project: IntoProject
    under_way: Counter[UUID] = field(default_factory=Counter)
    """By user, in this process."""

    async def upload(
        self,
        caller: Identity,
        product_line: str,
        content_type: str,
        body: AsyncIterator[bytes],
        has_left: HasLeft,
        key: str | None,
    ) -> tuple[UUID, bool]:
        """Take a file in; returns its id, and whether ``key`` has brought it before (PLT-21).

        Nothing is held in the database while bytes arrive or pixels are looked at. A client that has been told
        otherwise, or has left, has no file. Raises the errors of ``files.errors``, ``KeyReused``,
        ``StoreUnavailable`` when there is nowhere to keep it, and what speaks against the project that it names.
        """
        with self._one_more(caller.user_id):
            workspace = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="upload-"))
            try:
                received = await receive(
                    content_type, body, workspace / "original", limit=MAX_BYTES, judge_head=judge_head
                )
                if key is not None and (known := await self._brought(caller.user_id, key, received.sha256)) is not None:
                    return known, True
                arrival, project_id = _arrival(caller.user_id, product_line, received)
                file = await self.intake.take(arrival)
                if await has_left():
                    raise NoFile("You left before the file was stored. Send it again.")
                return await self._publish(file, project_id, key)
            finally:
                await asyncio.to_thread(shutil.rmtree, workspace, ignore_errors=True)

    @contextmanager
    def _one_more(self, user_id: UUID) -> Iterator[None]:
        if self.under_way[user_id] >= MOST_AT_ONCE:
            raise UploadsUnderWay(
                f"{MOST_AT_ONCE} of your files are being looked at. Send the next one when they are done.",
                retry_after_s=1,
            )
        self.under_way[user_id] += 1
        try:
            yield
        finally:
            self.under_way[user_id] -= 1
            if not self.under_way[user_id]:
                del self.under_way[user_id]

    async def _brought(self, user_id: UUID, key: str, sha256: str) -> UUID | None:
        async with self.intake.database.transaction() as tx:
            before = await repeats.answered(tx, user_id, key, _asked(sha256), _Kept)
        return before.id if before is not None else None

    async def _publish(self, file: NewFile, project_id: UUID | None, key: str | None) -> tuple[UUID, bool]:
        """Show the file, unless another request with this key was quicker: then it is as good as deleted."""
        async with self.intake.database.transaction() as tx:

            async def publish() -> _Kept:
                await self.intake.publish(tx, file)
                if project_id is not None:
                    await self.into_project(tx, file.user_id, project_id, file.id)
                return _Kept(id=file.id)

            kept, again = await repeats.once(tx, file.user_id, key, _asked(file.original.sha256), publish, _Kept)
        return kept.id, again


class _Kept(BaseModel):
    """What an idempotency key of an upload is answered."""

    id: UUID


def described(row: dict[str, Any], store: ObjectStore, link_s: int, *, links: bool) -> dict[str, Any]:
    """A row as the API shows it, with links where they are wanted and the file may be used."""
    prepared = row["prepared"]
    linked = links and row["scan_status"] == ScanStatus.CLEAN
    return {
        **row,
        "stored_locally": row["storage_backend"] == "fallback",
        "url": store.signed_url(row["storage_key"], expires_s=link_s) if linked else None,
        "prepared_url": store.signed_url(prepared["key"], expires_s=link_s) if linked and prepared else None,
    }


async def opened(tx: Transaction, caller: Identity, file_id: UUID) -> dict[str, Any]:
    """A file that the caller may see; counts the access. Raises ``FileNotFound``."""
    row = await repository.opened(tx, file_id, caller.user_id, any_owner=caller.is_admin)
    if row is None:
        raise no_such_file()
    return row


async def delete(tx: Transaction, caller: Identity, file_id: UUID) -> None:
    """Hide a file at once; its objects go later. Raises ``FileNotFound``."""
    owner = await repository.delete(tx, file_id, caller.user_id, any_owner=caller.is_admin)
    if owner is None:
        raise no_such_file()
    tx.emit(FileDeleted(file_id=file_id, user_id=owner["user_id"], product_line=owner["product_line"]))


def no_such_file() -> FileNotFound:
    """What is raised for a file that is not there, or is somebody else's."""
    return FileNotFound("There is no such file.")


def judge_head(head: bytes) -> None:
    """Refuse at once what can be no file of ours; what the scanner must see is let through to it."""
    if not head:
        raise NoFile("The file is empty.")
    if EICAR not in head:
        mime_type_of(head)


def plain_name(name: str) -> str:
    """What the client calls the file, without folders and control characters; only ever shown, never used as a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Joiners are no control characters to who writes with them.
    return "".join(c for c in last if c.isprintable() or c in _JOINERS)[:255] or "unnamed"


def purpose_of(said: str) -> str:
    """What a file is for, as the client says it. Raises ``NoFile`` for what is no short word."""
    purpose = said.strip() or "input"
    if len(purpose) > 50 or not purpose.isprintable():
        raise NoFile("The purpose is a short word such as input.", fields={"purpose": "at most 50 characters"})
    return purpose


def truth_of(said: str, name: str) -> bool:
    """Yes or no, as forms say it. Raises ``NoFile`` for anything else."""
    value = said.strip().lower()
    if value not in ("true", "false", "1", "0", ""):
        raise NoFile(f"{name} is true or false.", fields={name: "true or false"})
    return value in ("true", "1")


def project_of(said: str) -> UUID | None:
    """The project that a file goes into. Raises ``NoFile`` for what is no id."""
    if not said.strip():
        return None
    try:
        return UUID(said.strip())
    except ValueError:
        raise NoFile("project_id is the id of a project.", fields={"project_id": "a UUID"}) from None


def _arrival(user_id: UUID, product_line: str, received: Received) -> tuple[Arrival, UUID | None]:
    said = received.fields
    arrival = Arrival(
        user_id=user_id,
        product_line=product_line,
        name=plain_name(received.name),
        purpose=purpose_of(said.get("purpose", "")),
        temporary=truth_of(said.get("is_temporary", ""), "is_temporary"),
        path=received.path,
        size=received.size,
        sha256=received.sha256,
    )
    return arrival, project_of(said.get("project_id", ""))


def _asked(sha256: str) -> str:
    """What an idempotency key of an upload stands for."""
    return f"upload {sha256}"
