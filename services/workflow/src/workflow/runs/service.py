"""The use cases around runs: accept an order, cancel, retry, undo again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import structlog

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES
from chassis.identity.product_line import offered_line
from chassis.identity.tokens import Identity
from chassis.observe import context
from contracts.enums import Priority, ScanStatus, Status, WorkflowType
from contracts.objects import StoredObject
from contracts.product_lines import PRODUCT_LINES
from contracts.workflow import RunCreated
from media.speech.spoken.cleaning import Stripped
from media.speech.synthesis import estimate_duration
from workflow.accounts.entitlement import exhausted
from workflow.engine.advance import Decision, advance, first_state, may_cancel, may_retry
from workflow.engine.definition import Definition, Definitions
from workflow.engine.signals import CancelRequested, RetryRequested, Signal, Started, Ticked, UndoRetryRequested
from workflow.engine.state import Brief, Run, RunState, UndoStatus, load_state
from workflow.paces.models import Paces
from workflow.platforms.limits import told
from workflow.products.product import Estimate, Product
from workflow.products.registry import BY_TYPE
from workflow.projects.joining import add_run
from workflow.repeats import repository as repeats
from workflow.repeats.repository import Remember
from workflow.repeats.service import answer_of
from workflow.runs import repository
from workflow.runs.driver import Driver, Happening, send
from workflow.runs.errors import (
    AccountInactive,
    AddressNotProved,
    FileNotUsable,
    FilesRemoved,
    FileWaits,
    LimitReached,
    NotPossible,
    RunNotFound,
)
from workflow.runs.models import Row
from workflow.runs.repository import Known, NewRun, Places
from workflow.runs.rules import clean_line, clean_script, language_warnings, removal_warnings
from workflow.runs.schemas import EstimateIn, EstimateOut, WorkflowAccepted, WorkflowIn
from workflow.settings import Settings
from workflow.spending.service import spend

log = structlog.get_logger(__name__)


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


async def accept(
    tx: Transaction,
    settings: Settings,
    definitions: Definitions,
    caller: Identity,
    body: WorkflowIn,
    key: str | None,
) -> tuple[WorkflowAccepted, bool]:
    """Check an order and begin its run, or repeat the answer that ``key`` got before, and say so (PLT-21).

    Raises ``LineNotOffered``, ``BadScript``, ``FileNotUsable``, ``FileWaits``, ``AccountInactive``,
    ``AddressNotProved``, ``LimitReached``, ``KeyReused``, ``KeyCapReached``.
    """
    product_line = offered_line(caller.product_line).key.value
    definition = definition_for(definitions, body.workflow_type)
    digest = hashlib.sha256(orjson.dumps(body.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).hexdigest()
    known = await repository.before_create(tx, body.input_file_id, caller.user_id, product_line, key)
    if known.remembered is not None:
        return WorkflowAccepted.model_validate(answer_of(known.remembered, digest)), True
    product = BY_TYPE[body.workflow_type]
    _check(product, known, body, tx.now, proved_only=settings.proved_only(product_line))
    script = _script(body.script, body, product_line)
    expected, paces = _expected(settings, definition, known, body, script.text)
    order = _order(caller, product, product_line, body, script.text, known, expected, paces)
    run_id = ids.uuid7()
    room = await repository.take_place(tx, places(settings), caller.user_id, LANES[order.priority], tx.now)
    answer = WorkflowAccepted(
        id=run_id,
        status=Status.PROCESSING if room else Status.PENDING,
        estimated_cost=expected.cost,
        estimated_seconds=expected.seconds,
        warnings=[*removal_warnings(script), *_expectable(known, body, script)],
    )
    remember = Remember(key, digest, answer.model_dump(mode="json")) if key is not None else None
    if not await begin(tx, definition, order, run_id=run_id, room=room, remember=remember):
        # Another request with the same key has just committed; what it was answered counts.
        stored = await repeats.remembered(tx, caller.user_id, key or "")
        return WorkflowAccepted.model_validate(answer_of(stored or {}, digest)), True
    if body.project_id is not None:
        await add_run(tx, caller.user_id, body.project_id, run_id)
    await spend(tx, caller, expected.credits)
    return answer, False


async def begin(
    tx: Transaction,
    definition: Definition,
    order: Order,
    *,
    run_id: UUID,
    room: bool = True,
    remember: Remember | None = None,
) -> bool:
    """Create a run and, where there is room, send its first commands. False when its key is taken."""
    if remember is not None and not await repeats.claim(tx, order.user_id, remember):
        return False
    begin_all(tx, definition, {run_id: order}, room=room)
    return True


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
        state = first_state(brief, definition)
        started = advance(definition, Run(brief, state), Started(at_once=True), tx.now) if room else None
        new.append(_new_run(brief, order, state, started))
        _tell_of(tx, order, new[-1], started)
    repository.create(tx, new)


def _new_run(brief: Brief, order: Order, state: RunState, started: Decision | None) -> NewRun:
    entries = [started.entry] if started is not None and started.entry is not None else []
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
    script = None if body.script is None else _script(body.script, body, caller.product_line)
    known = await repository.before_create(tx, None, caller.user_id, caller.product_line, None)
    definition = definition_for(definitions, body.workflow_type)
    expected, _ = _expected(settings, definition, known, body, None if script is None else script.text)
    return EstimateOut(
        estimated_cost=expected.cost,
        credits=expected.credits,
        estimated_seconds=expected.seconds,
        ahead=max(0, len(known.ahead.left_s) - settings.max_processing + 1),
        warnings=list(_expectable(known, body, script)),
    )


async def cancel(tx: Transaction, driver: Driver, caller: Identity, run_id: UUID) -> Row:
    """Ask a run to stop. Asking again is harmless; raises ``RunNotFound``, ``NotPossible`` for what has ended."""
    row = await _own(tx, caller, run_id)
    run, definition = _loaded(driver, row)
    if not run.state.phase.final and row.parked_reason is None:
        if may_cancel(definition, run):
            return await _drive(tx, driver, row, CancelRequested())
        if run.state.failure is None and run.state.phase.value == "cancelling":
            return row
    raise NotPossible("This workflow has ended or is being completed; it cannot be cancelled any more.")


async def stop(tx: Transaction, driver: Driver, run_ids: Sequence[UUID]) -> None:
    """Ask runs to stop, whosever they are, as far as they can still be stopped; the others end by themselves."""
    for run_id in run_ids:
        row = await _any(tx, run_id)
        if row.parked_reason is not None:
            continue
        run, definition = _loaded(driver, row)
        if not run.state.phase.final and may_cancel(definition, run):
            await _drive(tx, driver, row, CancelRequested())


async def retry(tx: Transaction, settings: Settings, driver: Driver, caller: Identity, run_id: UUID) -> Row:
    """Begin another round of a failed or cancelled run, as soon as there is a place (WFL-06, WFL-35).

    Raises ``RunNotFound``, ``NotPossible``, ``FilesRemoved``, ``KeyCapReached``.
    """
    row = await _own(tx, caller, run_id)
    if row.parked_reason is not None:
        raise NotPossible("This workflow is being looked at; it cannot be retried yet.")
    if row.cleaned_at is not None:
        raise FilesRemoved("What this workflow had made has been removed. Order it again.")
    run, _ = _loaded(driver, row)
    if not may_retry(run):
        raise NotPossible("Only a workflow that failed or was cancelled, and holds no credits, can be retried.")
    await spend(tx, caller, BY_TYPE[WorkflowType(row.brief.workflow_type)].credits)
    room = await repository.take_place(tx, places(settings), row.brief.user_id, row.lane, row.brief.created_at)
    return await _drive(tx, driver, row, RetryRequested(waits=not room))


async def undo_again(tx: Transaction, driver: Driver, run_id: UUID) -> Row:
    """For operators: try again to give back what could not be given back. Raises ``RunNotFound``, ``NotPossible``."""
    row = await _any(tx, run_id)
    run, _ = _loaded(driver, row)
    if all(step.undo is not UndoStatus.FAILED for step in run.state.steps.values()):
        raise NotPossible("Nothing of this workflow waits to be undone.")
    return await _drive(tx, driver, row, UndoRetryRequested())


async def unpark(tx: Transaction, settings: Settings, driver: Driver, run_id: UUID) -> Row:
    """For operators: let a parked run go on where it stood. Raises ``RunNotFound``, ``NotPossible``."""
    row = await _any(tx, run_id)
    if row.parked_reason is None:
        raise NotPossible("This workflow is not parked.")
    status = _loaded(driver, row)[0].state.phase.status
    if status is Status.PROCESSING and not await repository.take_place(
        tx, places(settings), row.brief.user_id, row.lane, row.brief.created_at
    ):
        raise NotPossible("There is no free place for this workflow now. Try again when another one has ended.")
    await repository.release(tx, run_id, status)
    return await _drive(tx, driver, row._replace(parked_reason=None, wake_at=tx.now), Ticked())


def places(settings: Settings) -> Places:
    """How many runs are made at once."""
    return Places(settings.max_processing, settings.max_processing_per_user)


async def answered(tx: Transaction, driver: Driver, happened: Mapping[UUID, list[Happening]]) -> None:
    """Take what happened to runs into account, by their ids; runs that are not known are only logged."""
    rows = await repository.lock(tx, list(happened))
    if len(rows) < len(happened):
        known = {row.brief.id for row in rows}
        log.warning("run.unknown", run_ids=[str(run_id) for run_id in happened if run_id not in known])
    await driver.drive(tx, rows, happened)


def definition_for(definitions: Definitions, workflow_type: WorkflowType) -> Definition:
    """What makes this type; raises ``Unsupported``."""
    found = definitions.current.get(workflow_type.value)
    if found is None:
        raise NotPossible(f"{workflow_type.value} is not offered here.")
    return found


def _check(product: Product, known: Known, body: WorkflowIn, now: datetime, *, proved_only: bool) -> None:
    """What must be true before a run is created (WFL-23, WFL-24, USR-43); raises what is not."""
    if known.is_active is False:
        raise AccountInactive("This account is not active.")
    if proved_only and not known.email_verified:
        raise AddressNotProved(
            "Confirm your e-mail address first: follow the link of our letter. "
            "`POST /api/v1/auth/verify-email/resend` sends it again."
        )
    file = known.file
    if file is None:
        raise FileNotUsable("There is no such file. Upload the photo first.", fields={"input_file_id": "not found"})
    if file["scan_status"] != ScanStatus.CLEAN:
        raise FileNotUsable("This file has not been found clean.", fields={"input_file_id": "not scanned clean"})
    if file["kind"] != "image" or file["prepared"] is None:
        raise FileNotUsable("This file is not a photo.", fields={"input_file_id": "not an image"})
    for finding in file["findings"]:
        if finding["blocking"]:
            raise FileNotUsable(
                f"This photo cannot be made to speak. {finding['advice']}",
                fields={"input_file_id": finding["advice"]},
                details={"findings": file["findings"]},
            )
    if file["storage_backend"] != "store":
        raise FileWaits("The photo is still on its way into our store. Order again in a minute.", retry_after_s=30)
    entitlement = known.entitlement
    if entitlement is not None and exhausted(entitlement, product.meter, now):
        limit, used = entitlement.limits.get(product.meter, 0), entitlement.used.get(product.meter, 0)
        anew_at = entitlement.period_ends_at
        wait = f" or wait for {anew_at:%d %B %Y}, when the next month begins" if anew_at is not None else ""
        raise LimitReached(
            f"{used} of {limit} {product.meter} of this month are used. Choose a larger plan{wait}.",
            details={
                "limit": limit,
                "used": used,
                "plan": entitlement.plan,
                "upgrade_to": list(entitlement.upgrades.get(product.meter, ())),
                "anew_at": anew_at.isoformat() if anew_at is not None else None,
            },
        )


def _script(script: str, body: EstimateIn, product_line: str) -> Stripped:
    return clean_script(script, body.script_language, PRODUCT_LINES[product_line].script_characters)


def _expectable(known: Known, body: EstimateIn, script: Stripped | None) -> Iterator[str]:
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


def _expected(
    settings: Settings, definition: Definition, known: Known, body: EstimateIn, script: str | None
) -> tuple[Estimate, Paces]:
    """What an order is expected to take behind those ahead of it, and the paces that this rests on."""
    budget = known.entitlement.run_budget if known.entitlement is not None else None
    paces = {
        step.name: known.paces[key]
        for step in definition.steps
        if (key := f"{definition.name}/{step.name}") in known.paces
    }
    product, platforms = BY_TYPE[body.workflow_type], len(set(body.target_platforms))
    alone = product.estimate(settings, definition, paces, _film_s(body, script), platforms, budget)
    return alone.behind(known.ahead, settings.max_processing, settings.media_processes), paces


def _order(
    caller: Identity,
    product: Product,
    product_line: str,
    body: WorkflowIn,
    script: str,
    known: Known,
    expected: Estimate,
    paces: Paces,
) -> Order:
    assert known.file is not None  # noqa: S101  _check has looked
    title = clean_line(body.title or "") or body.workflow_type.value.replace("_", " ").capitalize()
    priority = known.entitlement.priority if known.entitlement is not None else Priority.NORMAL
    made_from = product.input(
        image=StoredObject.model_validate(known.file["prepared"]),
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


async def _own(tx: Transaction, caller: Identity, run_id: UUID) -> Row:
    row = await _any(tx, run_id)
    if row.brief.user_id != caller.user_id:
        raise _not_found()
    return row


async def _any(tx: Transaction, run_id: UUID) -> Row:
    rows = await repository.lock(tx, [run_id])
    if not rows:
        raise _not_found()
    return rows[0]


def _not_found() -> RunNotFound:
    return RunNotFound("There is no such workflow.")


def _loaded(driver: Driver, row: Row) -> tuple[Run, Definition]:
    definition = driver.definitions.of(row.brief.definition, row.brief.version)
    return Run(row.brief, load_state(row.state)), definition


async def _drive(tx: Transaction, driver: Driver, row: Row, signal: Signal) -> Row:
    await driver.drive(tx, [row], {row.brief.id: [Happening(signal)]})
    return (await repository.lock(tx, [row.brief.id]))[0]
