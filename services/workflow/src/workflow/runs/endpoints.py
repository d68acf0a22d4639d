"""HTTP for runs: translate, call one thing."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from starlette.responses import JSONResponse, RedirectResponse

from chassis.data.database import Transaction
from chassis.errors import NotAllowed, documented
from chassis.http import repeats
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.inputs import Moment
from chassis.http.pagination import Page, Paged, fields_of, paged, selected
from chassis.http.requests import Tx
from chassis.identity.product_line import LineNotOffered
from chassis.identity.tokens import AdminCaller, Caller, Identity
from chassis.storage.port import ObjectStore
from contracts.enums import ProductLineKey, Status, WorkflowType
from contracts.objects import StoredObject
from workflow.engine.definition import Definitions
from workflow.runs import ordering, queries, service, views
from workflow.runs.driver import Driver
from workflow.runs.errors import (
    AccountInactive,
    AddressNotProved,
    BadScript,
    FileNotUsable,
    FilesRemoved,
    FileWaits,
    LimitReached,
    NotFinished,
    NotInThisLine,
    NotPossible,
    OverBudget,
    ResultNotFound,
    RunNotFound,
)
from workflow.runs.models import Row
from workflow.runs.rules import begins_in
from workflow.runs.schemas import (
    BeginsIn,
    CancelledOut,
    DecisionIn,
    DownloadOut,
    EstimateIn,
    EstimateOut,
    HistoryEntryOut,
    StatusOut,
    WorkflowAccepted,
    WorkflowIn,
    WorkflowOut,
    WorkflowSummary,
)
from workflow.settings import Settings
from workflow.spending.service import KeyCapReached

SummaryFields = Annotated[frozenset[str] | None, fields_of(WorkflowSummary)]

About = TypeVar("About", WorkflowAccepted, StatusOut, CancelledOut)

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "application/json": "json",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "application/zip": "zip",
    "text/vtt": "vtt",
    "application/x-subrip": "srt",
}


def router(settings: Settings, definitions: Definitions, driver: Driver, store: ObjectStore) -> APIRouter:
    """Routes under ``/api/v1/workflows``."""
    routes = APIRouter(prefix="/api/v1/workflows", tags=["workflows"])

    def link(stored: StoredObject) -> str:
        return store.signed_url(stored.key, expires_s=settings.link_s)

    @routes.post(
        "",
        status_code=202,
        responses=documented(
            BadScript,
            FileNotUsable,
            FileWaits,
            LimitReached,
            OverBudget,
            AccountInactive,
            AddressNotProved,
            KeyCapReached,
            KeyReused,
            NotPossible,
            NotInThisLine,
            LineNotOffered,
        ),
    )
    async def create_workflow(
        body: WorkflowIn,
        caller: Caller,
        tx: Tx,
        response: Response,
        idempotency_key: IdempotencyKey = None,
    ) -> WorkflowAccepted:
        """Have a photo speak a script. Repeating it with the same Idempotency-Key repeats the answer for 24 hours."""
        answer, replayed = await ordering.accept(tx, settings, definitions, caller, body, idempotency_key)
        mark(response, replayed=replayed)
        return _leading_to(answer, response)

    @routes.post("/estimate", responses=documented(BadScript, NotPossible))
    async def estimate_workflow(body: EstimateIn, caller: Caller, tx: Tx) -> EstimateOut:
        """What an order is expected to take, without starting it."""
        ordering.definition_for(definitions, body.workflow_type)
        return await ordering.estimated(tx, settings, definitions, caller, body)

    @routes.get("", response_model=paged(WorkflowSummary))
    async def list_workflows(
        caller: Caller,
        tx: Tx,
        page: Page,
        fields: SummaryFields,
        workflow_type: Annotated[WorkflowType | None, Query(description="Only these.")] = None,
        status: Annotated[Status | None, Query(description="Only those that are so.")] = None,
        product_line: Annotated[ProductLineKey | None, Query(description="Only those that were ordered there.")] = None,
        created_from: Annotated[Moment | None, Query(description="Only those that were ordered then or later.")] = None,
        created_before: Annotated[Moment | None, Query(description="Only those that were ordered earlier.")] = None,
    ) -> Any:
        """Your workflows, newest first."""
        filters = queries.Filters(workflow_type, status, product_line, created_from, created_before)
        items, total = await queries.page(tx, caller.user_id, filters, page)
        answer = Paged[WorkflowSummary].of([WorkflowSummary.model_validate(item) for item in items], total, page)
        return selected(answer, fields)

    @routes.get("/{workflow_id}", responses=documented(RunNotFound))
    async def get_workflow(workflow_id: UUID, caller: Caller, tx: Tx) -> WorkflowOut:
        """Everything about a workflow."""
        return views.details_of(definitions, await _readable(tx, caller, workflow_id), tx.now, link)

    @routes.get("/{workflow_id}/status", responses=documented(RunNotFound))
    async def get_workflow_status(workflow_id: UUID, caller: Caller, tx: Tx) -> StatusOut:
        """How far a workflow is."""
        return await _status(tx, await _readable(tx, caller, workflow_id))

    @routes.get("/{workflow_id}/history", responses=documented(RunNotFound, NotAllowed))
    async def get_workflow_history(
        workflow_id: UUID, _: AdminCaller, caller: Caller, tx: Tx, page: Page
    ) -> Paged[HistoryEntryOut]:
        """What happened to a workflow, and what was decided: for operators."""
        await _readable(tx, caller, workflow_id)
        entries, total = await queries.history(tx, workflow_id, page)
        return Paged[HistoryEntryOut].of([HistoryEntryOut.model_validate(entry) for entry in entries], total, page)

    @routes.get(
        "/{workflow_id}/download",
        response_model=DownloadOut,
        responses={
            302: {"description": "The link, when redirect is asked for."},
            **documented(RunNotFound, ResultNotFound, NotFinished, FilesRemoved),
        },
    )
    async def get_workflow_result(
        workflow_id: UUID,
        caller: Caller,
        tx: Tx,
        result: Annotated[
            str | None,
            Query(
                max_length=50,
                description="Which result, by its name in the details; without it the video, or else what was found.",
            ),
        ] = None,
        redirect: Annotated[bool, Query(description="Answer with a redirect instead of the link.")] = False,
    ) -> Response:
        """A signed link to a result."""
        row = await _readable(tx, caller, workflow_id)
        if row.status != Status.COMPLETED:
            raise NotFinished("There is no result yet." if row.finished_at is None else "There is no result.")
        if row.cleaned_at is not None:
            raise FilesRemoved("The result has been removed.")
        definition, run = views.loaded(definitions, row)
        results = definition.results(run)
        result = result or next((name for name in ("video", "hooks") if name in results), "video")
        stored = results.get(result)
        if stored is None:
            there = ", ".join(sorted(results))
            raise ResultNotFound(
                f"This workflow has no result {result!r}. Choose one of {there}.", fields={"result": f"one of {there}"}
            )
        filename = f"{row.brief.workflow_type}-{result}.{EXTENSIONS.get(stored.mime_type, 'bin')}"
        url = store.signed_url(stored.key, expires_s=settings.link_s, filename=filename)
        if redirect:
            return RedirectResponse(url, status_code=302)
        return JSONResponse(DownloadOut(url=url, expires_in=settings.link_s, filename=filename).model_dump())

    @routes.post(
        "/{workflow_id}/retry",
        status_code=202,
        responses=documented(RunNotFound, NotPossible, FilesRemoved, KeyReused, KeyCapReached),
    )
    async def retry_workflow(
        workflow_id: UUID, caller: Caller, tx: Tx, response: Response, idempotency_key: IdempotencyKey = None
    ) -> StatusOut:
        """Try a failed or cancelled workflow again, from its first unfinished step."""

        async def again() -> StatusOut:
            return await _status(tx, await service.retry(tx, settings, driver, caller, workflow_id))

        answer, replayed = await repeats.once(
            tx, caller.user_id, idempotency_key, f"retry {workflow_id}", again, StatusOut
        )
        mark(response, replayed=replayed)
        return _leading_to(answer, response)

    @routes.post("/{workflow_id}/cancel", status_code=202, responses=documented(RunNotFound, NotPossible))
    async def cancel_workflow(workflow_id: UUID, caller: Caller, tx: Tx, response: Response) -> CancelledOut:
        """Stop a workflow, give back what is held for it, and say what that stopped and what it has cost."""
        before, after = await service.cancel(tx, driver, caller, workflow_id)
        definition, stopped = views.loaded(definitions, after)
        _, stood = views.loaded(definitions, before)
        return _leading_to(views.cancelled_of(definition, stood, await _status(tx, after), stopped), response)

    @routes.post("/{workflow_id}/approvals/{step}", status_code=202, responses=documented(RunNotFound, NotPossible))
    async def decide_workflow(
        workflow_id: UUID,
        step: Annotated[str, Path(max_length=50, description="What the status names.", examples=["after_enhance"])],
        body: DecisionIn,
        caller: Caller,
        tx: Tx,
        response: Response,
    ) -> StatusOut:
        """Let a workflow that asks you go on, or cancel it. Deciding the same again changes nothing."""
        row = await service.decide(tx, settings, driver, caller, workflow_id, step, approved=body.approved)
        return _leading_to(await _status(tx, row), response)

    @routes.delete("/{workflow_id}/files", status_code=204, responses=documented(RunNotFound, NotFinished))
    async def delete_workflow_files(workflow_id: UUID, caller: Caller, tx: Tx) -> None:
        """Remove what an ended workflow made, before its time. What another workflow uses as well stays with that."""
        await service.remove_results(tx, store, caller, workflow_id)

    @routes.post("/{workflow_id}/undo", status_code=202, responses=documented(RunNotFound, NotAllowed, NotPossible))
    async def undo_workflow(workflow_id: UUID, _: AdminCaller, tx: Tx, response: Response) -> StatusOut:
        """For operators: try again to give back what could not be given back."""
        return _leading_to(await _status(tx, await service.undo_again(tx, driver, workflow_id)), response)

    @routes.post("/{workflow_id}/unpark", status_code=202, responses=documented(RunNotFound, NotAllowed, NotPossible))
    async def unpark_workflow(workflow_id: UUID, _: AdminCaller, tx: Tx, response: Response) -> StatusOut:
        """For operators: let a parked workflow go on where it stood."""
        return _leading_to(await _status(tx, await service.unpark(tx, settings, driver, workflow_id)), response)

    async def _status(tx: Transaction, row: Row) -> StatusOut:
        turn: tuple[int, BeginsIn] | None = None
        if row.status == Status.PENDING:
            found = await queries.turn(tx, row.brief.id, settings.max_processing)
            if found is not None:
                least, most = begins_in(found[1], settings.max_processing, settings.media_processes)
                turn = found[0], BeginsIn(least_s=least, most_s=most)
        return views.status_of(definitions, row, tx.now, link, turn)

    return routes


def _leading_to(answer: About, response: Response) -> About:
    """``answer``, with where the workflow it speaks of can be followed."""
    response.headers["Location"] = f"/api/v1/workflows/{answer.id}"
    return answer


async def _readable(tx: Transaction, caller: Identity, run_id: UUID) -> Row:
    row = await queries.one(tx, run_id, caller.user_id, any_owner=caller.is_admin)
    if row is None:
        raise RunNotFound("There is no such workflow.")
    return row
