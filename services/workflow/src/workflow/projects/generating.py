"""Having a project's video made: an order of what the project says, by its owner (PRJ-06, WFL-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from contracts.enums import ProductLineKey, Voice, WorkflowType
from workflow.engine.definition import Definitions
from workflow.films.ordering import order as order_film
from workflow.films.service import Films
from workflow.products.registry import BY_TYPE
from workflow.projects.access import Right, reach
from workflow.projects.errors import NotReady
from workflow.projects.schemas import GenerateIn, GenerateOut
from workflow.runs import ordering
from workflow.runs.schemas import WorkflowIn
from workflow.settings import Settings

MADE_OF: Mapping[str, WorkflowType] = {
    ProductLineKey.TALKINGPHOTO: WorkflowType.AVATAR_PRESENTATION,
    ProductLineKey.FILMSTUDIO: WorkflowType.FILM_VIDEO,
}
"""What a project of each product line becomes; of the others nothing is made as a whole."""

_LONGEST_S = 60
_USUAL_S = 10


async def generate(
    tx: Transaction,
    settings: Settings,
    definitions: Definitions,
    films: Films,
    caller: Identity,
    project_id: UUID,
    body: GenerateIn,
    key: str | None,
    *,
    anew: bool = False,
) -> tuple[GenerateOut, bool]:
    """Order what a project says, with what ``body`` says instead; and whether ``key`` had ordered it before (PLT-21).

    Of a film only what is not there is made, unless it is wanted ``anew``. Raises ``NotReady`` naming what is missing,
    what an order raises, and as ``reach``.
    """
    row = await reach(tx, project_id, caller.user_id, Right.OWN)
    if MADE_OF.get(row["product_line"]) is WorkflowType.FILM_VIDEO:
        return await order_film(tx, settings, films, caller, project_id, body, key, anew=anew)
    instead = {name: value for name, value in body.model_dump().items() if name in body.model_fields_set}
    order = _order(row, {**row, **instead}, project_id)
    answer, replayed = await ordering.accept(tx, settings, definitions, caller, order, key)
    made = GenerateOut(
        id=answer.id,
        job_id=answer.id,
        project_id=project_id,
        status=answer.status,
        credits=BY_TYPE[order.workflow_type].credits,
        estimated_cost=answer.estimated_cost,
        estimated_time=answer.estimated_seconds,
        warnings=answer.warnings,
    )
    return made, replayed


def _order(row: Mapping[str, Any], said: Mapping[str, Any], project_id: UUID) -> WorkflowIn:
    workflow_type = MADE_OF.get(row["product_line"])
    if workflow_type is None:
        raise NotReady("Projects of this product are not made into one video.", fields={"product_line": "has none"})
    photo = next((one for one in map(_file_of, said["images"] or []) if one is not None), None)
    missing = {
        name: reason
        for name, reason, there in (
            ("script", "is what is said in the video", (said["script"] or "").strip()),
            ("images", "begins with the photo that speaks, as an uploaded file", photo),
        )
        if not there
    }
    if missing or photo is None:
        raise NotReady(f"Say first: {', '.join(sorted(missing))}.", fields=missing)
    return WorkflowIn(
        workflow_type=workflow_type,
        input_file_id=photo,
        script=said["script"],
        voice=said["voice"] or Voice.NEUTRAL,
        title=row["title"],
        description=(row["description"] or "")[:5_000] or None,
        target_duration=min(_LONGEST_S, said["duration"] * 60) if said["duration"] else _USUAL_S,
        project_id=project_id,
    )


def _file_of(image: UUID | str) -> UUID | None:
    if isinstance(image, UUID):
        return image
    return None if image.startswith("https:") else UUID(image)
