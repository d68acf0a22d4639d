"""Making the renditions that were ordered together, from one decode of their video."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import structlog

from chassis import ids
from chassis.data.database import Database
from chassis.data.leased_work import WorkItem
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from chassis.work.process_pool import ProcessPool
from contracts.export import Conformity, RenditionCompleted, RenditionFailed
from contracts.objects import StoredObject
from export.orders import Refusal, as_caused, private_folder, refusals
from export.platforms import repository as platforms
from export.platforms.models import Requirements
from export.provenance.claims import Signer
from export.provenance.source_type import SOURCE_TYPE
from export.renditions import repository
from export.renditions.models import RenditionMade, RenditionOrder, RenditionRefused
from export.renditions.work import Piece, Rendered, Wanted, render
from export.verification import repository as fingerprints
from export.verification.repository import NewFingerprint

log = structlog.get_logger(__name__)

SHORT_FILM_S = 12.0


class _Made(NamedTuple):
    """An order, what was made for it, and what that looks like."""

    order: RenditionOrder
    answer: RenditionMade
    fingerprints: tuple[NewFingerprint, ...]


class RenditionRunner:
    """Carries out work of the kind ``export.renditions``."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        processes: ProcessPool,
        *,
        threads: int,
        deadline_s: float,
        signer: Signer | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._processes = processes
        self._threads = threads
        self._deadline_s = deadline_s
        self._signer = signer

    async def run(self, item: WorkItem) -> None:
        """Make what is still wanted, or say why it cannot be made."""
        with as_caused(item):
            async with self._database.transaction() as tx:
                orders = await repository.open_of_work(tx, item.id)
            try:
                with refusals(item):
                    made = await self._made(await self._known(orders)) if orders else []
            except Refusal as refusal:
                await self._refuse(item, orders, refusal)
            else:
                await self._complete(item, made)

    async def _known(self, orders: Sequence[RenditionOrder]) -> list[tuple[RenditionOrder, Requirements]]:
        async with self._database.transaction() as tx:
            specifications = await platforms.named(tx, [order.platform for order in orders])
        return [(order, specifications[order.platform].values) for order in orders]

    async def _made(self, orders: Sequence[tuple[RenditionOrder, Requirements]]) -> list[_Made]:
        started = time.monotonic()
        first = orders[0][0]
        async with private_folder() as folder:
            source = await self._store.fetch(first.video, folder / "source.mp4")
            timings = first.timings and await self._store.fetch(first.timings, folder / "timings.json")
            (out := folder / "out").mkdir()
            wanted = {
                order.platform: Wanted(
                    order.platform,
                    requirements,
                    order.when_too_long,
                    order.captions,
                    order.highlight_words,
                    order.draft,
                )
                for order, requirements in orders
            }
            rendered = await self._processes.run(
                render,
                source,
                timings,
                first.language,
                list(wanted.values()),
                out,
                self._threads,
                signer=self._signer,
                deadline_s=self._deadline_s,
                quick=isinstance(timings, Path) and await asyncio.to_thread(_is_short, timings),
                report=lambda share: log.debug("renditions.progress", run_id=str(first.run_id), share=share),
            )
            seconds = time.monotonic() - started
            by_platform = {one.platform: one for one in rendered}
            return [await self._kept(order, by_platform[order.platform], seconds) for order, _ in orders]

    async def _kept(self, order: RenditionOrder, rendered: Rendered, seconds: float) -> _Made:
        outputs: dict[str, StoredObject] = {}
        conformance: dict[str, tuple[Conformity, ...]] = {}
        for number, piece in enumerate(rendered.pieces, 1):
            suffix = f"-{number}" if len(rendered.pieces) > 1 else ""
            outputs |= await self._keep_piece(order, piece, suffix)
            conformance[f"video{suffix}"] = piece.conformance
        answer = RenditionMade(
            rendition_id=order.rendition_id,
            run_id=order.run_id,
            platform=order.platform,
            outputs=outputs,
            width=rendered.width,
            height=rendered.height,
            duration=sum(piece.duration for piece in rendered.pieces),
            seconds=round(seconds, 3),
            whole=rendered.whole,
            captions=rendered.captions,
            warnings=rendered.warnings,
            conformance=conformance,
            claimed_by=None if self._signer is None else self._signer.name,
        )
        return _Made(order, answer, tuple(_fingerprints(order, rendered, outputs)))

    async def _keep_piece(self, order: RenditionOrder, piece: Piece, number: str) -> dict[str, StoredObject]:
        files = {
            "video": (piece.video, "video", "video/mp4"),
            "poster": (piece.poster, "poster", "image/jpeg"),
            "srt": (piece.srt, "captions-srt", "application/x-subrip"),
            "vtt": (piece.vtt, "captions-vtt", "text/vtt"),
        }
        return {
            f"{role}{number}": await self._keep(order, path, f"{kind}{number}", mime_type)
            for role, (path, kind, mime_type) in files.items()
            if path is not None
        }

    async def _keep(self, order: RenditionOrder, path: Path, role: str, mime_type: str) -> StoredObject:
        now = self._database.clock.now()
        name = f"{order.rendition_id.hex}-{order.platform.replace(':', '-')}-{role}"
        make_key = {"video": keys.video_key, "image": keys.image_key}.get(mime_type.split("/", 1)[0], keys.document_key)
        # Done again on another day, it is the same object.
        key = make_key(order.user_id, path.suffix[1:], ids.moment_of(order.rendition_id), name)
        metadata = keys.object_metadata(order.user_id, f"rendition_{role}", now)
        return await self._store.put_file(path, key, mime_type, metadata=metadata)

    async def _complete(self, item: WorkItem, made: Sequence[_Made]) -> None:
        async with self._database.transaction() as tx:
            ended = await repository.finish(tx, "completed", [(one.order.rendition_id, one.answer) for one in made])
            tx.finish_work(item)
            for order, answer, looks in made:
                if order.rendition_id not in ended:
                    continue
                await fingerprints.add(tx, order.run_id, order.user_id, SOURCE_TYPE, looks)
                if order.told:
                    tx.emit(RenditionCompleted.model_validate(answer.model_dump()))

    async def _refuse(self, item: WorkItem, orders: Sequence[RenditionOrder], refusal: Refusal) -> None:
        log.warning("renditions.refused", code=refusal.code, work_id=str(item.id), reason=refusal.message)
        refused = [
            RenditionRefused(
                rendition_id=order.rendition_id,
                run_id=order.run_id,
                platform=order.platform,
                code=refusal.code,
                message=refusal.message,
                retryable=refusal.retryable,
            )
            for order in orders
        ]
        async with self._database.transaction() as tx:
            ended = await repository.finish(tx, "failed", [(one.rendition_id, one) for one in refused])
            tx.finish_work(item)
            for order, one in zip(orders, refused, strict=True):
                if one.rendition_id in ended and order.told:
                    tx.emit(RenditionFailed.model_validate(one.model_dump()))


def _fingerprints(
    order: RenditionOrder, rendered: Rendered, outputs: dict[str, StoredObject]
) -> Iterator[NewFingerprint]:
    """What the films and posters look like, and the film that they were made from."""
    yield NewFingerprint("video", order.video.sha256, rendered.original, rendered.seconds)
    for number, piece in enumerate(rendered.pieces, 1):
        suffix = f"-{number}" if len(rendered.pieces) > 1 else ""
        yield NewFingerprint("video", outputs[f"video{suffix}"].sha256, piece.pictures, piece.duration)
        yield NewFingerprint("picture", outputs[f"poster{suffix}"].sha256, piece.poster_pictures)


def _is_short(timings: Path) -> bool:
    """Whether a film of that speech is made beside long ones, and does not wait for them."""
    return float(json.loads(timings.read_bytes()).get("duration", SHORT_FILM_S + 1)) <= SHORT_FILM_S
