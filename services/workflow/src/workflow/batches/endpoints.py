"""HTTP for batches: translate, call one thing."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from chassis.errors import documented
from chassis.http.pagination import Page, Paged, paged
from chassis.http.requests import Tx
from chassis.identity.product_line import LineNotOffered
from chassis.identity.tokens import Caller
from contracts.enums import Status
from workflow.batches import queries, service
from workflow.batches.errors import BadManifest, BatchNotFound, ManifestTooLong, NoManifest, RowsRefused
from workflow.batches.schemas import BatchCancelledOut, BatchOut, BatchRowOut, BatchStatusOut
from workflow.batches.service import Submission
from workflow.runs.driver import Driver
from workflow.settings import Settings
from workflow.spending.service import KeyCapReached

_CSV = (
    "ref,workflow_type,input_file_id,script,target_platforms\n"
    "sku-1042,product_demo,0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b,Hello.,instagram youtube\n"
)
_JSONL = (
    '{"ref": "sku-1042", "workflow_type": "product_demo", "input_file_id": '
    '"0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b", "script": "Hello."}\n'
)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "An order on each line, with the fields of `POST /api/v1/workflows` and `ref`, your name of it.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _CSV},
            "application/x-ndjson": {"schema": {"type": "string"}, "example": _JSONL},
        },
    }
}


def router(settings: Settings, driver: Driver) -> APIRouter:
    """Routes under ``/api/v1/batches``."""
    routes = APIRouter(prefix="/api/v1/batches", tags=["workflows"])

    @routes.post(
        "",
        status_code=202,
        openapi_extra=_BODY,
        responses={
            200: {"model": BatchOut, "description": "What would be ordered, of a dry run."},
            **documented(NoManifest, BadManifest, ManifestTooLong, RowsRefused, KeyCapReached, LineNotOffered),
        },
    )
    async def submit_batch(
        request: Request,
        caller: Caller,
        tx: Tx,
        response: Response,
        name: Annotated[
            str | None,
            Query(
                min_length=1,
                max_length=100,
                pattern=r"^[\w .:-]+$",
                description="Of the batch: what was ordered under it is not ordered again. Left out, the same manifest "
                "is the same batch.",
                examples=["may"],
            ),
        ] = None,
        dry_run: Annotated[bool, Query(description="Only say what would become of each row.")] = False,
        all_or_nothing: Annotated[bool, Query(description="Order nothing while a row is refused.")] = False,
    ) -> BatchOut:
        """Order many videos with one manifest. Each row has its verdict; sent again, only what is new is ordered."""
        submission = Submission(
            request.headers.get("content-type", ""), await request.body(), name, dry_run, all_or_nothing
        )
        answer = await service.submit(tx, settings, driver, caller, submission)
        if dry_run:
            response.status_code = 200
        else:
            response.headers["Location"] = f"/api/v1/batches/{answer.id}"
        return answer

    @routes.get("", response_model=paged(BatchStatusOut))
    async def list_batches(caller: Caller, tx: Tx, page: Page) -> Paged[BatchStatusOut]:
        """Your batches, newest first."""
        items, total = await queries.page(tx, caller.user_id, page)
        return Paged[BatchStatusOut].of([BatchStatusOut.model_validate(item) for item in items], total, page)

    @routes.get("/{batch_id}", responses=documented(BatchNotFound))
    async def get_batch(batch_id: UUID, caller: Caller, tx: Tx) -> BatchStatusOut:
        """How the workflows of a batch are."""
        return await service.status(tx, caller, batch_id)

    @routes.get("/{batch_id}/rows", response_model=paged(BatchRowOut), responses=documented(BatchNotFound))
    async def list_batch_rows(
        batch_id: UUID,
        caller: Caller,
        tx: Tx,
        page: Page,
        status: Annotated[Status | None, Query(description="Only those that are so.")] = None,
    ) -> Paged[BatchRowOut]:
        """The rows of a batch that were ordered, in the order of the manifest."""
        await service.status(tx, caller, batch_id)
        items, total = await queries.rows(tx, batch_id, caller.user_id, status, page)
        return Paged[BatchRowOut].of([BatchRowOut.model_validate(item) for item in items], total, page)

    @routes.post("/{batch_id}/cancel", status_code=202, responses=documented(BatchNotFound))
    async def cancel_batch(batch_id: UUID, caller: Caller, tx: Tx, response: Response) -> BatchCancelledOut:
        """Stop all workflows of a batch that can be stopped, and give back what is held for them."""
        answer = await service.cancel(tx, driver, caller, batch_id)
        response.headers["Location"] = f"/api/v1/batches/{batch_id}"
        return answer

    return routes
