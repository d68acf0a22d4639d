"""The Gemini API (``generativelanguage.googleapis.com``) and Veo on ``aiplatform.googleapis.com``.

Shapes as ``google-genai`` 3.4 sends and reads them: ``models.py`` (``:generateContent``, ``:predictLongRunning``),
``operations.py`` (``:fetchPredictOperation``), ``errors.py``.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import invented, studio
from simulators.core.base import Refusal, Simulator, json_object, spoiled
from simulators.core.faults import HINT_SECONDS, WEBHOOKS, Fault
from simulators.core.jobs import Stage

_RPC = "type.googleapis.com/google.rpc."
_FILMED = {"16:9": (640, 360), "9:16": (360, 640)}
_ASPECTS = {"16:9": (320, 180), "9:16": (180, 320), "1:1": (320, 320), "4:3": (320, 240), "3:4": (240, 320)}


def _error(code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, "status": status, "details": details or []}}, code)


class _Google(Simulator):
    """What both Google surfaces share: the key header and the error object."""

    def knows(self, request: Request) -> bool:
        """``x-goog-api-key``."""
        return request.headers.get("x-goog-api-key") == self.key

    def error(self, fault: Fault) -> Response:
        """``google.rpc.Status`` with typed details."""
        match fault:
            case Fault.AUTH:
                reason = {"@type": f"{_RPC}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
                return _error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [reason])
            case Fault.BAD_INPUT:
                return _error(400, "INVALID_ARGUMENT", "Unable to process input image.")
            case Fault.REFUSED_INPUT:
                return JSONResponse(
                    {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": "simulated"}
                )
            case Fault.QUOTA:
                violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel", "quotaValue": "100"}
                failure = {"@type": f"{_RPC}QuotaFailure", "violations": [violation]}
                return _error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [failure])
            case Fault.THROTTLED:
                return _error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.")
            case Fault.THROTTLED_HINT:
                retry = {"@type": f"{_RPC}RetryInfo", "retryDelay": f"{HINT_SECONDS}s"}
                return _error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.", [retry])
            case Fault.OVERLOADED:
                return _error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
            case _:
                return _error(500, "INTERNAL", "An internal error has occurred.")


class Gemini(_Google):
    """Images in, images out, by ``generateContent``."""

    vendor: ClassVar[str] = "gemini"
    operations: ClassVar[frozenset[str]] = frozenset({"perform", "health"})

    def routes(self) -> list[Route]:
        """Both API versions the official client can use."""
        return [
            route
            for version in ("v1", "v1beta")
            for route in (
                self.route(f"/{version}/models/{{model}}:generateContent", "perform", self._generate),
                self.route(f"/{version}/models/{{model}}", "health", self._model, methods=("GET",)),
            )
        ]

    async def _model(self, request: Request, fault: Fault | None) -> Response:
        name = request.path_params["model"]
        return JSONResponse({"name": f"models/{name}", "supportedGenerationMethods": ["generateContent"]})

    async def _generate(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "INVALID_ARGUMENT", "Invalid JSON payload received."))
        parts = [part for content in body.get("contents", []) for part in content.get("parts", [])]
        if not parts:
            return _error(400, "INVALID_ARGUMENT", "* GenerateContentRequest.contents: contents is not specified")
        words = " ".join(part["text"] for part in parts if "text" in part)
        photos = [_decoded(part["inlineData"].get("data", "")) for part in parts if "inlineData" in part]
        self.accept("perform", {"model": request.path_params["model"], **body}, fault=fault)
        answer: dict[str, Any] = {
            "usageMetadata": {"promptTokenCount": 270, "candidatesTokenCount": 1290, "totalTokenCount": 1560},
            "modelVersion": request.path_params["model"],
            "responseId": self.next_id("resp-"),
        }
        if fault is Fault.EMPTY:
            return JSONResponse({**answer, "candidates": [{"finishReason": "NO_IMAGE", "index": 0}]})
        if fault is Fault.REFUSED_OUTPUT:
            return JSONResponse({**answer, "candidates": [{"finishReason": "IMAGE_SAFETY", "index": 0}]})
        config = body.get("generationConfig", {})
        shape = config.get("imageConfig", {}).get("aspectRatio")
        width, height = _ASPECTS.get(shape or "1:1", (320, 320))
        seed = config.get("seed")
        photo, size = photos[0] if photos else b"", (width, height) if shape else None
        drawn = await asyncio.to_thread(studio.changed, photo, words, "image/png", seed, size)
        drawn = drawn or invented.picture(words, width, height, seed=seed)
        data, mime_type = spoiled(drawn, "image/png", fault)
        made = {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(data).decode()}}
        content = {"role": "model", "parts": [{"text": "Here is the picture."}, made]}
        return JSONResponse({**answer, "candidates": [{"content": content, "finishReason": "STOP", "index": 0}]})


class Veo(_Google):
    """Video by a long-running operation; the clip comes inline when no bucket is named."""

    vendor: ClassVar[str] = "veo"
    operations: ClassVar[frozenset[str]] = frozenset({"submit", "poll", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = WEBHOOKS | {Fault.LINK_EXPIRED}

    def error(self, fault: Fault) -> Response:
        """As the platform words it; a refused prompt is an error here, not an answer."""
        if fault is Fault.REFUSED_INPUT:
            return _error(
                400,
                "INVALID_ARGUMENT",
                "The prompt could not be submitted. It contains words that violate the usage guidelines. "
                "Support codes: 58061214",
                [{"@type": f"{_RPC}ErrorInfo", "reason": "PROMPT_BLOCKED", "domain": "aiplatform.googleapis.com"}],
            )
        return super().error(fault)

    def routes(self) -> list[Route]:
        """With a key alone (``publishers/``) and under a project."""
        model = "publishers/google/models/{model}"
        scoped = "projects/{project}/locations/{location}/" + model
        return [
            route
            for version in ("v1", "v1beta1")
            for path in (model, scoped)
            for route in (
                self.route(f"/{version}/{path}:predictLongRunning", "submit", self._submit),
                self.route(f"/{version}/{path}:fetchPredictOperation", "poll", self._poll),
                self.route(f"/{version}/{path}", "health", self._model, methods=("GET",)),
            )
        ]

    async def _model(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse({"name": f"publishers/google/models/{request.path_params['model']}", "launchStage": "GA"})

    async def _submit(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "INVALID_ARGUMENT", "Invalid JSON payload received."))
        instances = body.get("instances") or []
        if len(instances) != 1 or not (instances[0].get("prompt") or instances[0].get("image")):
            return _error(400, "INVALID_ARGUMENT", "Exactly one instance with a prompt or an image is required.")
        image = instances[0].get("image")
        photo = _decoded(image.get("bytesBase64Encoded", "")) if image else b""
        seconds = body.get("parameters", {}).get("durationSeconds", 8)
        if seconds not in (4, 5, 6, 7, 8):
            return _error(400, "INVALID_ARGUMENT", f"Unsupported output video duration {seconds} seconds.")
        job = self.accept("submit", body, fault=fault)
        job.notes |= {"model": request.path_params["model"], "photo": photo, "prompt": instances[0].get("prompt") or ""}
        return JSONResponse({"name": self._name(job.id, job.notes["model"])})

    @staticmethod
    def _name(job_id: str, model: str) -> str:
        return f"projects/1234567/locations/us-central1/publishers/google/models/{model}/operations/{job_id}"

    async def _poll(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "INVALID_ARGUMENT", "Invalid JSON payload received."))
        name = str(body.get("operationName", ""))
        job = self.jobs.get(name.rpartition("/")[2])
        if job is None or fault is Fault.JOB_LOST:
            return _error(404, "NOT_FOUND", f"Operation {name} was not found.")
        stage = job.look()
        if stage in (Stage.QUEUED, Stage.RUNNING):
            return JSONResponse({"name": name})
        done: dict[str, Any] = {"name": name, "done": True}
        if stage is Stage.FAILED:
            return JSONResponse({**done, "error": {"code": 13, "message": "Internal error.", "status": "INTERNAL"}})
        kind = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
        if stage is Stage.REFUSED:
            reasons = ["The generated video violated the usage guidelines. Support codes: 64151117"]
            filtered = {"@type": kind, "raiMediaFilteredCount": 1, "raiMediaFilteredReasons": reasons}
            return JSONResponse({**done, "response": filtered})
        if job.fault is Fault.EMPTY:
            return JSONResponse({**done, "response": {"@type": kind, "videos": []}})
        parameters = job.body.get("parameters", {})
        size = _FILMED[parameters.get("aspectRatio", "16:9")]
        seconds = float(parameters.get("durationSeconds", 8))
        photo, words, seed = job.notes["photo"], job.notes["prompt"], parameters.get("seed")
        clip = await asyncio.to_thread(studio.talking, photo, words, seconds, *size, seed=seed)
        data, mime_type = spoiled(clip, "video/mp4", job.fault)
        video = {"bytesBase64Encoded": base64.b64encode(data).decode(), "mimeType": mime_type}
        return JSONResponse({**done, "response": {"@type": kind, "raiMediaFilteredCount": 0, "videos": [video]}})


def _decoded(data: str) -> bytes:
    """Base64 in either alphabet, as protobuf's JSON mapping allows; the official client sends the URL-safe one."""
    try:
        return base64.b64decode(data.translate(str.maketrans("-_", "+/")), validate=True)
    except ValueError:
        raise Refusal(_error(400, "INVALID_ARGUMENT", "Base64 decoding failed.")) from None
