"""Replicate's files and predictions of official models.

Shapes as ``replicate`` 1.0 sends and reads them (``file.py``, ``model.py``, ``prediction.py``, ``account.py``,
``exceptions.py``) and as replicate.com/docs "HTTP API", "Prediction lifecycle" and "Rate limits" describe.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import studio
from simulators.core.base import Refusal, Simulator, json_object
from simulators.core.faults import HINT_SECONDS, WEBHOOKS, Fault
from simulators.core.jobs import Job, Stage

_AT = "2026-01-01T00:00:00.000Z"
_DEADLINE = re.compile(r"(\d+h)?(\d+m)?(\d+s)?")
_SIDE = 360
_STATUS = {Stage.QUEUED: "starting", Stage.RUNNING: "processing", Stage.CANCELLED: "canceled"}


def _problem(status: int, title: str, detail: str, **more: object) -> Response:
    return JSONResponse({"title": title, "detail": detail, "status": status, **more}, status)


def _invalid(field: str, wrong: str) -> Response:
    fields = [{"type": "invalid", "field": field, "description": wrong}]
    return _problem(422, "Input validation failed", f"- {field}: {wrong}\n", invalid_fields=fields)


class Replicate(Simulator):
    """Upload, predict, ask, cancel."""

    vendor: ClassVar[str] = "replicate"
    operations: ClassVar[frozenset[str]] = frozenset({"upload", "submit", "poll", "download", "cancel", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = WEBHOOKS | {Fault.REFUSED_OUTPUT}
    late: ClassVar[frozenset[Fault]] = frozenset({Fault.REFUSED_INPUT})

    def __init__(self, *, key: str = "simulated-key") -> None:
        super().__init__(key=key)
        self.files: dict[str, bytes] = {}

    def knows(self, request: Request) -> bool:
        """A bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, fault: Fault) -> Response:
        """Problem details (RFC 7807), with the wait beside them."""
        match fault:
            case Fault.AUTH:
                return _problem(401, "Unauthenticated", "You did not pass a valid authentication token")
            case Fault.BAD_INPUT:
                return _invalid("input.image", "Does not match format 'uri'")
            case Fault.QUOTA:
                return _problem(402, "Insufficient credit", "You have insufficient credit to run this model.")
            case Fault.THROTTLED:
                return JSONResponse({"detail": "Request was throttled.", "status": 429}, 429)
            case Fault.THROTTLED_HINT:
                said = f"Request was throttled. Your rate limit resets in ~{HINT_SECONDS}s."
                return JSONResponse({"detail": said, "status": 429, "retry_after": HINT_SECONDS}, 429)
            case Fault.OVERLOADED:
                return _problem(503, "Service unavailable", "The service is temporarily unavailable.")
            case _:
                return _problem(500, "Internal server error", "An unexpected error occurred.")

    def routes(self) -> list[Route]:
        """Predictions are made below their model and asked for by number."""
        return [
            self.route("/v1/account", "health", self._account, methods=("GET",)),
            self.route("/v1/files", "upload", self._upload),
            self.route("/v1/models/{owner}/{name}/predictions", "submit", self._predict),
            self.route("/v1/predictions/{id}", "poll", self._prediction, methods=("GET",)),
            self.route("/v1/predictions/{id}/cancel", "cancel", self._cancel),
        ]

    async def _account(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse({"type": "organization", "username": "simulated", "name": "Simulated", "github_url": None})

    async def _upload(self, request: Request, fault: Fault | None) -> Response:
        async with request.form() as form:
            file = form.get("content")
            if file is None or isinstance(file, str) or not file.size or not file.filename:
                return _invalid("content", "A file with a name is required")
            data, name, mime_type = await file.read(), file.filename, file.content_type
            metadata = json.loads(str(form.get("metadata") or "{}"))
        number = self.next_id("file_")
        self.files[number] = data
        told = {"id": number, "name": name, "content_type": mime_type, "size": len(data), "metadata": metadata}
        sums = {"sha256": hashlib.sha256(data).hexdigest()}
        dates = {"created_at": _AT, "expires_at": "2026-01-02T00:00:00.000Z"}
        urls = {"get": self._address(request, f"files/{number}")}
        return JSONResponse({**told, **dates, "etag": sums["sha256"][:32], "checksums": sums, "urls": urls}, 201)

    @staticmethod
    def _address(request: Request, path: str) -> str:
        return f"{request.url.scheme}://{request.url.netloc}/v1/{path}"

    async def _predict(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _invalid("", "The body is not JSON"))
        wanted = body.get("input")
        if not isinstance(wanted, dict) or not wanted.get("prompt"):
            raise Refusal(_invalid("input", "prompt is required"))
        if not str(wanted.get("image", "https://")).startswith(("https://", "http://", "data:")):
            raise Refusal(_invalid("input.image", "Does not match format 'uri'"))
        if wanted.get("duration", 5) not in range(2, 13):
            raise Refusal(_invalid("input.duration", "Must be between 2 and 12"))
        if not _DEADLINE.fullmatch(request.headers.get("cancel-after", "")):
            raise Refusal(_invalid("Cancel-After", "Must be a duration"))
        job = self.accept("submit", body, fault=fault, prefix="prediction")
        job.notes["model"] = "{owner}/{name}".format(**request.path_params)
        return JSONResponse(self._told(request, job, Stage.QUEUED), 201)

    async def _prediction(self, request: Request, fault: Fault | None) -> Response:
        job = self._known(request, fault)
        return JSONResponse(await asyncio.to_thread(self._told, request, job, job.look()))

    async def _cancel(self, request: Request, fault: Fault | None) -> Response:
        job = self._known(request, fault)
        job.cancelled = job.stage in _STATUS
        return JSONResponse(self._told(request, job, job.stage))

    def _known(self, request: Request, fault: Fault | None) -> Job:
        job = self.jobs.get(request.path_params["id"])
        if job is None or fault is Fault.JOB_LOST:
            raise Refusal(_problem(404, "Not found", "The requested resource could not be found."))
        return job

    def _told(self, request: Request, job: Job, stage: Stage) -> dict[str, Any]:
        address = self._address(request, f"predictions/{job.id}")
        told = {
            "id": job.id,
            "model": job.notes["model"],
            "version": "hidden",
            "input": job.body["input"],
            "output": None,
            "logs": "",
            "error": None,
            "data_removed": False,
            "status": _STATUS.get(stage),
            "created_at": _AT,
            "started_at": None if stage is Stage.QUEUED else _AT,
            "completed_at": None,
            "metrics": {},
            "urls": {"get": address, "cancel": f"{address}/cancel"},
        }
        return {**told, **({} if stage in _STATUS else self._end(request, job, stage))}

    def _end(self, request: Request, job: Job, stage: Stage) -> dict[str, Any]:
        if job.fault is Fault.REFUSED_INPUT:
            said = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
            return {"status": "failed", "error": said, "completed_at": _AT}
        if stage is Stage.FAILED:
            return {"status": "failed", "error": "Prediction failed. (E1000)", "completed_at": _AT}
        done = {"status": "succeeded", "completed_at": _AT, "metrics": {"predict_time": 41.5}}
        if job.fault is Fault.EMPTY:
            return done
        wanted = job.body["input"]
        photo = self.files.get(str(wanted.get("image")).rpartition("/")[2], b"")
        seconds = float(wanted.get("duration", 5))
        size, seed = studio.shape_of(photo, _SIDE), wanted.get("seed")
        clip = studio.talking(photo, wanted["prompt"], seconds, *size, silent=True, seed=seed)
        return {**done, "output": self.link(request, clip, "video/mp4", job)}
