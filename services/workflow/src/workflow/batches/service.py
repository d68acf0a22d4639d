"""Ordering a whole manifest, once: row by row checked like any other order, and begun together."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.data.database import Transaction
from chassis.errors import ServiceError
from chassis.identity.product_line import offered_line
from chassis.identity.tokens import Identity
from workflow.batches import queries, repository
from workflow.batches.errors import BatchNotFound, RowsRefused
from workflow.batches.manifest import ManifestRow, read
from workflow.batches.repository import Taken
from workflow.batches.schemas import BatchCancelledOut, BatchOut, BatchStatusOut, RowOut, Verdict
from workflow.engine.definition import Definition, Definitions
from workflow.products.registry import BY_TYPE
from workflow.runs import ordering
from workflow.runs import repository as runs
from workflow.runs.driver import Driver
from workflow.runs.ordering import Order
from workflow.runs.repository import Known
from workflow.runs.service import stop
from workflow.settings import Settings
from workflow.spending.service import spend


@dataclass(frozen=True, slots=True)
class Submission:
    """How a manifest is to be taken."""

    content_type: str
    body: bytes
    name: str | None
    dry_run: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class _Judged:
    row: ManifestRow
    answer: RowOut
    definition: Definition | None = None
    order: Order | None = None


async def submit(
    tx: Transaction, settings: Settings, driver: Driver, caller: Identity, submission: Submission
) -> BatchOut:
    """Order every row that can be, and say what becomes of each. What was ordered in the batch before is not again.

    Raises ``LineNotOffered``, ``KeyCapReached``, ``RowsRefused`` where all or nothing was wanted, and what reading a
    manifest raises.
    """
    line = offered_line(caller.product_line).key.value
    rows = await asyncio.to_thread(read, submission.content_type, submission.body)
    name = submission.name or hashlib.sha256(submission.body).hexdigest()[:32]
    batch_id = None
    if not submission.dry_run:
        batch_id = await repository.opened(tx, ids.uuid7(), caller.user_id, line, name)
    taken = await repository.taken(tx, caller.user_id, line, name)
    known = await runs.before_create(tx, None, caller.user_id, line)
    files = await repository.files(tx, caller.user_id, [row.order.input_file_id for row in rows if row.order])

    def judged() -> list[_Judged]:
        return _judge(settings, driver.definitions, caller, line, rows, taken, known, files, tx.now)

    # Scripts are looked at one by one, which takes a while; others are not to wait meanwhile.
    found = await asyncio.to_thread(judged)
    if submission.whole and any(one.answer.verdict is Verdict.REFUSED for one in found):
        refused = [one.answer for one in found if one.answer.verdict is Verdict.REFUSED]
        raise RowsRefused(
            f"{len(refused)} of {len(found)} rows are refused, so nothing was ordered. Mend them, or order the others "
            "without all_or_nothing.",
            details={"rows": [one.model_dump(mode="json", exclude_none=True) for one in refused]},
        )
    if batch_id is not None:
        found = await _begin(tx, driver, caller, batch_id, found)
    answers = [one.answer for one in found]
    return BatchOut(
        id=batch_id,
        name=name,
        dry_run=submission.dry_run,
        ordered=sum(one.verdict in (Verdict.ORDERED, Verdict.FINE) for one in answers),
        repeated=sum(one.verdict is Verdict.REPEATED for one in answers),
        refused=sum(one.verdict is Verdict.REFUSED for one in answers),
        credits=sum(one.credits for one in answers if one.verdict in (Verdict.ORDERED, Verdict.FINE)),
        rows=answers,
    )


async def status(tx: Transaction, caller: Identity, batch_id: UUID) -> BatchStatusOut:
    """How the workflows of the caller's batch are. Raises ``BatchNotFound``."""
    found = await queries.one(tx, batch_id, caller.user_id)
    if found is None:
        raise BatchNotFound("There is no such batch.")
    return BatchStatusOut.model_validate(found)


async def cancel(tx: Transaction, driver: Driver, caller: Identity, batch_id: UUID) -> BatchCancelledOut:
    """Stop all workflows of the caller's batch that can be stopped. Repeating it is harmless. Raises
    ``BatchNotFound``."""
    await status(tx, caller, batch_id)
    unended = await queries.unended(tx, batch_id)
    stopped = await stop(tx, driver, unended)
    after = await status(tx, caller, batch_id)
    left = after.pending + after.processing
    return BatchCancelledOut(**dict(after), stopped=stopped, not_stopped=max(0, min(left, len(unended) - stopped)))


def _judge(
    settings: Settings,
    definitions: Definitions,
    caller: Identity,
    line: str,
    rows: Sequence[ManifestRow],
    taken: dict[str, Taken],
    known: Known,
    files: Mapping[UUID, dict[str, Any]],
    now: datetime,
) -> list[_Judged]:
    judged: list[_Judged] = []
    ahead: dict[str, int] = {}
    for row in rows:
        before = taken.get(row.ref)
        if before is not None and row.order is not None and before.digest == row.digest:
            again = RowOut(line=row.line, ref=row.ref, verdict=Verdict.REPEATED, workflow_id=before.run_id)
            judged.append(_Judged(row, again))
        elif before is not None and row.order is not None:
            judged.append(_refused(row, "row_changed", _CHANGED, {"ref": "was ordered with other content"}))
        elif row.order is None:
            judged.append(_refused(row, "invalid", "This row is no order.", dict(row.fields)))
        else:
            meter = BY_TYPE[row.order.workflow_type].meter if row.order.workflow_type in BY_TYPE else ""
            file = replace(known, file=files.get(row.order.input_file_id))
            one = _one(settings, definitions, caller, line, row, file, ahead.get(meter, 0), now)
            if one.order is not None:
                ahead[meter] = ahead.get(meter, 0) + 1
            judged.append(one)
    return judged


_CHANGED = "A row of this name has been ordered in this batch with other content. Give the new one another name."


def _one(
    settings: Settings,
    definitions: Definitions,
    caller: Identity,
    line: str,
    row: ManifestRow,
    known: Known,
    ahead: int,
    now: datetime,
) -> _Judged:
    """One row, where so many of the batch come before it."""
    assert row.order is not None  # noqa: S101  the caller has looked
    try:
        definition = ordering.definition_for(definitions, row.order.workflow_type)
        checked = ordering.check(settings, definition, caller, line, known, row.order, now, ahead=ahead)
    except ServiceError as refusal:
        return _refused(row, refusal.code, str(refusal), dict(refusal.fields or {}), refusal.details)
    answer = RowOut(
        line=row.line,
        ref=row.ref,
        verdict=Verdict.FINE,
        credits=checked.expected.credits,
        estimated_cost=checked.expected.cost,
        warnings=checked.warnings,
    )
    return _Judged(row, answer, definition, checked.order)


def _refused(
    row: ManifestRow, code: str, message: str, fields: dict[str, str], details: Mapping[str, Any] | None = None
) -> _Judged:
    answer = RowOut(
        line=row.line,
        ref=row.ref,
        verdict=Verdict.REFUSED,
        code=code,
        message=message,
        fields=fields,
        details=dict(details or {}),
    )
    return _Judged(row, answer)


async def _begin(
    tx: Transaction, driver: Driver, caller: Identity, batch_id: UUID, judged: Sequence[_Judged]
) -> list[_Judged]:
    """Have every order that is fine wait for its place, and remember it."""
    begun: list[_Judged] = []
    orders: dict[tuple[str, int], dict[UUID, Order]] = {}
    definitions: dict[tuple[str, int], Definition] = {}
    remembered: list[tuple[str, int, str, UUID]] = []
    for one in judged:
        if one.order is None or one.definition is None:
            begun.append(one)
            continue
        run_id, key = ids.uuid7(), (one.definition.name, one.definition.version)
        orders.setdefault(key, {})[run_id] = one.order
        definitions[key] = one.definition
        remembered.append((one.row.ref, one.row.line, one.row.digest, run_id))
        ordered = one.answer.model_copy(update={"verdict": Verdict.ORDERED, "workflow_id": run_id})
        begun.append(replace(one, answer=ordered))
    for key, found in orders.items():
        ordering.begin_all(tx, definitions[key], found, room=False)
    repository.add(tx, batch_id, remembered)
    await spend(tx, caller, sum(one.answer.credits for one in judged if one.order is not None))
    if remembered:
        tx.after_commit(driver.ended)
    return begun
