"""fal.ai's queue (``queue.fal.run``) with signed webhooks.

Shapes as ``fal-client`` 1.0 sends and reads them (``client.py``: ``_BaseRequestHandle``, ``SyncRequestHandle``,
``_raise_for_status``) and as fal.ai/docs "Queue", "Webhooks", "Model Errors" and "Request Errors" describe.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, ClassVar

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulators.core import invented, media, studio
from simulators.core.base import Simulator, json_object
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.core.jobs import Job, Stage

Deliver = Callable[[str, Mapping[str, str], bytes], Awaitable[None]]

_MEDIA_FIELDS = ("image_url", "audio_url", "video_url", "mask_url")
_DONE_AFTER = 3
_FILMED = 400
_STREAMS_EVERY_S = 0.02


def _detail(status: int, kind: str, message: str, *, retryable: bool = False, loc: str = "prompt") -> Response:
    """A model error: ``detail`` is a list of typed objects."""
    wrong = {"loc": ["body", loc], "msg": message, "type": kind, "url": f"https://docs.fal.ai/errors#{kind}"}
    return JSONResponse({"detail": [wrong]}, status, headers={"x-fal-retryable": str(retryable).lower()})


def _plain(status: int, message: str, kind: str = "", headers: dict[str, str] | None = None) -> Response:
    """A request error: ``detail`` is text and ``error_type`` may name it."""
    body = {"detail": message, **({"error_type": kind} if kind else {})}
    return JSONResponse(body, status, headers={**({"x-fal-error-type": kind} if kind else {}), **(headers or {})})


async def _post(url: str, headers: Mapping[str, str], body: bytes) -> None:
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
        await client.post(url, headers=headers, content=body)


class Fal(Simulator):
    """Submit to any model path, ask for the status, fetch the result, cancel, be told by webhook."""

    vendor: ClassVar[str] = "fal"
    operations: ClassVar[frozenset[str]] = frozenset({"submit", "poll", "result", "download", "cancel", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = frozenset({("health", Fault.GARBLED)})
    late: ClassVar[frozenset[Fault]] = frozenset({Fault.BAD_INPUT, Fault.REFUSED_INPUT})

    def __init__(self, *, key: str = "simulated-key", deliver: Deliver = _post) -> None:
        super().__init__(key=key)
        self.deliver = deliver
        self.moved_px = 0
        """So far to the right an edit with a mask moves the whole picture, as editors do that draw all of it anew."""
        # A fixed seed: a signing key for loopback only, the same in every run.
        self._signer = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"fal simulator").digest())

    def knows(self, request: Request) -> bool:
        """``Authorization: Key ...``."""
        return request.headers.get("authorization") == f"Key {self.key}"

    def error(self, fault: Fault) -> Response:
        """Request errors as text, model errors as a list."""
        match fault:
            case Fault.AUTH:
                return _plain(401, "Cannot access application. Authentication is required to access this application.")
            case Fault.BAD_INPUT:
                return _detail(422, "image_load_error", "Failed to load the image.", loc="image_url")
            case Fault.REFUSED_INPUT:
                message = "The content could not be processed because it was flagged by a content checker."
                return _detail(422, "content_policy_violation", message)
            case Fault.QUOTA:
                return _plain(403, "User is locked. Reason: Exhausted balance. Top up at fal.ai/dashboard/billing.")
            case Fault.THROTTLED:
                return _plain(429, "Too many concurrent requests.")
            case Fault.THROTTLED_HINT:
                return _plain(429, "Too many concurrent requests.", headers={"retry-after": str(HINT_SECONDS)})
            case Fault.OVERLOADED:
                return _plain(503, "No runner is available.", "runner_scheduling_failure")
            case _:
                return _detail(500, "internal_server_error", "Internal server error", retryable=True)

    def routes(self) -> list[Route]:
        """Requests live under owner and alias; what follows the alias belongs to the submission only."""
        request = "/{owner}/{alias}/requests/{id}"
        return [
            Route("/.well-known/jwks.json", self._keys),
            self.route("/health-check/none/requests/{id}/status", "health", self._unknown, methods=("GET",)),
            self.route(f"{request}/status", "poll", self._status, methods=("GET",)),
            self.route(f"{request}/status/stream", "poll", self._stream, methods=("GET",)),
            self.route(f"{request}/cancel", "cancel", self._cancel, methods=("PUT",)),
            self.route(request, "result", self._result, methods=("GET",)),
            self.route("/{app:path}", "submit", self._submit),
        ]

    async def _unknown(self, request: Request, fault: Fault | None) -> Response:
        return _plain(404, "Request not found")

    async def _submit(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _detail(422, "json_invalid", "JSON decode error", loc="body"))
        for name in _MEDIA_FIELDS:
            if name in body and not str(body[name]).startswith(("data:", "http")):
                return _detail(422, "file_download_error", "Failed to download the file.", loc=name)
        if not body.keys() & {"prompt", *_MEDIA_FIELDS}:
            return _detail(422, "missing", "Field required")
        app = request.path_params["app"]
        job = self.accept("submit", body, fault=fault)
        job.notes.update(app=app, webhook=request.query_params.get("fal_webhook"))
        owner, alias = app.split("/")[:2]
        url = f"{request.url.scheme}://{request.url.netloc}/{owner}/{alias}/requests/{job.id}"
        told = {
            "request_id": job.id,
            "gateway_request_id": job.id,
            "status": "IN_QUEUE",
            "queue_position": 0,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
        }
        prompt = job.notes["webhook"] and fault not in (Fault.WEBHOOK_LATE, Fault.WEBHOOK_LOST)
        return JSONResponse(told, background=BackgroundTask(self._announce, request, job) if prompt else None)

    async def _status(self, request: Request, fault: Fault | None) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None or fault is Fault.JOB_LOST:
            return _plain(404, "Request not found")
        told = self._told(job)
        return JSONResponse(told, 200 if told["status"] == "COMPLETED" else 202)

    async def _stream(self, request: Request, fault: Fault | None) -> Response:
        """The same documents as events, until the job has ended."""
        job = self.jobs.get(request.path_params["id"])
        if job is None or fault is Fault.JOB_LOST:
            return _plain(404, "Request not found")

        async def events() -> AsyncIterator[str]:
            while True:
                told = self._told(job)
                yield f"data: {json.dumps(told)}\n\n"
                if told["status"] == "COMPLETED":
                    return
                await asyncio.sleep(_STREAMS_EVERY_S)

        return StreamingResponse(events(), media_type="text/event-stream")

    @staticmethod
    def _told(job: Job) -> dict[str, Any]:
        match job.look():
            case Stage.QUEUED:
                return {"status": "IN_QUEUE", "queue_position": 1, "request_id": job.id}
            case Stage.RUNNING:
                return {"status": "IN_PROGRESS", "logs": [], "request_id": job.id}
            case Stage.CANCELLED:
                gone = {"error": "Request was cancelled by the client", "error_type": "client_cancelled"}
                return {"status": "COMPLETED", "logs": [], "metrics": {}, "request_id": job.id, **gone}
            case _:
                metrics = {"inference_time": 1.2}
                return {"status": "COMPLETED", "logs": [], "metrics": metrics, "request_id": job.id}

    async def _cancel(self, request: Request, fault: Fault | None) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return _plain(404, "Request not found")
        if job.stage in (Stage.DONE, Stage.FAILED, Stage.REFUSED):
            return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
        job.cancelled = True
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)

    async def _result(self, request: Request, fault: Fault | None) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return _plain(404, "Request not found")
        if job.stage in (Stage.QUEUED, Stage.RUNNING):
            return _plain(400, "Request is still in progress")
        if job.stage is Stage.CANCELLED:
            return _plain(499, "Request was cancelled by the client", "client_cancelled")
        answer = await asyncio.to_thread(self._outcome, request, job)
        if job.notes["webhook"] and job.fault is Fault.WEBHOOK_LATE and not job.notes.get("announced"):
            answer.background = BackgroundTask(self._announce, request, job)
        return answer

    def _outcome(self, request: Request, job: Job) -> Response:
        if job.fault in self.late:
            return self.error(job.fault)
        if job.fault is Fault.JOB_FAILED:
            return _plain(500, "The runner stopped without an answer", "runner_server_error")
        app, body = job.notes["app"], job.body
        seed, words = body.get("seed", 1), str(body.get("prompt", ""))
        if "audio" in app:
            played = invented.music(words, float(body.get("seconds_total", 3)), seed)
            made = self.link(request, played, "audio/wav", job)
            return JSONResponse({"audio": self._file_of(job, made, "audio/wav"), "seed": seed})
        if "lipsync" in app:
            photo = studio.first_picture(media.in_data_uri(body.get("video_url")))
            clip = studio.lips_to(photo, media.in_data_uri(body.get("audio_url")), _FILMED)
            made = self.link(request, clip, "video/mp4", job)
            return JSONResponse({"video": self._file_of(job, made, "video/mp4")})
        size = body.get("image_size")
        width, height = (size["width"], size["height"]) if isinstance(size, dict) else (320, 320)
        photo = media.in_data_uri(body.get("image_url"))
        if "upscaler" in app:
            drawn = studio.larger(photo, int(body.get("upscale_factor", 2)))
        elif "mask_url" in body:
            mask = media.in_data_uri(body["mask_url"])
            drawn = studio.filled(photo, mask, words, "image/jpeg", seed, moved_px=self.moved_px)
        else:
            drawn = studio.changed(photo, words, "image/jpeg", seed)
        drawn = drawn or invented.picture(words, width, height, "image/jpeg", seed)
        made = self.link(request, drawn, "image/jpeg", job)
        picture = self._file_of(job, made, "image/jpeg")
        if "upscaler" in app:
            return JSONResponse({"image": picture, "seed": seed})
        if picture is None:
            return JSONResponse({"images": [], "seed": seed, "has_nsfw_concepts": []})
        withheld = job.fault is Fault.REFUSED_OUTPUT
        return JSONResponse({"images": [picture], "seed": seed, "has_nsfw_concepts": [withheld], "prompt": words})

    @staticmethod
    def _file_of(job: Job, url: str, mime_type: str) -> dict[str, Any] | None:
        if job.fault is Fault.EMPTY:
            return None
        return {"url": url, "content_type": mime_type, "file_name": url.rpartition("/")[2].partition("?")[0]}

    async def _keys(self, request: Request) -> Response:
        public = base64.urlsafe_b64encode(self._signer.public_key().public_bytes_raw()).rstrip(b"=").decode()
        return JSONResponse({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "x": public}]})

    def signed(self, request_id: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
        """The four webhook headers for ``body``, signed over id, user, time and the body's SHA-256."""
        stamp = str(int(time.time()) if at is None else at)
        text = "\n".join((request_id, "simulated-user", stamp, hashlib.sha256(body).hexdigest()))
        return {
            "content-type": "application/json",
            "x-fal-webhook-request-id": request_id,
            "x-fal-webhook-user-id": "simulated-user",
            "x-fal-webhook-timestamp": stamp,
            "x-fal-webhook-signature": self._signer.sign(text.encode()).hex(),
        }

    async def _announce(self, request: Request, job: Job) -> None:
        job.asked = max(job.asked, _DONE_AFTER)
        job.notes["announced"] = True
        outcome = await asyncio.to_thread(self._outcome, request, job)
        good = outcome.status_code < 300
        told = {
            "request_id": job.id,
            "gateway_request_id": job.id,
            "status": "OK" if good else "ERROR",
            "payload": json.loads(bytes(outcome.body)),
            **({} if good else {"error": f"Invalid status code: {outcome.status_code}"}),
        }
        body = json.dumps(told).encode()
        for _ in range(2 if job.fault is Fault.WEBHOOK_TWICE else 1):
            await self.deliver(job.notes["webhook"], self.signed(job.id, body), body)
