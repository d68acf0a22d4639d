"""Writing instructions and noting them in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.errors import Invalid, NotFound
from contracts.export import CreateKit
from export.history import repository as history
from export.instructions import rules
from export.instructions.schemas import InstructionsIn, InstructionsOut, PlatformInstructions
from export.kits import queries as kits
from export.platforms import queries as platforms
from export.platforms.models import PlatformSpecification
from export.templates import repository as templates
from export.templates.cache import TemplateCache


class WorkflowNotFound(NotFound):
    """There is no such workflow with an export, or it belongs to someone else."""

    code = "workflow_not_found"


class PlatformUnknown(Invalid):
    """A platform or shape is not in the catalogue; the message lists what is."""

    code = "unknown_platform"


async def write(tx: Transaction, cache: TemplateCache, user_id: UUID, body: InstructionsIn) -> InstructionsOut:
    """Instructions for each platform, kept in the user's history. Raises ``WorkflowNotFound``, ``PlatformUnknown``."""
    order = await _order(tx, body.workflow_id, user_id)
    kind = body.workflow_type if order is None else order.workflow_type
    asked = body.platforms or (["instagram"] if order is None else [one.value for one in order.platforms])
    wanted = list(dict.fromkeys(asked))
    rows = await specifications(tx, wanted)
    found = await cache.active(tx, workflow_type=kind, difficulty=body.difficulty)
    guides: dict[str, Mapping[str, Any]] = {row["platform"]: row for row in reversed(found)}
    told = [
        PlatformInstructions(
            **rules.for_platform(
                name,
                rows[name].values,
                guides.get(name),
                workflow_type=kind,
                title=body.title or (order.title if order else None),
                script=body.script or (order.script if order else None),
            )
        )
        for name in wanted
    ]
    await templates.used(tx, [guides[name]["id"] for name in wanted if name in guides])
    answer = {
        "workflow_id": body.workflow_id,
        "workflow_type": kind,
        "instructions": told,
        "estimated_time_minutes": sum(one.estimated_time_minutes for one in told),
    }
    request = body.model_dump(mode="json", exclude_none=True) | {"platforms": wanted, "workflow_type": kind.value}
    entry = await history.add(tx, user_id, "instructions", request)
    out = InstructionsOut(id=entry, **answer)
    await history.keep_result(tx, entry, out.model_dump_json())
    return out


async def specifications(tx: Transaction, names: Sequence[str]) -> dict[str, PlatformSpecification]:
    """The rows by the names they are asked for: ``platform`` or ``platform:shape``. Raises ``PlatformUnknown``."""
    rows = {row.name: row for row in await platforms.every(tx)}
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise PlatformUnknown(f"platforms: {', '.join(unknown)} is not known. Choose from {', '.join(sorted(rows))}.")
    return {name: rows[name] for name in names}


async def _order(tx: Transaction, workflow_id: UUID | None, user_id: UUID) -> CreateKit | None:
    if workflow_id is None:
        return None
    order = await kits.order_of_run(tx, workflow_id, user_id)
    if order is None:
        raise WorkflowNotFound("There is no workflow of yours with this id whose export has begun.")
    return order
