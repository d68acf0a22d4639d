"""Runway's tasks.

Shapes as ``runwayml`` 5.24 sends and reads them: ``resources/image_to_video.py``, ``character_performance.py``,
``tasks.py``, ``types/task_retrieve_response.py``; failure codes as docs.dev.runwayml.com "Handle Task Failures".
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import media, studio
from simulators.core.base import Refusal, Simulator, json_object
from simulators.core.faults import HINT_SECONDS, WEBHOOKS, Fault
from simulators.core.jobs import Job, Stage

_CREATED = "2026-01-01T00:00:00.000Z"
_COST = {"credits": 25}


def _error(status: int, message: str, headers: dict[str, str] | None = None, **more: object) -> Response:
    return JSONResponse({"error": message, **more}, status, headers=headers)


class Runway(Simulator):
    """Start a task, ask for it, delete it."""

    vendor: ClassVar[str] = "runway"
    operations: ClassVar[frozenset[str]] = frozenset({"submit", "poll", "download", "cancel", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = WEBHOOKS
    late: ClassVar[frozenset[Fault]] = frozenset({Fault.REFUSED_INPUT})

    def knows(self, request: Request) -> bool:
        """A bearer token and the API version."""
        bearer = request.headers.get("authorization") == f"Bearer {self.key}"
        return bearer and request.headers.get("x-runway-version") == "2024-11-06"

    def error(self, fault: Fault) -> Response:
        """``error`` is text; what was refused is said by the task."""
        match fault:
            case Fault.AUTH:
                return _error(401, "The API key you provided is invalid.")
            case Fault.BAD_INPUT:
                issue = {"code": "custom", "message": "Invalid asset aspect ratio.", "path": ["promptImage"]}
                return _error(400, "Validation of body failed", issues=[issue])
            case Fault.QUOTA:
                return _error(402, "You do not have enough credits to run this task.")
            case Fault.THROTTLED:
                return _error(429, "You have reached the rate limit of your tier.")
            case Fault.THROTTLED_HINT:
                return _error(429, "You have reached the rate limit.", {"retry-after": str(HINT_SECONDS)})
            case Fault.OVERLOADED:
                return _error(503, "The service is temporarily unavailable.")
            case _:
                return _error(500, "An internal error occurred.")

    def routes(self) -> list[Route]:
        """The two ways to start, tasks, and the organisation for health."""
        return [
            self.route("/v1/image_to_video", "submit", self._image_to_video),
            self.route("/v1/character_performance", "submit", self._performance),
            self.route("/v1/tasks/{id}", "poll", self._task, methods=("GET",)),
            self.route("/v1/tasks/{id}", "cancel", self._cancel, methods=("DELETE",)),
            self.route("/v1/organization", "health", self._organisation, methods=("GET",)),
        ]

    async def _organisation(self, request: Request, fault: Fault | None) -> Response:
        empty: dict[str, Any] = {"models": {}}
        return JSONResponse({"creditBalance": 1000, "tier": {**empty, "maxMonthlyCreditSpend": 1}, "usage": empty})

    async def _image_to_video(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "Invalid JSON"))
        self._check(body, ("model", "promptImage", "ratio"))
        if not 2 <= body.get("duration", 10) <= 10:
            return _error(400, "Validation of body failed", issues=[{"path": ["duration"]}])
        return self._taken(body, fault)

    async def _performance(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "Invalid JSON"))
        self._check(body, ("model", "character", "reference"))
        return self._taken(body, fault)

    @staticmethod
    def _check(body: dict[str, Any], needed: tuple[str, ...]) -> None:
        if missing := [name for name in needed if not body.get(name)]:
            raise Refusal(_error(400, "Validation of body failed", issues=[{"path": [name]} for name in missing]))

    def _taken(self, body: dict[str, Any], fault: Fault | None) -> Response:
        return JSONResponse({"id": self.accept("submit", body, fault=fault, prefix="task-").id})

    async def _task(self, request: Request, fault: Fault | None) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None or job.cancelled or fault is Fault.JOB_LOST:
            return _error(404, "Not found")
        told: dict[str, Any] = {"id": job.id, "createdAt": _CREATED}
        match job.look():
            case Stage.QUEUED:
                return JSONResponse({**told, "status": "PENDING", "estimatedCost": _COST})
            case Stage.RUNNING:
                progress = {"progress": job.progress, "estimatedCost": _COST}
                return JSONResponse({**told, "status": "RUNNING", **progress})
            case stage:
                return JSONResponse({**told, **await asyncio.to_thread(self._end, request, job, stage)})

    def _end(self, request: Request, job: Job, stage: Stage) -> dict[str, Any]:
        failed = {"status": "FAILED", "cost": {"credits": 0}}
        if job.fault is Fault.REFUSED_INPUT:
            return {**failed, "failure": "The prompt was rejected.", "failureCode": "SAFETY.INPUT.TEXT"}
        if stage is Stage.REFUSED:
            return {**failed, "failure": "The output was rejected.", "failureCode": "SAFETY.OUTPUT.VIDEO"}
        if stage is Stage.FAILED:
            return {**failed, "failure": "An unexpected error occurred.", "failureCode": "INTERNAL"}
        if job.fault is Fault.EMPTY:
            return {"status": "SUCCEEDED", "output": [], "cost": _COST}
        width, height = (int(side) // 4 * 2 for side in job.body.get("ratio", "1280:720").split(":"))
        photo = media.in_data_uri(job.body.get("promptImage") or job.body.get("character", {}).get("uri", ""))
        seconds, wish = float(job.body.get("duration", 4)), job.body.get("promptText") or ""
        clip = studio.talking(photo, wish, seconds, width, height, silent=True, seed=job.body.get("seed"))
        return {"status": "SUCCEEDED", "output": [self.link(request, clip, "video/mp4", job)], "cost": _COST}

    async def _cancel(self, request: Request, fault: Fault | None) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return _error(404, "Not found")
        job.cancelled = True
        return Response(status_code=204)
