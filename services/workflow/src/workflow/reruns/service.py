"""Making another run of one that has been completed: what is the same is used again, the rest is made and held for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES
from chassis.errors import Invalid
from chassis.identity.tokens import Identity
from contracts.enums import Status, WorkflowType
from contracts.objects import StoredObject
from workflow.engine import reuse
from workflow.engine.advance import first_state
from workflow.engine.definition import Definition
from workflow.engine.state import Brief, Run
from workflow.products.registry import BY_TYPE
from workflow.reruns.errors import NothingNew, ResultsGone, UnknownStep
from workflow.reruns.schemas import RerunIn, RerunOut, StepParts
from workflow.runs import ordering, repository, rules
from workflow.runs.driver import Driver
from workflow.runs.errors import NotPossible
from workflow.runs.models import Row
from workflow.runs.ordering import Order
from workflow.runs.repository import Known, places
from workflow.runs.schemas import WorkflowIn
from workflow.runs.service import loaded, own
from workflow.settings import Settings
from workflow.spending.service import spend


async def rerun(
    tx: Transaction,
    settings: Settings,
    driver: Driver,
    caller: Identity,
    run_id: UUID,
    anew: str | None,
    changes: RerunIn,
) -> RerunOut:
    """Make another run of the caller's: ``anew`` and what follows from it in any case, and whatever ``changes`` change.

    Only what is made is held for; a dry run only says what that would be. Raises ``RunNotFound``, ``NotPossible``,
    ``ResultsGone``, ``UnknownStep``, ``NothingNew``, and what an order raises.
    """
    row = await own(tx, caller, run_id)
    may_be_used(row)
    earlier, before = loaded(driver, row)
    workflow_type = WorkflowType(row.brief.workflow_type)
    product = BY_TYPE[workflow_type]
    ordering.check_path(product)
    if product.as_order is None:
        raise NotPossible("Runs of this product are not made anew in parts. Order it again.")
    definition = ordering.definition_for(driver.definitions, workflow_type)
    _known_step(definition, anew)
    body = _order(product.as_order(row.brief.input), row, changes)

    line = row.brief.product_line
    known = await repository.before_create(tx, body.input_file_id, caller.user_id, line)
    rules.check_account(known, proved_only=settings.proved_only(line))
    script = ordering.script_of(body, line)
    whole, paces = ordering.expectation(settings, definition, known, body, script.text)
    image, sides = None, None
    if body.input_file_id == row.file_id:
        image = StoredObject.model_validate(row.brief.input["image"])
        sides = tuple(row.brief.input["sides"]) if row.brief.input.get("sides") else None
    else:
        rules.check_file(known)
    new_id = ids.uuid7()
    order = ordering.order_of(
        caller, definition, line, body, script.text, known, whole, paces, None, image=image, sides=sides
    )
    order = _another_take(definition, order, anew, changes, new_id)
    run = _run(definition, order, new_id, tx)
    plan = reuse.plan(definition, run, before, earlier, anew)
    if not plan.made:
        raise NothingNew("Nothing would be made anew. Change something, or name the step to begin from.")
    if image is not None and _gone(known) and reuse.wants(definition, run, list(plan.made), image.key):
        raise ResultsGone("The photo of this workflow has been removed. Order it anew with another upload.")

    expected, _ = ordering.expectation(settings, definition, known, body, script.text, plan.made.keys())
    least = ordering.affordable(product, known, body, script.text, expected, plan.made.keys())
    if expected.credits:
        rules.check_quota(product, known, tx.now)
    answer = RerunOut(
        id=None,
        parent_id=run_id,
        status=None,
        made=_parts(plan.made),
        reused=_parts(plan.reused),
        credits=expected.credits,
        credits_of_all=whole.credits,
        estimated_cost=expected.cost,
        estimated_cost_of_all=whole.cost,
        estimated_seconds=expected.seconds,
        warnings=[*rules.removal_warnings(script), *ordering.expectable(known, body, script)],
    )
    if changes.dry_run:
        return answer
    kept = {
        **order.input,
        "credits": expected.credits,
        "estimated_cost": str(expected.cost),
        "least_cost": None if least is None else str(least),
    }
    order = replace(
        order,
        input=product.input.model_validate(kept).model_dump(mode="json"),
        estimated_cost=expected.cost,
        estimated_seconds=expected.seconds,
        parent_id=run_id,
        offered=plan.offers,
    )
    room = await repository.take_place(tx, places(settings), caller.user_id, LANES[order.priority], tx.now)
    ordering.begin_all(tx, definition, {new_id: order}, room=room)
    await spend(tx, caller, expected.credits)
    status = Status.PROCESSING if room else Status.PENDING
    return answer.model_copy(update={"id": new_id, "status": status})


def may_be_used(row: Row) -> None:
    """Whether a run may lend its results; raises ``NotPossible``, ``ResultsGone``."""
    if row.parked_reason is not None or row.status != Status.COMPLETED:
        # What has not been paid for is nobody's yet.
        raise NotPossible(
            "Only a completed workflow can be made anew in parts. Retry one that failed or was cancelled."
        )
    if row.cleaned_at is not None:
        raise ResultsGone("What this workflow had made has been removed. Order it anew.")


def _known_step(definition: Definition, anew: str | None) -> None:
    there = [step.name for step in definition.steps if reuse.reusable(step)]
    if anew is not None and anew not in there:
        raise UnknownStep(
            f"There is no step {anew!r} to begin from. Choose one of {', '.join(there)}.",
            fields={"from": f"one of {', '.join(there)}"},
        )


def _order(former: Mapping[str, Any], row: Row, changes: RerunIn) -> WorkflowIn:
    """The former order with the changes; raises ``Invalid`` where both together make none."""
    changed = changes.model_dump(exclude_unset=True, exclude_none=True, exclude={"dry_run"})
    own_words = {"description": row.description} if row.description else {}
    try:
        return WorkflowIn.model_validate(
            {
                **former,
                **own_words,
                "workflow_type": row.brief.workflow_type,
                "input_file_id": row.file_id,
                **changed,
            }
        )
    except ValidationError as error:
        fields = {str(one["loc"][0]): one["msg"] for one in error.errors() if one["loc"]}
        raise Invalid("The workflow with these changes is no order that can be made.", fields=fields) from None


def _another_take(definition: Definition, order: Order, anew: str | None, changes: RerunIn, new_id: UUID) -> Order:
    """Where something is to be made anew although nothing has changed, the same would come out but for this."""
    if anew is None or changes.seed is not None:
        return order
    takes = {
        step.another_take: new_id.int % 2**31
        for step in definition.steps
        if step.another_take and (step.name == anew or anew in definition.all_needs[step.name])
    }
    return replace(order, input={**order.input, **takes})


def _run(definition: Definition, order: Order, new_id: UUID, tx: Transaction) -> Run:
    brief = Brief(
        id=new_id,
        user_id=order.user_id,
        product_line=order.product_line,
        workflow_type=order.workflow_type.value,
        definition=definition.name,
        version=definition.version,
        created_at=tx.now,
        input=order.input,
    )
    return Run(brief, first_state(brief, definition))


def _gone(known: Known) -> bool:
    return known.file is None or known.file["storage_backend"] != "store"


def _parts(found: Mapping[str, Sequence[str]]) -> list[StepParts]:
    return [StepParts(step=step, parts=[part for part in parts if part]) for step, parts in found.items()]
