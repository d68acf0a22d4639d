"""The use cases around assets: add, take out, gather what runs made, tell where something comes from."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from chassis import ids
from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from chassis.storage.port import ObjectStore
from contracts.ai_router import JobDelivered
from contracts.enums import ProjectStatus, ScanStatus
from contracts.objects import StoredObject
from contracts.workflow import ProjectVideoReady, RunCompleted
from workflow.accounts.queries import is_known
from workflow.assets import queries, repository
from workflow.assets.comparing import differences
from workflow.assets.lineage import Node, node_id, nodes_of, nodes_of_job, uploaded
from workflow.assets.recalling import drafted
from workflow.assets.repository import Output, OutputFile, kind_of
from workflow.assets.schemas import (
    AssetIn,
    AssetOut,
    AssetsBulkIn,
    ComparedOut,
    ComparisonOut,
    DraftOut,
    LineageNode,
    LineageOut,
)
from workflow.engine.definition import Definitions
from workflow.engine.state import Run, load_state
from workflow.projects import queries as project_queries
from workflow.projects import repository as projects
from workflow.projects.access import Right, reach
from workflow.projects.errors import AssetNotFound, FileNotYours, ProjectNotFound
from workflow.projects.schemas import BulkAction, BulkOut
from workflow.projects.service import results
from workflow.runs import queries as runs

log = structlog.get_logger(__name__)

_VIDEO = "video"
_SUBTITLES = ("vtt", "srt")
_MOST_SCRIPT = 5_000
"""Characters of a script that are told with its video: as many as a description has on any platform."""
_EXTENSIONS = {"text/vtt": ".vtt", "application/x-subrip": ".srt", "audio/wav": ".wav", "audio/mp4": ".m4a"}


class Assets:
    """``link_s`` is how long links to assets hold."""

    def __init__(self, store: ObjectStore, definitions: Definitions, *, link_s: int) -> None:
        self._store = store
        self._definitions = definitions
        self._link_s = link_s

    async def add(self, tx: Transaction, caller: Identity, project_id: UUID, body: AssetIn) -> AssetOut:
        """Make a file of the caller's an asset of a project. Raises ``FileNotYours``, and as ``reach``."""
        await reach(tx, project_id, caller.user_id, Right.EDIT)
        if body.file_id not in await project_queries.files_of(tx, caller.user_id, [body.file_id]):
            raise FileNotYours("There is no such file. Upload it first.", fields={"file_id": "is no file of yours"})
        asset_id = await projects.add_asset(
            tx, ids.uuid7(), project_id, body.file_id, body.asset_type, body.metadata, caller.user_id
        )
        return await self.shown(tx, caller, asset_id)

    async def shown(self, tx: Transaction, caller: Identity, asset_id: UUID) -> AssetOut:
        """An asset of a project that the caller may see. Raises ``AssetNotFound``."""
        row = await queries.one(tx, asset_id)
        if row is None:
            raise _not_found()
        try:
            await reach(tx, row["project_id"], caller.user_id, Right.VIEW)
        except ProjectNotFound as hidden:
            raise _not_found() from hidden
        return self.described(row, caller.user_id)

    async def take_out(self, tx: Transaction, caller: Identity, project_id: UUID, asset_id: UUID) -> None:
        """Take a file out of a project; the file stays. Raises ``AssetNotFound``, and as ``reach``."""
        await reach(tx, project_id, caller.user_id, Right.OWN)
        if not await repository.remove_one(tx, project_id, asset_id):
            raise _not_found()

    async def bulk(self, tx: Transaction, caller: Identity, body: AssetsBulkIn) -> BulkOut:
        """Do one thing with many assets of the caller's projects. Raises ``ProjectNotFound`` where they cannot go."""
        wanted = list(dict.fromkeys(body.ids))
        match body.action:
            case BulkAction.DELETE:
                done = await repository.remove(tx, wanted, caller.user_id)
            case BulkAction.TAG:
                done = await repository.tag(tx, wanted, caller.user_id, body.tags or [])
            case BulkAction.MOVE:
                assert body.project_id is not None  # noqa: S101  the schema has looked
                await reach(tx, body.project_id, caller.user_id, Right.OWN)
                done = await repository.move(tx, wanted, caller.user_id, body.project_id)
        return results(wanted, done)

    async def lineage(self, tx: Transaction, caller: Identity, id: UUID) -> LineageOut:
        """Where an asset or a file of the caller's comes from, also when what it was made of is gone, or it is itself.

        Raises ``AssetNotFound``.
        """
        node = await queries.node_of(tx, id, caller.user_id)
        if node is not None:
            found = await queries.ancestry(tx, node)
            known = {row["id"] for row in found}
            for row in found:
                row["parents"] = [parent for parent in row["parents"] if parent in known]
            return LineageOut(id=node, nodes=[LineageNode.model_validate(row) for row in found])
        file_id = await queries.file_of(tx, id, caller.user_id)
        beginning = await queries.upload(tx, file_id) if file_id is not None else None
        if beginning is None:
            raise _not_found()
        return _just_uploaded(caller.user_id, upload_node(beginning))

    async def gather(self, tx: Transaction, event: RunCompleted) -> None:
        """Add what a run made to the projects that it was ordered for, and keep where all of it comes from.

        Doing it again changes nothing.
        """
        found = await queries.projects_of_run(tx, event.run_id, event.user_id)
        row = await runs.one(tx, event.run_id, event.user_id, any_owner=False) if found else None
        if row is None or row.cleaned_at is not None:
            return
        run = Run(row.brief, load_state(row.state))
        definition = self._definitions.of(row.brief.definition, row.brief.version)
        source = await queries.upload(tx, row.file_id) if row.file_id is not None else None
        title = row.title or event.workflow_type.value
        files = await _as_files(tx, event.user_id, event.product_line, event.results, title)
        nodes = nodes_of(definition, run, upload_node(source) if source is not None else None)
        await repository.tell(tx, event.user_id, _with_files(nodes, event.results, files))
        outputs = [
            Output(ids.uuid7(), project_id, file_id, {"result": name, "run_id": str(event.run_id)})
            for project_id in found
            for name, file_id in files.items()
        ]
        await repository.add_outputs(tx, event.user_id, outputs)
        subtitles = next((files[name] for name in _SUBTITLES if name in files), None)
        await projects.outcome(tx, found, files.get(_VIDEO), subtitles)
        if _VIDEO in files:
            for project_id in found:
                tx.emit(
                    ProjectVideoReady(
                        project_id=project_id,
                        user_id=event.user_id,
                        product_line=event.product_line,
                        run_id=event.run_id,
                        file_id=files[_VIDEO],
                        video=event.results[_VIDEO],
                        title=row.title or "",
                        script=str(row.brief.input.get("script", ""))[:_MOST_SCRIPT],
                        language=str(row.brief.input.get("language", "en")),
                    )
                )

    async def deliver(self, tx: Transaction, event: JobDelivered) -> None:
        """Keep where what a single job made comes from; where it was ordered for a project, its files become the
        project's. Doing it again changes nothing, and of somebody who was erased nothing is kept."""
        if not await is_known(tx, event.user_id):
            return
        known = await queries.uploads(tx, event.user_id, [stored.key for stored in event.inputs.values()])
        beginnings = {key: upload_node(row) for key, row in known.items()}
        nodes = nodes_of_job(event, beginnings, tx.now)
        files: dict[str, UUID] = {}
        if event.project_id is not None:
            title = str(event.parameters.get("prompt") or event.capability.value.replace("_", " "))[:60]
            media = {role: one for role, one in event.outputs.items() if one.mime_type != "application/json"}
            files = await _as_files(tx, event.user_id, event.product_line, media, title)
        await repository.tell(tx, event.user_id, _with_files(nodes, event.outputs, files))
        if event.project_id is not None and await queries.own_project(tx, event.project_id, event.user_id):
            made = [
                Output(ids.uuid7(), event.project_id, file_id, {"result": role, "job_id": str(event.job_id)})
                for role, file_id in files.items()
            ]
            await repository.add_outputs(tx, event.user_id, made)

    async def recall(self, tx: Transaction, caller: Identity, id: UUID) -> DraftOut:
        """A draft of the order that made an asset, a file, or an AI job's result. Nothing of it is changed.

        Raises ``AssetNotFound``, ``NotRecalled``.
        """
        node, *before = (await self.lineage(tx, caller, id)).nodes
        found = await queries.linked(tx, caller.user_id, list(node.inputs.values()))
        return drafted(node, {one.id: one for one in before}, {key: file_id for key, (file_id, _) in found.items()})

    async def compare(self, tx: Transaction, caller: Identity, left: UUID, right: UUID) -> ComparisonOut:
        """Two assets, files or AI jobs' results side by side. Raises ``AssetNotFound``."""
        nodes = [(await self.lineage(tx, caller, one)).nodes[0] for one in (left, right)]
        found = await queries.linked(tx, caller.user_id, [node.id for node in nodes])
        sides = [
            ComparedOut(**node.model_dump(), url=self._link(found.get(node.id, (None, None))[1])) for node in nodes
        ]
        return ComparisonOut(left=sides[0], right=sides[1], differences=differences(*nodes))

    async def gave_up(self, tx: Transaction, run_id: UUID, user_id: UUID, status: ProjectStatus) -> None:
        """Nothing came of a run: the projects that it was ordered for wait no longer."""
        if found := await queries.projects_of_run(tx, run_id, user_id):
            await projects.standing(tx, found, status)

    def described(self, row: Mapping[str, Any], user_id: UUID) -> AssetOut:
        """A row as the API shows it to a user."""
        key: str | None = row["storage_key"]
        if row["file_owner"] != user_id and row["kind"] == "image":
            key = row["prepared"]["key"] if row["prepared"] else None
        usable = row["scan_status"] == ScanStatus.CLEAN
        return AssetOut.model_validate({**row, "url": self._link(key if usable else None)})

    def _link(self, key: str | None) -> str | None:
        return self._store.signed_url(key, expires_s=self._link_s) if key is not None else None


async def _as_files(
    tx: Transaction, user_id: UUID, product_line: str, results: Mapping[str, StoredObject], title: str
) -> dict[str, UUID]:
    """The files that results are, by their names; those that are none yet become some."""
    known = await repository.known_files(tx, user_id, [stored.key for stored in results.values()])
    new = {
        stored.key: OutputFile(ids.uuid7(), _file_name(title, name, stored), kind_of(stored.mime_type), stored)
        for name, stored in results.items()
        if stored.key not in known
    }
    if new:
        await repository.add_files(tx, user_id, product_line, list(new.values()))
    known |= {key: file.id for key, file in new.items()}
    return {name: known[stored.key] for name, stored in results.items()}


def upload_node(row: Mapping[str, Any]) -> Node:
    """The beginning of what was made from a file: the version that providers get, where there is one."""
    stored = row["prepared"] or {
        "key": row["storage_key"],
        "sha256": row["checksum"].strip(),
        "size": row["file_size"],
        "mime_type": row["mime_type"],
    }
    return uploaded(StoredObject.model_validate(stored), row["original_name"], row["id"], row["created_at"])


def _with_files(nodes: list[Node], outputs: Mapping[str, StoredObject], files: Mapping[str, UUID]) -> list[Node]:
    by_key = {stored.key: files[name] for name, stored in outputs.items() if name in files}
    named = {stored.key: name for name, stored in outputs.items()}
    return [
        node
        if node.file_id is not None or node.object.key not in by_key
        else replace(node, file_id=by_key[node.object.key], name=named[node.object.key])
        for node in nodes
    ]


def _just_uploaded(user_id: UUID, node: Node) -> LineageOut:
    id = node_id(user_id, node.object.key)
    shown = LineageNode(
        id=id,
        file_id=node.file_id,
        name=node.name,
        mime_type=node.object.mime_type,
        size=node.object.size,
        sha256=node.object.sha256,
        operation=node.operation,
        provider=None,
        model=None,
        parameters={},
        seed=None,
        cost=node.cost,
        score=None,
        run_id=None,
        step=None,
        job_id=None,
        inputs={},
        parents=[],
        available=True,
        made_at=node.made_at,
    )
    return LineageOut(id=id, nodes=[shown])


def _file_name(title: str, result: str, stored: StoredObject) -> str:
    extension = _EXTENSIONS.get(stored.mime_type) or mimetypes.guess_extension(stored.mime_type) or ""
    return f"{title[:150]} {result}"[:240] + extension


def _not_found() -> AssetNotFound:
    return AssetNotFound("There is no such asset.")
