"""The use cases around runs that are there: cancel, retry, undo again, take answers into account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from chassis.storage.port import ObjectStore
from contracts.enums import Status, WorkflowType
from workflow.cleaning.service import remove
from workflow.engine.advance import may_cancel, may_decide, may_retry
from workflow.engine.approvals import rests
from workflow.engine.definition import Definition
from workflow.engine.signals import CancelRequested, Decided, RetryRequested, Signal, Ticked, UndoRetryRequested
from workflow.engine.state import Run, UndoStatus, load_state
from workflow.products.registry import BY_TYPE
from workflow.runs import repository
from workflow.runs.driver import Driver, Happening
from workflow.runs.errors import FilesRemoved, NotFinished, NotPossible, RunNotFound
from workflow.runs.models import Row
from workflow.runs.repository import places
from workflow.settings import Settings
from workflow.spending.service import spend

log = structlog.get_logger(__name__)


async def cancel(tx: Transaction, driver: Driver, caller: Identity, run_id: UUID) -> tuple[Row, Row]:
    """Ask a run to stop; the run before and after that. Asking again is harmless.

    Raises ``RunNotFound``, ``NotPossible`` for what has ended.
    """
    row = await own(tx, caller, run_id)
    run, definition = loaded(driver, row)
    if not run.state.phase.final and row.parked_reason is None:
        if may_cancel(definition, run):
            return row, await _drive(tx, driver, row, CancelRequested())
        if run.state.failure is None and run.state.phase.value == "cancelling":
            return row, row
    raise NotPossible("This workflow has ended or is being completed; it cannot be cancelled any more.")


async def stop(tx: Transaction, driver: Driver, run_ids: Sequence[UUID]) -> int:
    """Ask runs to stop, whosever they are, as far as they can still be stopped; the others end by themselves. How many
    were asked to."""
    rows = [row for row in await repository.lock(tx, run_ids) if row.parked_reason is None and _stoppable(driver, row)]
    await driver.drive(tx, rows, {row.brief.id: [Happening(CancelRequested())] for row in rows})
    return len(rows)


def _stoppable(driver: Driver, row: Row) -> bool:
    run, definition = loaded(driver, row)
    return not run.state.phase.final and may_cancel(definition, run)


async def retry(tx: Transaction, settings: Settings, driver: Driver, caller: Identity, run_id: UUID) -> Row:
    """Begin another round of a failed or cancelled run, as soon as there is a place (WFL-06, WFL-35).

    Raises ``RunNotFound``, ``NotPossible``, ``FilesRemoved``, ``KeyCapReached``.
    """
    row = await own(tx, caller, run_id)
    if row.parked_reason is not None:
        raise NotPossible("This workflow is being looked at; it cannot be retried yet.")
    if row.cleaned_at is not None:
        raise FilesRemoved("What this workflow had made has been removed. Order it again.")
    run, _ = loaded(driver, row)
    if not may_retry(run):
        raise NotPossible("Only a workflow that failed or was cancelled, and holds no credits, can be retried.")
    product = BY_TYPE[WorkflowType(row.brief.workflow_type)]
    if product.alone and await repository.beside(tx, run_id):
        raise NotPossible("Another one is being made for this project. Wait for its end, or cancel it.")
    credits = row.brief.input.get("credits", product.credits)
    await spend(tx, caller, int(credits))
    room = await repository.take_place(tx, places(settings), row.brief.user_id, row.lane, row.brief.created_at)
    return await _drive(tx, driver, row, RetryRequested(waits=not room))


async def decide(
    tx: Transaction,
    settings: Settings,
    driver: Driver,
    caller: Identity,
    run_id: UUID,
    step: str,
    *,
    approved: bool,
) -> Row:
    """Take the owner's decision at ``step``; the run goes on as soon as there is a place. Repeating it is harmless.

    Raises ``RunNotFound``, ``NotPossible`` where nobody is asked (any more).
    """
    row = await own(tx, caller, run_id)
    run, definition = loaded(driver, row)
    if row.parked_reason is not None or not may_decide(definition, run, step):
        state = run.state.steps.get(step)
        if state is not None and approved and state.status.passed and state.units:
            return row
        raise NotPossible(f"This workflow does not wait for a decision at {step!r}. Its status says what it waits for.")
    waits = rests(definition, run) and not await repository.take_place(
        tx, places(settings), row.brief.user_id, row.lane, row.brief.created_at
    )
    return await _drive(tx, driver, row, Decided(step, approved=approved, waits=approved and waits))


async def remove_results(tx: Transaction, store: ObjectStore, caller: Identity, run_id: UUID) -> None:
    """Remove what the caller's run made, before its time (WFL-11). Repeating it is harmless.

    Raises ``RunNotFound``, ``NotFinished``.
    """
    row = await own(tx, caller, run_id)
    if row.finished_at is None or row.status not in (Status.COMPLETED, Status.FAILED, Status.CANCELLED):
        raise NotFinished("This workflow is still being made. Cancel it first, or wait for its end.")
    if row.cleaned_at is None:
        await remove(tx, store, run_id, caller.user_id, row.state)


async def undo_again(tx: Transaction, driver: Driver, run_id: UUID) -> Row:
    """For operators: try again to give back what could not be given back. Raises ``RunNotFound``, ``NotPossible``."""
    row = await _any(tx, run_id)
    run, _ = loaded(driver, row)
    if all(step.undo is not UndoStatus.FAILED for step in run.state.steps.values()):
        raise NotPossible("Nothing of this workflow waits to be undone.")
    return await _drive(tx, driver, row, UndoRetryRequested())


async def unpark(tx: Transaction, settings: Settings, driver: Driver, run_id: UUID) -> Row:
    """For operators: let a parked run go on where it stood. Raises ``RunNotFound``, ``NotPossible``."""
    row = await _any(tx, run_id)
    if row.parked_reason is None:
        raise NotPossible("This workflow is not parked.")
    status = loaded(driver, row)[0].state.phase.status
    if status is Status.PROCESSING and not await repository.take_place(
        tx, places(settings), row.brief.user_id, row.lane, row.brief.created_at
    ):
        raise NotPossible("There is no free place for this workflow now. Try again when another one has ended.")
    await repository.release(tx, run_id, status)
    return await _drive(tx, driver, row._replace(parked_reason=None, wake_at=tx.now), Ticked())


async def answered(tx: Transaction, driver: Driver, happened: Mapping[UUID, list[Happening]]) -> None:
    """Take what happened to runs into account, by their ids; runs that are not known are only logged."""
    rows = await repository.lock(tx, list(happened))
    if len(rows) < len(happened):
        known = {row.brief.id for row in rows}
        log.warning("run.unknown", run_ids=[str(run_id) for run_id in happened if run_id not in known])
    await driver.drive(tx, rows, happened)


async def own(tx: Transaction, caller: Identity, run_id: UUID) -> Row:
    """The caller's run, locked. Raises ``RunNotFound``, for another's as well."""
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


def loaded(driver: Driver, row: Row) -> tuple[Run, Definition]:
    """A stored run, with the definition it is made by."""
    definition = driver.definitions.of(row.brief.definition, row.brief.version)
    return Run(row.brief, load_state(row.state)), definition


async def _drive(tx: Transaction, driver: Driver, row: Row, signal: Signal) -> Row:
    await driver.drive(tx, [row], {row.brief.id: [Happening(signal)]})
    return (await repository.lock(tx, [row.brief.id]))[0]
