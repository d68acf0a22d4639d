"""HeyGen's v3 videos, assets and voices, as developers.heygen.com and HeyGen's own command line client have them."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import studio
from simulators.core.base import Simulator, json_object
from simulators.core.faults import HINT_SECONDS, WEBHOOKS, Fault
from simulators.core.jobs import Job, Stage

_ASPECTS = {"16:9": (640, 360), "9:16": (360, 640), "4:5": (400, 500), "5:4": (500, 400), "1:1": (400, 400)}
_AS_THE_PHOTO = (400, None)
_LARGEST = 32 * 1024 * 1024


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    url = f"https://developers.heygen.com/docs/error-codes#{code.replace('_', '-')}"
    return JSONResponse({"error": {"code": code, "message": message, "doc_url": url}}, status, headers=headers)


class HeyGen(Simulator):
    """Upload, create, ask, list."""

    vendor: ClassVar[str] = "heygen"
    operations: ClassVar[frozenset[str]] = frozenset({"upload", "submit", "poll", "download", "lookup", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = WEBHOOKS | {
        Fault.REFUSED_OUTPUT,
        ("upload", Fault.REFUSED_INPUT),
        ("upload", Fault.QUOTA),
    }

    def __init__(self, *, key: str = "simulated-key") -> None:
        super().__init__(key=key)
        self.assets: dict[str, bytes] = {}

    def knows(self, request: Request) -> bool:
        """``x-api-key``."""
        return request.headers.get("x-api-key") == self.key

    def error(self, fault: Fault) -> Response:
        """An error object with a code and a link."""
        match fault:
            case Fault.AUTH:
                return _error(401, "unauthorized", "The API key provided is invalid.")
            case Fault.BAD_INPUT:
                return _error(400, "invalid_parameter", "image: unsupported format")
            case Fault.REFUSED_INPUT:
                return _error(400, "blocked_words_detected", "Blocked words detected.")
            case Fault.QUOTA:
                return _error(402, "insufficient_credit", "Your account has 0 credits.")
            case Fault.THROTTLED:
                return _error(429, "rate_limit_exceeded", "Too many requests.")
            case Fault.THROTTLED_HINT:
                return _error(429, "rate_limit_exceeded", "Too many requests.", {"retry-after": str(HINT_SECONDS)})
            case Fault.OVERLOADED:
                return _error(503, "service_unavailable", "The service is temporarily unavailable.")
            case _:
                return _error(500, "internal_error", "Something went wrong.")

    def routes(self) -> list[Route]:
        """The list is the way to find a lost video."""
        return [
            self.route("/v3/users/me", "health", self._me, methods=("GET",)),
            self.route("/v3/voices", "voices", self._voices, methods=("GET",)),
            self.route("/v3/assets", "upload", self._upload),
            self.route("/v3/videos", "submit", self._create),
            self.route("/v3/videos", "lookup", self._list, methods=("GET",)),
            self.route("/v3/videos/{id}", "poll", self._video, methods=("GET",)),
        ]

    async def _me(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse({"data": {"username": "simulated", "remaining_credits": 1000}})

    async def _voices(self, request: Request, fault: Fault | None) -> Response:
        wanted = request.query_params
        voice = {"gender": wanted.get("gender", "female"), "language": wanted.get("language", "English")}
        number = f"voice-{voice['gender']}-{voice['language']}".lower()
        return JSONResponse({"data": [{"voice_id": number, "name": "Simulated", "type": "public", **voice}]})

    async def _upload(self, request: Request, fault: Fault | None) -> Response:
        async with request.form() as form:
            file = form.get("file")
            if file is None or isinstance(file, str) or not file.size or file.size > _LARGEST:
                return _error(400, "invalid_parameter", "file: a file of at most 32 MB is required")
            told = {"mime_type": file.content_type, "size_bytes": file.size}
            data = await file.read()
        number = self.next_id("ast_")
        self.assets[number] = data
        return JSONResponse({"data": {"asset_id": number, "url": f"https://files.heygen.com/{number}", **told}})

    async def _create(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "invalid_parameter", "The body is not JSON."))
        image = body.get("image") or {}
        if body.get("type") != "image" or image.get("asset_id") not in self.assets:
            return _error(404, "asset_not_available", "image: no such asset")
        if body.get("audio_asset_id") not in {None, *self.assets}:
            return _error(404, "asset_not_available", "audio_asset_id: no such asset")
        spoken = bool(body.get("script")) and bool(body.get("voice_id"))
        if spoken == bool(body.get("audio_asset_id")):
            return _error(400, "invalid_parameter", "Give either a script with a voice or an audio asset.")
        job = self.accept("submit", body, fault=fault, key=body.get("title"), prefix="vid_")
        return JSONResponse({"data": {"video_id": job.id, "status": "waiting", "output_format": "mp4"}})

    async def _list(self, request: Request, fault: Fault | None) -> Response:
        part = request.query_params.get("title", "")
        found = [job for job in self.jobs.values() if part in str(job.body.get("title"))]
        shown = [{"id": job.id, "status": "processing", "title": job.body.get("title")} for job in found[-10:]]
        return JSONResponse({"data": shown, "has_more": False, "next_token": None})

    async def _video(self, request: Request, fault: Fault | None) -> Response:
        job = self.jobs.get(request.path_params["id"])
        if job is None or fault is Fault.JOB_LOST:
            return _error(404, "not_found", "Video not found.")
        told: dict[str, Any] = {"id": job.id, "title": job.body.get("title"), "created_at": 1_767_225_600}
        match job.look():
            case Stage.QUEUED:
                return JSONResponse({"data": {**told, "status": "pending"}})
            case Stage.RUNNING:
                return JSONResponse({"data": {**told, "status": "processing"}})
            case Stage.DONE:
                return JSONResponse({"data": {**told, **await asyncio.to_thread(self._done, request, job)}})
            case _:
                failed = {"failure_code": "rendering_failed", "failure_message": "Rendering failed."}
                return JSONResponse({"data": {**told, "status": "failed", **failed}})

    def _done(self, request: Request, job: Job) -> dict[str, Any]:
        if job.fault is Fault.EMPTY:
            return {"status": "completed", "video_url": None}
        body = job.body
        audio = body.get("audio_asset_id")
        recording = self.assets[audio] if audio else studio.spoken(body["script"]).wav
        size = _ASPECTS.get(body.get("aspect_ratio", ""), _AS_THE_PHOTO)
        clip = studio.lips_to(self.assets[body["image"]["asset_id"]], recording, *size)
        return {
            "status": "completed",
            "duration": round(studio.seconds_of(clip), 3),
            "video_url": self.link(request, clip, "video/mp4", job),
        }
