"""A Midjourney relay with the protocol of the open-source ``midjourney-proxy``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import invented, media, studio
from simulators.core.base import Simulator, json_object
from simulators.core.faults import HINT_SECONDS, WEBHOOKS, Fault
from simulators.core.jobs import Job, Stage


def _answer(code: int, description: str, result: str | None = None) -> Response:
    return JSONResponse({"code": code, "description": description, "result": result, "properties": {}})


def _sheet(body: Mapping[str, Any]) -> bytes:
    """Four pictures on one: the photo made better, where one was sent."""
    photos = [media.in_data_uri(uri) for uri in body.get("base64Array") or ()]
    if photos and (sheet := studio.four_of(studio.changed(photos[0], body["prompt"]))):
        return sheet
    high = "--ar 9:16" in body["prompt"]
    # A seed is among the words.
    return studio.four_of(invented.picture(body["prompt"], 180 if high else 200, 320 if high else 200))


class Midjourney(Simulator):
    """Submit, fetch, list. Most failures are codes in an answer with status 200."""

    vendor: ClassVar[str] = "midjourney"
    operations: ClassVar[frozenset[str]] = frozenset({"submit", "poll", "download", "lookup", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = WEBHOOKS | {Fault.REFUSED_OUTPUT}

    def knows(self, request: Request) -> bool:
        """``mj-api-secret``."""
        return request.headers.get("mj-api-secret") == self.key

    def error(self, fault: Fault) -> Response:
        """Codes where the relay has one, statuses where its web server answers."""
        match fault:
            case Fault.AUTH:
                return Response(status_code=401)
            case Fault.BAD_INPUT:
                return _answer(4, "prompt must not be empty")
            case Fault.REFUSED_INPUT:
                return _answer(24, "may contain sensitive words")
            case Fault.QUOTA:
                return JSONResponse({"error": {"code": "insufficient_quota"}}, 402)
            case Fault.THROTTLED:
                return _answer(23, "the queue is full, try again later")
            case Fault.THROTTLED_HINT:
                return JSONResponse({"error": "slow down"}, 429, headers={"retry-after": str(HINT_SECONDS)})
            case Fault.OVERLOADED:
                return Response(status_code=503)
            case _:
                return _answer(9, "no available account")

    def routes(self) -> list[Route]:
        """The list is the way to find a lost task."""
        return [
            self.route("/mj/submit/imagine", "submit", self._imagine),
            self.route("/mj/task/list", "lookup", self._list, methods=("GET",)),
            self.route("/mj/task/queue", "health", self._queue, methods=("GET",)),
            self.route("/mj/task/{id}/fetch", "poll", self._task, methods=("GET",)),
        ]

    async def _queue(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse([])

    async def _imagine(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _answer(4, "not JSON"))
        if not body.get("prompt"):
            return self.error(Fault.BAD_INPUT)
        job = self.accept("submit", body, fault=fault, key=body.get("state"))
        return _answer(1, "submitted", job.id)

    def _told(self, job: Job) -> dict[str, Any]:
        told = {"id": job.id, "action": "IMAGINE", "prompt": job.body["prompt"], "state": job.body.get("state")}
        states = {Stage.QUEUED: "SUBMITTED", Stage.RUNNING: "IN_PROGRESS", Stage.DONE: "SUCCESS"}
        return {**told, "status": states.get(job.stage, "FAILURE"), "progress": f"{job.progress:.0%}"}

    async def _list(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse([self._told(job) for job in self.jobs.values()])

    async def _task(self, request: Request, fault: Fault | None) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None or fault is Fault.JOB_LOST:
            return JSONResponse(None)
        stage = job.look()
        told = self._told(job)
        if stage is Stage.FAILED:
            return JSONResponse({**told, "failReason": "time-out"})
        if stage is not Stage.DONE or job.fault is Fault.EMPTY:
            return JSONResponse({**told, "imageUrl": None})
        sheet = await asyncio.to_thread(_sheet, job.body)
        return JSONResponse({**told, "imageUrl": self.link(request, sheet, "image/png", job)})
