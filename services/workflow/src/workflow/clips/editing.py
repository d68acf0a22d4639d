"""Editing a clip: another run is made of the one that has it, in which this clip alone is made anew (decision 65)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES
from chassis.http import repeats
from chassis.http.videos import is_longer
from chassis.identity.tokens import Identity
from contracts.enums import Status, WorkflowType
from media.clips.edits import EditList, History, Kept
from media.errors import BadMedia
from workflow.clips import repository
from workflow.clips.errors import BadEdit, BadTimes, ClipNotFound
from workflow.clips.schemas import ClipEdited, ClipEditIn, ClipEditsOut, ClipVersionOut
from workflow.engine import reuse
from workflow.engine.advance import first_state
from workflow.engine.definition import Definition
from workflow.engine.state import Brief, Run
from workflow.products import sourced
from workflow.products.auto_hooks.edits import history_of
from workflow.products.auto_hooks.input import AutoHooksInput
from workflow.products.registry import BY_TYPE
from workflow.reruns.errors import NothingNew, ResultsGone
from workflow.reruns.service import may_be_used
from workflow.runs import repository as runs
from workflow.runs import rules
from workflow.runs.driver import Driver
from workflow.runs.errors import NotPossible
from workflow.runs.models import Row
from workflow.runs.ordering import Order, begin_all, definition_for
from workflow.runs.repository import places
from workflow.runs.service import loaded, own
from workflow.settings import Settings

Change = Callable[[History], History]


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that may be edited, with the run that it is of."""

    row: Row
    run: Run
    made_by: Definition
    order: AutoHooksInput
    number: str
    history: History


async def find(tx: Transaction, driver: Driver, caller: Identity, run_id: UUID, number: int) -> Clip:
    """The clip of the caller's moment. Raises ``RunNotFound``, ``ClipNotFound``, ``NotPossible``, ``ResultsGone``."""
    row = await own(tx, caller, run_id)
    if row.brief.workflow_type != WorkflowType.CLIP_AUTO_HOOKS:
        raise NotPossible("Only clips of moments that were found have edit lists.")
    may_be_used(row)
    run, made_by = loaded(driver, row)
    order = AutoHooksInput.model_validate(row.brief.input)
    moments = made_by.findings(run).get("hooks", ())
    if number > len(moments):
        raise ClipNotFound(f"There are {len(moments)} moments.", fields={"number": f"at most {len(moments)}"})
    source = sourced.video(run, order).sha256
    history = history_of(order, str(number), moments[number - 1], source)
    return Clip(row, run, made_by, order, str(number), history)


def shown(clip: Clip) -> ClipEditsOut:
    """The versions of a clip."""
    now = clip.history.at + 1
    versions = [
        ClipVersionOut.of(number, one, counts=number == now) for number, one in enumerate(clip.history.versions, 1)
    ]
    return ClipEditsOut(number=int(clip.number), version=now, digest=clip.history.now.digest, versions=versions)


def undone(history: History) -> History:
    """The version before."""
    return history.undone()


def redone(history: History) -> History:
    """The version that was undone last."""
    return history.redone()


def changed(body: ClipEditIn) -> Change:
    """A new version, with what ``body`` changes of the one that counts. What it raises is ``BadEdit``."""

    def change(history: History) -> History:
        edit = history.now
        if body.kept is not None:
            edit = replace(edit, kept=tuple(Kept(span.start, span.end) for span in body.kept))
        for span in body.without:
            edit = edit.without(span.start, span.end)
        for word in body.words:
            edit = edit.saying(word.number, word.text)
        edit = edit.looking(aspect=body.aspect, layout=body.layout, captions=body.captions, title=body.title)
        return history if edit == history.now else history.edited(edit)

    return change


async def edit(
    tx: Transaction,
    settings: Settings,
    driver: Driver,
    caller: Identity,
    run_id: UUID,
    number: int,
    asked: dict[str, Any],
    change: Change,
    key: str | None,
) -> tuple[ClipEdited, bool]:
    """Make another run of the one that has the clip, in which it is as ``change`` makes it; or repeat the answer that
    ``key`` got before to what was ``asked``, and say so.

    What is the same is used again, so it counts as nothing. Raises what :func:`find` does, ``BadEdit``, ``BadTimes``,
    ``NothingNew``, ``AccountInactive``, ``AddressNotProved``, ``KeyReused``.
    """

    async def work() -> ClipEdited:
        clip = await find(tx, driver, caller, run_id, number)
        with _advised():
            history = change(clip.history)
        if history == clip.history:
            raise NothingNew("The clip is like that already.")
        _within(history.now, sourced.seconds(clip.run, clip.order))
        return await _begun(tx, settings, driver, caller, clip, history)

    said = orjson.dumps([run_id, number, asked], option=orjson.OPT_SORT_KEYS).decode()
    return await repeats.once(tx, caller.user_id, key, said, work, ClipEdited)


async def _begun(
    tx: Transaction, settings: Settings, driver: Driver, caller: Identity, clip: Clip, history: History
) -> ClipEdited:
    brief, product = clip.row.brief, BY_TYPE[WorkflowType.CLIP_AUTO_HOOKS]
    definition = definition_for(driver.definitions, WorkflowType.CLIP_AUTO_HOOKS)
    known = await runs.before_create(tx, None, caller.user_id, brief.product_line)
    rules.check_account(known, proved_only=settings.proved_only(brief.product_line))
    if clip.row.file_id is not None:
        upload = await repository.upload(tx, clip.row.file_id, caller.user_id)
        if upload is None or not upload.is_here:
            raise ResultsGone("The video of this clip has been removed. Upload it again.")
    edits = {**clip.order.edits, clip.number: history.plain()}
    order = clip.order.model_copy(update={"edits": edits, "credits": 0})
    new_id = ids.uuid7()
    wanted = Brief(
        id=new_id,
        user_id=caller.user_id,
        product_line=brief.product_line,
        workflow_type=brief.workflow_type,
        definition=definition.name,
        version=definition.version,
        created_at=tx.now,
        input=order.model_dump(mode="json"),
    )
    plan = reuse.plan(definition, Run(wanted, first_state(wanted, definition)), clip.made_by, clip.run, None)
    budget = known.entitlement.run_budget if known.entitlement is not None else None
    film_s = sourced.seconds(clip.run, clip.order)
    expected = product.estimate(
        settings, definition, known.paces_of(definition.name), film_s, 1, budget, plan.made.keys()
    )
    order = order.model_copy(update={"estimated_cost": expected.cost})
    room = await runs.take_place(tx, places(settings), caller.user_id, LANES[order.priority], tx.now)
    begun = Order(
        user_id=caller.user_id,
        product_line=brief.product_line,
        workflow_type=WorkflowType.CLIP_AUTO_HOOKS,
        input=order.model_dump(mode="json"),
        priority=order.priority,
        file_id=clip.row.file_id,
        title=clip.row.title,
        estimated_cost=expected.cost,
        estimated_seconds=expected.seconds,
        parent_id=brief.id,
        offered=plan.offers,
    )
    begin_all(tx, definition, {new_id: begun}, room=room)
    return ClipEdited(
        id=new_id,
        parent_id=brief.id,
        status=Status.PROCESSING if room else Status.PENDING,
        estimated_cost=expected.cost,
        estimated_seconds=expected.seconds,
        version=history.at + 1,
        digest=history.now.digest,
    )


def _within(edit: EditList, seconds: float) -> None:
    if is_longer(edit.kept[-1].end, seconds):
        raise BadTimes(
            f"The video is {seconds:.1f} s long. Keep an earlier part.", fields={"kept": f"at most {seconds:.1f}"}
        )


@contextmanager
def _advised() -> Iterator[None]:
    """What the library refuses, in the words for a person."""
    try:
        yield
    except BadMedia as error:
        words = f"{error.message[:1].upper()}{error.message[1:]}."
        raise BadEdit(f"{words} {error.advice}".strip(), details={"reason": error.code}) from error
