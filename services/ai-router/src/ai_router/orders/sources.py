"""Where the inputs of an order come from: the owner's files, results of their earlier jobs, links to either (AIR-01).

Files are workflow's: it is asked with the caller's own token whether there is such a file and what is known of it. An
object's key carries its owner, its day and the file's id (``chassis.storage.keys``), so the store itself says where it
is. Nothing of anybody else's is ever found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from ai_router.orders import repository
from ai_router.orders.errors import InputNotFound, InputNotUsable, OnlyForOwner, ProjectNotFound
from chassis.data.database import Transaction
from chassis.errors import NotFound, Unavailable
from chassis.http.client import Refused, ServiceClient
from chassis.identity.tokens import Identity
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from contracts.enums import ScanStatus
from contracts.objects import StoredObject

PREPARED = "-prepared"
"""What the name of a photo's upright, bounded version ends with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One input: a file's id, or the id of an own job, or a link to one of these. ``kind``: what it has to be."""

    role: str
    kind: str
    file_id: UUID | None = None
    job_id: UUID | None = None
    url: str | None = None
    names: tuple[str, str, str] = ("file_id", "job_id", "url")
    """What the order calls them."""

    @property
    def is_given(self) -> bool:
        """Whether the order names any."""
        return any(each is not None for each in (self.file_id, self.job_id, self.url))


class Files(Protocol):
    """What is known of uploaded files."""

    async def about(self, file_id: UUID, token: str) -> dict[str, Any] | None:
        """What workflow tells the token's owner of a file; None where there is none of theirs."""
        ...

    async def check_account(self, token: str) -> None:
        """Return where the token's owner may order; else raise ``Refused``, in workflow's words."""
        ...

    async def right(self, project_id: UUID, token: str) -> str | None:
        """What the token's owner may do with a project: ``own``, ``edit`` or ``view``; None where they see none."""
        ...


class WorkflowFiles:
    """Asks workflow. Satisfies ``Files``; closed with the process."""

    def __init__(self, url: str | None) -> None:
        self._client = None if url is None else ServiceClient(url, service="workflow")

    async def about(self, file_id: UUID, token: str) -> dict[str, Any] | None:
        """See ``Files``."""
        if self._client is None:
            raise Unavailable("Files cannot be read here. Set WORKFLOW_URL to where workflow answers.")
        try:
            known: dict[str, Any] = await self._client.get(f"/api/v1/files/{file_id}/metadata", token=token)
        except Refused as refused:
            if refused.status != NotFound.status:
                raise
            return None
        return known

    async def check_account(self, token: str) -> None:
        """See ``Files``. Raises ``Unavailable`` where workflow does not answer."""
        if self._client is None:
            raise Unavailable("Accounts cannot be looked up here. Set WORKFLOW_URL to where workflow answers.")
        await self._client.get("/internal/accounts/may-order", token=token)

    async def right(self, project_id: UUID, token: str) -> str | None:
        """See ``Files``. Raises ``Unavailable`` where workflow does not answer."""
        if self._client is None:
            raise Unavailable("Projects cannot be read here. Set WORKFLOW_URL to where workflow answers.")
        try:
            known = await self._client.get(f"/api/v1/projects/{project_id}", token=token)
        except Refused as refused:
            if refused.status != NotFound.status:
                raise
            return None
        return str(known["right"])

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()


class Sources:
    """Finds inputs."""

    def __init__(self, store: ObjectStore, files: Files, proved_only: Callable[[str], bool]) -> None:
        self._store = store
        self._files = files
        self._proved_only = proved_only

    async def check_account(self, caller: Identity, token: str) -> None:
        """Where the caller's product line wants it, an order waits for the proof of an address (USR-43)."""
        if self._proved_only(caller.product_line):
            await self._files.check_account(token)

    async def check_project(self, project_id: UUID, token: str) -> None:
        """Return where the token's owner owns the project: only an owner spends for one. Raises ``ProjectNotFound``,
        ``OnlyForOwner``."""
        right = await self._files.right(project_id, token)
        if right is None:
            raise ProjectNotFound("There is no such project.", fields={"project_id": "not found"})
        if right != "own":
            raise OnlyForOwner("Only the owner of this project may order for it.", fields={"project_id": "not yours"})

    async def find(
        self, tx: Transaction, caller: Identity, token: str, wanted: Sequence[Wanted]
    ) -> dict[str, StoredObject]:
        """The stored inputs by role. Raises ``InputNotFound`` and ``InputNotUsable``, which name the field."""
        return {one.role: await self._one(tx, caller, token, one) for one in wanted if one.is_given}

    async def _one(self, tx: Transaction, caller: Identity, token: str, wanted: Wanted) -> StoredObject:
        given = [name for name, value in zip(wanted.names, _values(wanted), strict=True) if value is not None]
        if len(given) > 1:
            raise InputNotUsable(f"Give one of {' and '.join(given)}.", fields={given[1]: f"given beside {given[0]}"})
        if wanted.file_id is not None:
            found = await self._file(caller, token, wanted.file_id, given[0])
        elif wanted.job_id is not None:
            found = await self._result(tx, caller, wanted, given[0])
        else:
            found = await self._linked(caller, wanted.url or "", given[0])
        if not found.mime_type.startswith(f"{wanted.kind}/"):
            raise InputNotUsable(
                f"This needs {_A[wanted.kind]}, and it is {found.mime_type}.", fields={given[0]: f"is no {wanted.kind}"}
            )
        return found

    async def _file(self, caller: Identity, token: str, file_id: UUID, name: str) -> StoredObject:
        known = await self._files.about(file_id, token)
        if known is None:
            raise InputNotFound("There is no such file. Upload it first.", fields={name: "not found"})
        if known["scan_status"] != ScanStatus.CLEAN:
            raise InputNotUsable("This file has not been found clean.", fields={name: "not scanned clean"})
        made = datetime.fromisoformat(known["created_at"])
        found = [
            key
            for prefix in keys.prefixes_of_file(caller.user_id, made, file_id)
            async for key in self._store.list_keys(prefix)
        ]
        key = _best(found, file_id.hex)
        if key is None:
            raise InputNotUsable("This file is still being stored. Try again shortly.", fields={name: "not there yet"})
        return await self._described(key)

    async def _result(self, tx: Transaction, caller: Identity, wanted: Wanted, name: str) -> StoredObject:
        made = await repository.result_of(tx, wanted.job_id or UUID(int=0), caller.user_id)
        if made is None:
            raise InputNotFound("There is no such job of yours with a result.", fields={name: "not found"})
        stored = made["outputs"].get(wanted.kind)
        if stored is None:
            raise InputNotUsable(
                f"That job made no {wanted.kind}.",
                fields={name: f"its result has {', '.join(sorted(made['outputs']))}"},
            )
        return StoredObject.model_validate(stored)

    async def _linked(self, caller: Identity, url: str, name: str) -> StoredObject:
        # Whose an object is stands in its key; the link's own right to read it is not needed.
        path = unquote(urlsplit(url).path)
        for prefix in keys.all_of(caller.user_id):
            at = path.find(f"/{prefix}")
            if at >= 0:
                return await self._described(path[at + 1 :], name)
        raise InputNotUsable(
            "Only links to your own files and results are followed. Upload the file first, and give its id.",
            fields={name: "is no link to a file of yours"},
        )

    async def _described(self, key: str, name: str = "") -> StoredObject:
        about = await self._store.stat(key)
        if about is None:
            raise InputNotFound("There is no such file.", fields={name: "not found"})
        digest = hashlib.sha256()
        async for piece in self._store.open_range(key):
            digest.update(piece)
        return StoredObject(key=key, sha256=digest.hexdigest(), size=about.size, mime_type=about.mime_type)


_A = {"image": "a picture", "video": "a video", "audio": "a sound"}


def _values(wanted: Wanted) -> tuple[object, object, object]:
    return wanted.file_id, wanted.job_id, wanted.url


def _best(found: Sequence[str], name: str) -> str | None:
    """The version that providers get, else the original; whatever else was made of the file is none of it."""
    by_stem = {key.rsplit("/", 1)[-1].split(".", 1)[0]: key for key in found}
    return by_stem.get(f"{name}{PREPARED}") or by_stem.get(name)
