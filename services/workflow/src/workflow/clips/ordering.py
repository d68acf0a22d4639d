"""Ordering a trim or a hook detection: check what is wanted, say what it will take, and begin its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES
from chassis.http import repeats
from chassis.identity.product_line import offered_line
from chassis.identity.tokens import Identity
from contracts.enums import Priority, Status, WorkflowType
from workflow.clips import repository
from workflow.clips.rules import Source, check_times, source_of
from workflow.clips.schemas import AutoHooksIn, ClipAccepted, SourcedIn, TrimIn
from workflow.engine.definition import Definitions
from workflow.products.registry import BY_TYPE
from workflow.products.sourced import ASSUMED_S
from workflow.projects.joining import add_run
from workflow.runs import repository as runs
from workflow.runs import rules
from workflow.runs.ordering import Order, begin_all, check_line, definition_for
from workflow.runs.repository import places
from workflow.runs.rules import clean_line
from workflow.settings import Settings
from workflow.spending.service import spend


async def trim(
    tx: Transaction, settings: Settings, definitions: Definitions, caller: Identity, body: TrimIn, key: str | None
) -> tuple[ClipAccepted, bool]:
    """Order a part of a video. Raises what :func:`accept` does, and ``BadTimes``."""

    def wanted(source: Source) -> Mapping[str, Any]:
        check_times(body.start, body.end, source)
        return {"start": body.start, "end": body.end, "output_format": body.output_format}

    return await accept(tx, settings, definitions, caller, WorkflowType.CLIP_TRIM, body, wanted, key)


async def auto_hooks(
    tx: Transaction, settings: Settings, definitions: Definitions, caller: Identity, body: AutoHooksIn, key: str | None
) -> tuple[ClipAccepted, bool]:
    """Order a hook detection. Raises what :func:`accept` does."""
    names = {"count", "clip_length", "language", "clips", "aspect", "layout", "captions", "longest_silence"}
    return await accept(
        tx,
        settings,
        definitions,
        caller,
        WorkflowType.CLIP_AUTO_HOOKS,
        body,
        lambda _: body.model_dump(include=names),
        key,
        parts=body.clips,
    )


async def accept(
    tx: Transaction,
    settings: Settings,
    definitions: Definitions,
    caller: Identity,
    workflow_type: WorkflowType,
    body: SourcedIn,
    wanted: Any,
    key: str | None,
    *,
    parts: int = 1,
) -> tuple[ClipAccepted, bool]:
    """Check an order of a video and begin its run, or repeat the answer that ``key`` got before, and say so (PLT-21).

    ``wanted``: of its source, what the order says beside it. Raises ``LineNotOffered``, ``NotInThisLine``,
    ``SourceNotUsable``, ``FileWaits``, ``VideoTooLong``, ``AccountInactive``, ``AddressNotProved``, ``LimitReached``,
    ``KeyReused``, ``KeyCapReached``, ``ProjectNotFound``, ``OnlyForOwner``.
    """
    product_line = offered_line(caller.product_line).key.value
    definition, product = definition_for(definitions, workflow_type), BY_TYPE[workflow_type]

    async def work() -> ClipAccepted:
        known = await runs.before_create(tx, None, caller.user_id, product_line)
        upload = None if body.file_id is None else await repository.upload(tx, body.file_id, caller.user_id)
        check_line(product, product_line)
        rules.check_account(known, proved_only=settings.proved_only(product_line))
        source = source_of(body, upload, known.entitlement)
        said = wanted(source)
        rules.check_quota(product, known, tx.now)
        budget = known.entitlement.run_budget if known.entitlement is not None else None
        paces = known.paces_of(definition.name)
        alone = product.estimate(settings, definition, paces, source.seconds or ASSUMED_S, parts, budget, None)
        expected = alone.behind(known.ahead, settings.max_processing, settings.media_processes)
        priority = known.entitlement.priority if known.entitlement is not None else Priority.NORMAL
        title = clean_line(body.title or "") or clean_line(source.name) or workflow_type.value
        made_from = product.input(
            url=source.url,
            video=source.video,
            source_s=source.seconds,
            max_seconds=source.max_seconds,
            title=title,
            quality=body.quality_preference,
            priority=priority,
            estimated_cost=expected.cost,
            credits=expected.credits,
            paces={step: one.pace for step, one in paces.items()},
            **said,
        )
        order = Order(
            user_id=caller.user_id,
            product_line=product_line,
            workflow_type=workflow_type,
            input=made_from.model_dump(mode="json"),
            priority=priority,
            file_id=body.file_id,
            title=title,
            estimated_cost=expected.cost,
            estimated_seconds=expected.seconds,
        )
        run_id = ids.uuid7()
        room = await runs.take_place(tx, places(settings), caller.user_id, LANES[priority], tx.now)
        begin_all(tx, definition, {run_id: order}, room=room)
        if body.project_id is not None:
            await add_run(tx, caller.user_id, body.project_id, run_id)
        await spend(tx, caller, expected.credits)
        return ClipAccepted(
            id=run_id,
            job_id=run_id,
            status=Status.PROCESSING if room else Status.PENDING,
            estimated_cost=expected.cost,
            estimated_seconds=expected.seconds,
        )

    asked = orjson.dumps([workflow_type, body.model_dump(mode="json")], option=orjson.OPT_SORT_KEYS).decode()
    return await repeats.once(tx, caller.user_id, key, asked, work, ClipAccepted)
