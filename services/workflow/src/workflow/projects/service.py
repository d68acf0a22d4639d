"""The use cases around projects: make, change, go back, delete, share."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from chassis.storage.port import ObjectStore
from contracts.enums import ProductLineKey, ProjectStatus, SharePermission
from contracts.workflow import ProjectCreated, ProjectDeleted, ProjectShared, ProjectUpdated
from workflow.accounts.queries import is_active
from workflow.projects import logbook, queries, repository
from workflow.projects.access import Right, reach, right_of
from workflow.projects.errors import (
    CannotShare,
    FileNotYours,
    LinkOver,
    ProjectBusy,
    ProjectNotFound,
    ShareNotFound,
    VersionNotFound,
)
from workflow.projects.lengths import check_length
from workflow.projects.schemas import (
    BulkAction,
    BulkOut,
    BulkResult,
    ProjectChange,
    ProjectIn,
    ProjectOut,
    ProjectsBulkIn,
    ProjectSummary,
    ShareIn,
    ShareMade,
    ShareOut,
)
from workflow.runs.driver import Driver
from workflow.runs.service import stop

LINK_LIVES = timedelta(days=7)
SHARED = "/api/v1/projects/shared"
"""Where links to projects lead."""

_FEEDS_GENERATION = frozenset({"script", "images", "voice", "duration", "music"})
"""What something is made from (PRJ-04)."""
_FIELDS = (
    *("title", "description", "script", "images", "voice", "duration", "music", "settings", "is_public"),
    *("tags", "folder"),
)
_SAID = {Right.VIEW: "view", Right.EDIT: "edit", Right.OWN: "own"}


class Projects:
    """``link_s`` is how long links to what belongs to a project hold."""

    def __init__(self, store: ObjectStore, driver: Driver, *, link_s: int, public_url: str) -> None:
        self._store = store
        self._driver = driver
        self._link_s = link_s
        self._public_url = public_url.rstrip("/")

    async def create(self, tx: Transaction, caller: Identity, body: ProjectIn) -> ProjectOut:
        """Make a project. Raises ``FileNotYours`` for files that are not the caller's, ``TooLong``."""
        fields = _fields(body.model_dump(mode="json"))
        await _check_files(tx, caller.user_id, fields)
        await _check_length(tx, caller.user_id, caller.product_line, fields)
        project_id = ids.uuid7()
        await repository.add(tx, project_id, caller.user_id, caller.product_line, fields, fields)
        tx.emit(
            ProjectCreated(
                project_id=project_id,
                user_id=caller.user_id,
                product_line=caller.product_line,
                title=body.title,
            )
        )
        await logbook.add(tx, {"id": project_id}, "created", f"{body.title} was made.", by=caller.user_id)
        return await self.shown(tx, caller.user_id, project_id)

    async def shown(self, tx: Transaction, user_id: UUID, project_id: UUID, *, looks_after: bool = False) -> ProjectOut:
        """A project that the user may see. Raises ``ProjectNotFound``."""
        row = await reach(tx, project_id, user_id, Right.VIEW, looks_after=looks_after)
        return ProjectOut.model_validate(self.described(row, max(right_of(row, user_id), Right.VIEW)))

    async def change(self, tx: Transaction, caller: Identity, project_id: UUID, body: ProjectChange) -> ProjectOut:
        """Change what is named, as its owner or an editor; the result is a new version.

        Raises ``ProjectNotFound``, ``OnlyForEditors``, ``ProjectBusy``, ``FileNotYours``.
        """
        row = await reach(tx, project_id, caller.user_id, Right.EDIT, lock=True)
        said = {name: value for name, value in body.model_dump(mode="json").items() if name in body.model_fields_set}
        return await self._become(tx, caller, row, {**current(row), **_fields(said, only=said)})

    async def restore(self, tx: Transaction, caller: Identity, project_id: UUID, number: int) -> ProjectOut:
        """Make a project what it was in a version, which makes another version.

        Raises as :meth:`change`, and ``VersionNotFound``.
        """
        row = await reach(tx, project_id, caller.user_id, Right.EDIT, lock=True)
        snapshot = await queries.version(tx, project_id, number)
        if snapshot is None:
            raise VersionNotFound(f"The project has no version {number}; the newest is {row['version']}.")
        return await self._become(tx, caller, row, snapshot, check_files=False)

    async def delete(self, tx: Transaction, caller: Identity, project_ids: Sequence[UUID]) -> set[UUID]:
        """Delete the caller's projects, which there were: what is being made for them stops, the files stay."""
        await stop(tx, self._driver, await queries.at_work(tx, list(project_ids), caller.user_id))
        gone = await repository.remove(tx, project_ids, caller.user_id)
        for row in gone:
            tx.emit(ProjectDeleted(project_id=row["id"], user_id=row["user_id"], product_line=row["product_line"]))
        return {row["id"] for row in gone}

    async def bulk(self, tx: Transaction, caller: Identity, body: ProjectsBulkIn) -> BulkOut:
        """Do one thing with many of the caller's projects; the others are not found."""
        wanted = list(dict.fromkeys(body.ids))
        match body.action:
            case BulkAction.DELETE:
                done = await self.delete(tx, caller, wanted)
            case BulkAction.TAG:
                done = await repository.tag(tx, wanted, caller.user_id, body.tags or [])
            case BulkAction.MOVE:
                done = await repository.move(tx, wanted, caller.user_id, body.folder)
        return results(wanted, done)

    async def share(self, tx: Transaction, caller: Identity, project_id: UUID, body: ShareIn) -> ShareMade:
        """Share a project with an account or an address, or make a link to it.

        Of an address nobody is told whether it has an account. Raises ``CannotShare``, and as :func:`reach`.
        """
        row = await reach(tx, project_id, caller.user_id, Right.OWN)
        life = timedelta(hours=body.expires_in_hours) if body.expires_in_hours is not None else None
        token: str | None = None
        email = body.email.lower() if body.email is not None else None
        if body.user_id is None and body.email is None:
            if body.permission is not SharePermission.VIEWER:
                raise CannotShare(
                    "A link is for looking. Name an account to let somebody change the project.",
                    fields={"permission": "is viewer for a link"},
                )
            token, life = secrets.token_urlsafe(32), life or LINK_LIVES
        else:
            await _check_other(tx, caller, body.user_id, email)
        made = await repository.share(
            tx,
            ids.uuid7(),
            project_id,
            caller.user_id,
            body.permission,
            tx.now + life if life is not None else None,
            user_id=body.user_id,
            email=email,
            token_sha256=_digest(token) if token is not None else None,
        )
        tx.emit(
            ProjectShared(
                project_id=project_id,
                user_id=caller.user_id,
                product_line=row["product_line"],
                permission=body.permission,
                shared_with=body.user_id,
                expires_at=made["expires_at"],
            )
        )
        url = f"{self._public_url}{SHARED}/{token}" if token is not None else None
        return ShareMade(**ShareOut.model_validate(made, from_attributes=False).model_dump(), url=url)

    async def unshare(self, tx: Transaction, caller: Identity, project_id: UUID, share_id: UUID) -> None:
        """End a share. Raises ``ShareNotFound``, and as :func:`reach`."""
        await reach(tx, project_id, caller.user_id, Right.OWN)
        if not await repository.unshare(tx, project_id, share_id):
            raise ShareNotFound("There is no such share.")

    async def by_link(self, tx: Transaction, token: str) -> ProjectOut:
        """The project that a link leads to. Raises ``ProjectNotFound``, ``LinkOver``."""
        row = await queries.by_link(tx, _digest(token))
        if row is None:
            raise ProjectNotFound("This link leads nowhere.")
        if row["expires_at"] is not None and row["expires_at"] <= tx.now:
            raise LinkOver("This link has expired. Ask the project's owner for another one.")
        return ProjectOut.model_validate(self.described(row, Right.VIEW))

    async def public(self, tx: Transaction, project_id: UUID) -> ProjectOut:
        """A project that everybody may see. Raises ``ProjectNotFound``."""
        row = await queries.public(tx, project_id)
        if row is None:
            raise ProjectNotFound("There is no such public project.")
        return ProjectOut.model_validate(self.described(row, Right.VIEW))

    def summary(self, row: Mapping[str, Any], user_id: UUID) -> ProjectSummary:
        """A project as lists show it."""
        return ProjectSummary.model_validate(self.described(row, right_of(dict(row), user_id)))

    def described(self, row: Mapping[str, Any], right: Right) -> dict[str, Any]:
        """A row as the API shows it."""
        links = {f"{name}_url": self._link(row[f"{name}_key"]) for name in ("thumbnail", "video", "subtitles")}
        return {**row, **links, "right": _SAID[right]}

    def _link(self, key: str | None) -> str | None:
        return self._store.signed_url(key, expires_s=self._link_s) if key is not None else None

    async def _become(
        self,
        tx: Transaction,
        caller: Identity,
        row: dict[str, Any],
        fields: Mapping[str, Any],
        *,
        check_files: bool = True,
    ) -> ProjectOut:
        before = current(row)
        changed = tuple(sorted(name for name in fields if fields[name] != before.get(name)))
        if not changed:
            return await self.shown(tx, caller.user_id, row["id"])
        fed = _FEEDS_GENERATION.intersection(changed)
        if fed and row["status"] == ProjectStatus.PROCESSING:
            raise ProjectBusy(
                "A video is being made from this. Change it when that has ended, or cancel it.",
                fields=dict.fromkeys(sorted(fed), "feeds what is being made"),
            )
        if {"is_public"} & set(changed) and row["user_id"] != caller.user_id:
            await reach(tx, row["id"], caller.user_id, Right.OWN)
        if check_files:
            await _check_files(tx, row["user_id"], {name: fields[name] for name in changed})
            await _check_length(tx, row["user_id"], row["product_line"], {name: fields[name] for name in changed})
        version = await repository.change(tx, row["id"], caller.user_id, fields, fields)
        tx.emit(
            ProjectUpdated(
                project_id=row["id"],
                user_id=row["user_id"],
                product_line=row["product_line"],
                version=version,
                changed=changed,
            )
        )
        await logbook.add(tx, row, "updated", f"Changed: {', '.join(changed)}.", by=caller.user_id)
        return await self.shown(tx, caller.user_id, row["id"])


def results(wanted: Sequence[UUID], done: set[UUID]) -> BulkOut:
    """What became of each of those named."""
    return BulkOut(
        results=[BulkResult(id=one, done=one in done, error=None if one in done else "not_found") for one in wanted]
    )


def _fields(said: Mapping[str, Any], only: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is kept of what was said, under our names."""
    found = {name: said.get(name) for name in _FIELDS if only is None or name in only}
    if only is None or "thumbnail" in only:
        found["thumbnail_file_id"] = said.get("thumbnail")
    for name, empty in (("images", []), ("settings", {}), ("tags", []), ("is_public", False)):
        if name in found and found[name] is None:
            found[name] = empty
    return found


def current(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a project is, as a snapshot has it."""
    thumbnail = row["thumbnail_file_id"]
    return {
        **{name: row[name] for name in _FIELDS},
        "thumbnail_file_id": str(thumbnail) if thumbnail is not None else None,
    }


async def _check_other(tx: Transaction, caller: Identity, user_id: UUID | None, email: str | None) -> None:
    """Refuse to share with nobody, or with the owner. Raises ``CannotShare``."""
    if user_id is not None and (user_id == caller.user_id or not await is_active(tx, user_id)):
        raise CannotShare("There is no other account like this.", fields={"user_id": "is no other account's"})
    if email is not None and email == caller.email.lower():
        raise CannotShare("This is your own address.", fields={"email": "is no other person's"})


async def _check_length(tx: Transaction, owner: UUID, product_line: str, fields: Mapping[str, Any]) -> None:
    if product_line == ProductLineKey.FILMSTUDIO and fields.get("duration") is not None:
        check_length(fields["duration"], await queries.entitlement_of(tx, owner, product_line))


async def _check_files(tx: Transaction, owner: UUID, fields: Mapping[str, Any]) -> None:
    named = {UUID(one) for one in fields.get("images") or [] if not one.startswith("https:")}
    if fields.get("thumbnail_file_id") is not None:
        named.add(UUID(fields["thumbnail_file_id"]))
    if not named:
        return
    missing = named - await queries.files_of(tx, owner, sorted(named))
    if missing:
        raise FileNotYours(
            "There is no such file: " + ", ".join(str(one) for one in sorted(missing)[:5]) + ". Upload it first.",
            fields={"images": "names files that are not there"},
        )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
