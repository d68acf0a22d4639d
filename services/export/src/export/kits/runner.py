"""Packing a kit."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from chassis import ids
from chassis.data.database import Database
from chassis.data.leased_work import WorkItem
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from contracts.enums import Captions
from contracts.export import CreateKit, KitCompleted, KitFailed, RenditionCompleted
from contracts.objects import StoredObject
from export.kits import archive, contents, repository
from export.kits.contents import Guide, PlatformPart, file_name
from export.orders import Refusal, as_caused, private_folder, refusals
from export.platforms import repository as platforms
from export.platforms.models import Requirements
from export.provenance.source_type import mark_picture, mark_video
from export.renditions import queries as renditions
from export.templates import queries as template_queries
from export.templates import repository as templates

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database says about an order."""

    order: CreateKit
    requirements: dict[str, Requirements]
    made: dict[str, RenditionCompleted]
    guides: dict[str, tuple[Any, Guide]]


class KitRunner:
    """Carries out work of the kind ``export.kit``."""

    def __init__(self, database: Database, store: ObjectStore, *, keep_for: timedelta) -> None:
        self._database = database
        self._store = store
        self._keep_for = keep_for

    async def run(self, item: WorkItem) -> None:
        """Pack the kit if it is still wanted, or say why it cannot be packed."""
        with as_caused(item):
            async with self._database.transaction() as tx:
                order = await repository.open_order(tx, item.id)
                if order is None:
                    tx.finish_work(item)
                    return
            try:
                with refusals(item):
                    known = await self._known(order)
                    event = await self._packed(known)
            except Refusal as refusal:
                await self._refuse(item, order, refusal)
            else:
                await self._complete(item, known, event)

    async def _known(self, order: CreateKit) -> _Known:
        async with self._database.transaction() as tx:
            specifications = await platforms.standard(tx, order.platforms)
            made = await renditions.with_videos(tx, order.run_id, order.renditions)
            rows = await template_queries.active(tx, workflow_type=order.workflow_type)
        guides = {row["platform"]: (row["id"], _guide(row)) for row in reversed(rows)}
        return _Known(
            order,
            {name: specification.values for name, specification in specifications.items()},
            made,
            guides,
        )

    async def _packed(self, known: _Known) -> KitCompleted:
        started = time.monotonic()
        order = known.order
        async with private_folder() as folder:
            image = await self._store.fetch(order.image, folder / contents.image_name(order))
            video = await self._store.fetch(order.video, folder / "original.mp4")
            parts = [await self._part(known, platform, folder) for platform in order.platforms]
            out = folder / "kit.zip"
            seconds = max((made.duration for made in known.made.values()), default=None)
            names = await asyncio.to_thread(_write, order, parts, image, video, seconds, out)
            now = self._database.clock.now()
            kit = await self._store.put_file(
                out,
                # Done again on another day, it is the same object.
                keys.document_key(order.user_id, "zip", ids.moment_of(order.kit_id), f"{order.kit_id.hex}-kit"),
                "application/zip",
                metadata=keys.object_metadata(order.user_id, "export_kit", now),
            )
        seconds = round(time.monotonic() - started, 3)
        return KitCompleted(kit_id=order.kit_id, run_id=order.run_id, kit=kit, files=names, seconds=seconds)

    async def _part(self, known: _Known, platform: str, folder: Path) -> PlatformPart:
        order = known.order
        made = known.made.get(platform)
        stored: dict[str, StoredObject] = {**order.captions, "video": order.renditions[platform]}
        if made is not None:
            stored = made.outputs
        target = folder / platform
        target.mkdir()
        files = {role: await self._store.fetch(one, target / file_name(role)) for role, one in stored.items()}
        guide = known.guides.get(platform)
        return PlatformPart(
            platform,
            known.requirements[platform],
            files,
            None if guide is None else guide[1],
            () if made is None else made.warnings,
            Captions.FILES if made is None else made.captions,
            {role: rules for role, rules in made.conformance.items() if role in files} if made is not None else {},
            None if made is None else made.claimed_by,
        )

    async def _complete(self, item: WorkItem, known: _Known, event: KitCompleted) -> None:
        async with self._database.transaction() as tx:
            tx.finish_work(item)
            if not await repository.finish(tx, event.kit_id, "completed", event):
                return
            order = known.order
            about: dict[str, Any] = {"files": list(event.files), "language": order.language, "title": order.title}
            await repository.save_kit(tx, order, event, about, tx.now + self._keep_for)
            await templates.used(tx, [known.guides[name][0] for name in order.platforms if name in known.guides])
            tx.emit(event)

    async def _refuse(self, item: WorkItem, order: CreateKit, refusal: Refusal) -> None:
        log.warning("kit.refused", kit_id=str(order.kit_id), code=refusal.code, reason=refusal.message)
        event = KitFailed(
            kit_id=order.kit_id,
            run_id=order.run_id,
            code=refusal.code,
            message=refusal.message,
            retryable=refusal.retryable,
        )
        async with self._database.transaction() as tx:
            tx.finish_work(item)
            if await repository.finish(tx, order.kit_id, "failed", event):
                tx.emit(event)


def _write(
    order: CreateKit, parts: list[PlatformPart], image: Path, video: Path, seconds: float | None, out: Path
) -> tuple[str, ...]:
    """The archive with everything in it; reads files, so not for the event loop."""
    # What a vendor made says nothing yet of how.
    mark_picture(image)
    mark_video(video)
    # Captions of a film in parts begin anew with each.
    srt = next((part.files["srt"] for part in parts if "srt" in part.files), None)
    entries = contents.entries(order, parts, image, video, seconds=seconds, srt=srt)
    return archive.write(entries, contents.about(order, parts), out)


def _guide(row: Any) -> Guide:
    return Guide(
        name=row["template_name"],
        instructions_html=row["instructions_html"],
        prompt_template=row["prompt_template"],
        assets_required=tuple(row["assets_required"]),
        tools_required=tuple(row["tools_required"]),
        estimated_time_minutes=row["estimated_time_minutes"],
    )
