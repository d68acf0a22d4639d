"""Ordering: check what is wanted, say what it will take, and begin its run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES
from chassis.http import repeats
from chassis.identity.product_line import offered_line
from chassis.identity.tokens import Identity
from chassis.observe import context
from contracts.enums import Priority, Status, WorkflowType
from contracts.objects import StoredObject
from contracts.product_lines import PRODUCT_LINES
from contracts.workflow import RunCreated
from media.speech.estimate import estimate_duration
from media.speech.spoken.cleaning import Stripped
from workflow.engine.advance import Decision, Entry, advance, first_state
from workflow.engine.definition import Definition, Definitions
from workflow.engine.signals import Offered, Started
from workflow.engine.state import Brief, Offer, Run, RunState
from workflow.paces.models import Paces
from workflow.platforms.limits import told
from workflow.prices.models import least_cost
from workflow.products.product import Estimate, Product
from workflow.products.registry import BY_TYPE
from workflow.projects.joining import add_run
from workflow.runs import repository, rules
from workflow.runs.driver import send
from workflow.runs.errors import (
    NothingToApprove,
    NotInThisLine,
    NotPossible,
    OverBudget,
)
from workflow.runs.repository import Known, NewRun, places
from workflow.runs.rules import clean_line, clean_script, language_warnings, removal_warnings
from workflow.runs.schemas import EstimateIn, EstimateOut, WorkflowAccepted, WorkflowIn
from workflow.settings import Settings
from workflow.spending.service import spend


@dataclass(frozen=True, slots=True)
class Order:
    """A checked order, whatever its type: what :func:`begin` makes a run of."""

    user_id: UUID
    product_line: str
    workflow_type: WorkflowType
    input: Mapping[str, Any]
    priority: Priority = Priority.NORMAL
    file_id: UUID | None = None
    title: str | None = None
    description: str | None = None
    target_duration: int | None = None
    estimated_cost: Decimal = Decimal(0)
    estimated_seconds: float = 0.0
    parent_id: UUID | None = None
    """The run whose results it may use."""
    offered: Mapping[str, Mapping[str, Offer]] = field(default_factory=dict)
    """Those results, by step and part."""


async def accept(
    tx: Transaction,
    settings: Settings,
    definitions: Definitions,
    caller: Identity,
    body: WorkflowIn,
    key: str | None,
) -> tuple[WorkflowAccepted, bool]:
    """Check an order and begin its run, or repeat the answer that ``key`` got before, and say so (PLT-21).

    Raises ``LineNotOffered``, ``NotInThisLine``, ``BadScript``, ``FileNotUsable``, ``FileWaits``, ``AccountInactive``,
    ``AddressNotProved``, ``LimitReached``, ``OverBudget``, ``KeyReused``, ``KeyCapReached``, ``ProjectNotFound``,
    ``OnlyForOwner``.
    """
    product_line = offered_line(caller.product_line).key.value
    definition = definition_for(definitions, body.workflow_type)

    async def work() -> WorkflowAccepted:
        known = await repository.before_create(tx, body.input_file_id, caller.user_id, product_line)
        checked = check(settings, definition, caller, product_line, known, body, tx.now)
        order, expected = checked.order, checked.expected
        run_id = ids.uuid7()
        room = await repository.take_place(tx, places(settings), caller.user_id, LANES[order.priority], tx.now)
        begin_all(tx, definition, {run_id: order}, room=room)
        if body.project_id is not None:
            await add_run(tx, caller.user_id, body.project_id, run_id)
        await spend(tx, caller, expected.credits)
        return WorkflowAccepted(
            id=run_id,
            status=Status.PROCESSING if room else Status.PENDING,
            estimated_cost=expected.cost,
            estimated_seconds=expected.seconds,
            warnings=checked.warnings,
        )

    asked = orjson.dumps(body.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode()
    return await repeats.once(tx, caller.user_id, key, asked, work, WorkflowAccepted)


@dataclass(frozen=True, slots=True)
class Checked:
    """An order that may begin, what it is expected to take, and what its owner is to be told."""

    order: Order
    expected: Estimate
    warnings: list[str]


def check(
    settings: Settings,
    definition: Definition,
    caller: Identity,
    product_line: str,
    known: Known,
    body: WorkflowIn,
    now: datetime,
    *,
    ahead: int = 0,
) -> Checked:
    """Say what an order comes to, by what is known, where so many others are ordered with it; raises what
    :func:`accept` does."""
    product = BY_TYPE[body.workflow_type]
    check_line(product, product_line)
    check_path(product)
    rules.check_account(known, proved_only=settings.proved_only(product_line))
    rules.check_file(known)
    rules.check_quota(product, known, now, ahead=ahead)
    script = script_of(body, product_line)
    expected, paces = expectation(settings, definition, known, body, script.text)
    least = affordable(product, known, body, script.text, expected)
    order = order_of(caller, definition, product_line, body, script.text, known, expected, paces, least)
    return Checked(order, expected, [*removal_warnings(script), *expectable(known, body, script)])


def begin_all(tx: Transaction, definition: Definition, orders: Mapping[UUID, Order], *, room: bool = True) -> None:
    """Create runs, by their ids, and, where there is room, send their first commands."""
    new = []
    for run_id, order in orders.items():
        brief = Brief(
            id=run_id,
            user_id=order.user_id,
            product_line=order.product_line,
            workflow_type=order.workflow_type.value,
            definition=definition.name,
            version=definition.version,
            created_at=tx.now,
            input=order.input,
        )
        state, entries = first_state(brief, definition), []
        if order.offered:
            offered = {step: dict(parts) for step, parts in order.offered.items()}
            first = advance(definition, Run(brief, state), Offered(offered), tx.now)
            state, entries = first.state, [first.entry]
        started = advance(definition, Run(brief, state), Started(at_once=True), tx.now) if room else None
        entries.append(started.entry if started is not None else None)
        new.append(_new_run(brief, order, state, started, [entry for entry in entries if entry is not None]))
        _tell_of(tx, order, new[-1], started)
    repository.create(tx, new)


def _new_run(brief: Brief, order: Order, state: RunState, started: Decision | None, entries: Sequence[Entry]) -> NewRun:
    wake_at = (started.wake_at if started is not None else None) or state.ends_by
    state = started.state if started is not None else state
    return NewRun(
        brief=brief,
        file_id=order.file_id,
        title=order.title,
        description=order.description,
        target_duration=order.target_duration,
        estimated_cost=order.estimated_cost,
        estimated_seconds=order.estimated_seconds,
        lane=LANES[order.priority],
        parent_id=order.parent_id,
        correlation_id=context.current().correlation_id or str(brief.id),
        traceparent=context.current().traceparent,
        state=state,
        entries=entries,
        wake_at=None if state.phase.final else wake_at,
    )


def _tell_of(tx: Transaction, order: Order, new: NewRun, started: Decision | None) -> None:
    with context.bind(correlation_id=new.correlation_id, user_id=order.user_id, product_line=order.product_line):
        tx.emit(
            RunCreated(
                run_id=new.brief.id,
                user_id=order.user_id,
                product_line=order.product_line,
                sequence=1,
                workflow_type=order.workflow_type,
                title=order.title,
                standing=started.standing if started is not None else None,
            )
        )
    if started is not None:
        send(tx, new, started, None)


async def estimated(
    tx: Transaction, settings: Settings, definitions: Definitions, caller: Identity, body: EstimateIn
) -> EstimateOut:
    """What an order is expected to take, and what it would be warned of (WFL-08). Raises ``BadScript``."""
    check_path(BY_TYPE[body.workflow_type])
    script = None if body.script is None else script_of(body, caller.product_line)
    known = await repository.before_create(tx, None, caller.user_id, caller.product_line)
    definition = definition_for(definitions, body.workflow_type)
    expected, _ = expectation(settings, definition, known, body, None if script is None else script.text)
    least = _least_cost(BY_TYPE[body.workflow_type], known, body, None if script is None else script.text)
    return EstimateOut(
        estimated_cost=expected.cost,
        least_cost=least,
        credits=expected.credits,
        estimated_seconds=expected.seconds,
        video_seconds=_film_s(body, None if script is None else script.text),
        ahead=max(0, len(known.ahead.left_s) - settings.max_processing + 1),
        warnings=list(expectable(known, body, script)),
    )


def definition_for(definitions: Definitions, workflow_type: WorkflowType) -> Definition:
    """What makes this type; raises ``NotPossible``."""
    found = definitions.current.get(workflow_type.value)
    if found is None:
        raise NotPossible(f"{workflow_type.value} is not offered here.")
    return found


def check_line(product: Product, product_line: str) -> None:
    """A product can be ordered in its own line alone; raises ``NotInThisLine``."""
    if product.line == product_line:
        return
    here = sorted(kind.value for kind, other in BY_TYPE.items() if other.line == product_line)
    offer = f"Choose one of: {', '.join(here)}." if here else f"Log in to {product.line.value} to order it."
    raise NotInThisLine(
        f"This is made in {product.line.value}, and the session is in {product_line}. {offer}",
        fields={"workflow_type": f"is of {product.line.value}"},
        details={"product_line": product.line.value, "workflow_types": list(here)},
    )


def check_path(product: Product) -> None:
    """What is not made of a photo and a script has a path of its own; raises ``NotPossible``."""
    if product.ordered_at is not None:
        raise NotPossible(f"This is not made of a photo and a script. Order it at {product.ordered_at}.")


def _least_cost(
    product: Product, known: Known, body: EstimateIn, script: str | None, made: Collection[str] | None = None
) -> Decimal | None:
    amounts = product.amounts(_film_s(body, script), len(script or ""))
    return least_cost(known.prices, [one for step, one in amounts.items() if made is None or step in made])


def affordable(
    product: Product,
    known: Known,
    body: WorkflowIn,
    script: str,
    expected: Estimate,
    made: Collection[str] | None = None,
) -> Decimal | None:
    """What the AI work of the order, or of the steps ``made`` of it, costs at least; raises ``OverBudget`` for what
    cannot be paid for (BIL-66)."""
    if body.max_credits is not None and expected.credits > body.max_credits:
        raise OverBudget(
            f"This order takes {expected.credits} credits, and at most {body.max_credits} were agreed to. "
            "Raise max_credits, or leave it out.",
            fields={"max_credits": f"at least {expected.credits}"},
            details={"credits": expected.credits, "max_credits": body.max_credits},
        )
    least, entitlement = _least_cost(product, known, body, script, made), known.entitlement
    if least is not None and entitlement is not None and least > entitlement.run_budget:
        raise OverBudget(
            f"The AI work of this order costs at least {least:.2f}; the {entitlement.plan} plan allows "
            f"{entitlement.run_budget:.2f} for one. Shorten the script, or choose a larger plan.",
            details={
                "least_cost": f"{least:.4f}",
                "run_budget": f"{entitlement.run_budget:.4f}",
                "plan": entitlement.plan,
                "upgrade_to": list(entitlement.upgrades.get(product.meter, ())),
            },
        )
    return least


def script_of(body: EstimateIn, product_line: str) -> Stripped:
    """What is to be spoken; raises ``BadScript``."""
    limit = PRODUCT_LINES[product_line].script_characters
    return clean_script(body.script or "", body.script_language, limit)


def expectable(known: Known, body: EstimateIn, script: Stripped | None) -> Iterator[str]:
    """What an order's owner will get otherwise than expected, and can still change."""
    seconds = _film_s(body, None if script is None else script.text)
    if script is not None:
        yield from language_warnings(script.text, body.script_language)
    if known.file is not None:
        yield from (finding["advice"] for finding in known.file["findings"])
    yield from told(known.limits, body.target_platforms, seconds, body.when_too_long)


def _film_s(body: EstimateIn, script: str | None) -> float:
    """How long the film is expected to be: as long as its script is spoken."""
    if script is None:
        return float(body.target_duration)
    return estimate_duration(script, language=body.script_language.value)


def expectation(
    settings: Settings,
    definition: Definition,
    known: Known,
    body: EstimateIn,
    script: str | None,
    made: Collection[str] | None = None,
) -> tuple[Estimate, Paces]:
    """What an order, or the steps ``made`` of it, is expected to take behind those ahead of it, and the paces that this
    rests on."""
    budget = known.entitlement.run_budget if known.entitlement is not None else None
    paces = known.paces_of(definition.name)
    product, platforms = BY_TYPE[body.workflow_type], len(set(body.target_platforms))
    alone = product.estimate(settings, definition, paces, _film_s(body, script), platforms, budget, made)
    return alone.behind(known.ahead, settings.max_processing, settings.media_processes), paces


def order_of(
    caller: Identity,
    definition: Definition,
    product_line: str,
    body: WorkflowIn,
    script: str,
    known: Known,
    expected: Estimate,
    paces: Paces,
    least: Decimal | None,
    *,
    image: StoredObject | None = None,
    sides: tuple[int, int] | None = None,
) -> Order:
    """The order as its run is made of it; of ``image`` where the upload is not there any more."""
    product = BY_TYPE[body.workflow_type]
    asked_at = {step.name for step in definition.steps if step.approval is not None}
    if unknown := sorted(body.approvals.keys() - asked_at):
        there = ", ".join(sorted(asked_at)) or "none"
        raise NothingToApprove(
            f"Nobody is asked at {unknown[0]!r}. One can be asked at: {there}.", fields={"approvals": f"one of {there}"}
        )
    if image is None:
        assert known.file is not None  # noqa: S101  check_file has looked
        image, sides = StoredObject.model_validate(known.file["prepared"]), _sides(known.file)
    title = clean_line(body.title or "") or body.workflow_type.value.replace("_", " ").capitalize()
    priority = known.entitlement.priority if known.entitlement is not None else Priority.NORMAL
    made_from = product.input(
        image=image,
        script=script,
        language=body.script_language,
        voice=body.voice,
        duration=body.target_duration,
        platforms=tuple(body.target_platforms),
        when_too_long=body.when_too_long,
        captions=body.captions_of(),
        quality=body.quality_preference,
        enhancement_type=body.enhancement_type,
        title=title,
        priority=priority,
        estimated_cost=expected.cost,
        film_s=_film_s(body, script),
        paces={step: one.pace for step, one in paces.items()},
        sides=sides,
        seed=body.seed,
        approvals={
            step: {"within_s": wish.within_minutes * 60, "goes_on": wish.otherwise == "continue"}
            for step, wish in body.approvals.items()
        },
        credits=expected.credits,
        max_credits=body.max_credits,
        quote_id=body.quote_id,
        least_cost=least,
    )
    return Order(
        user_id=caller.user_id,
        product_line=product_line,
        workflow_type=body.workflow_type,
        input=made_from.model_dump(mode="json"),
        priority=priority,
        file_id=body.input_file_id,
        title=title,
        description=clean_line(body.description or "") or None,
        target_duration=body.target_duration,
        estimated_cost=expected.cost,
        estimated_seconds=expected.seconds,
    )


def _sides(file: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = file["width"], file["height"]
    return None if width is None or height is None else (width, height)
