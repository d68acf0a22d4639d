"""OpenAI's API: images, speech, responses.

Shapes as ``openai`` 3.52 sends and reads them: ``resources/images.py``, ``resources/audio/speech.py``,
``resources/responses/responses.py``, ``_exceptions.py``; codes as developers.openai.com "Error codes" lists them.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import invented, studio
from simulators.core.base import Simulator, json_object, spoiled
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.core.language import structured

_LONGEST_SPEECH = 4_096
_SOUND = {"wav": "audio/wav", "mp3": "audio/mpeg"}


def _error(
    status: int,
    message: str,
    code: str | None,
    kind: str = "invalid_request_error",
    *,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    body = {"error": {"message": message, "type": kind, "param": param, "code": code, **(more or {})}}
    return JSONResponse(body, status, headers={"x-request-id": "req_simulated", **(headers or {})})


class OpenAI(Simulator):
    """Synchronous: an answer is the work."""

    vendor: ClassVar[str] = "openai"
    operations: ClassVar[frozenset[str]] = frozenset({"perform", "health"})

    def knows(self, request: Request) -> bool:
        """``Authorization: Bearer ...``."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, fault: Fault) -> Response:
        """One error object with type, code and parameter."""
        slow = {"x-ratelimit-reset-requests": "20ms", "x-ratelimit-reset-tokens": "6m0s"}
        match fault:
            case Fault.AUTH:
                return _error(401, "Incorrect API key provided.", "invalid_api_key")
            case Fault.BAD_INPUT:
                return _error(400, "Invalid image file or mode for image.", "invalid_image_file", param="image")
            case Fault.REFUSED_INPUT:
                stage = {"moderation_details": {"moderation_stage": "input", "categories": ["violence"]}}
                return _error(
                    400,
                    "Your request was rejected by the safety system.",
                    "moderation_blocked",
                    "image_generation_user_error",
                    more=stage,
                )
            case Fault.QUOTA:
                return _error(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota")
            case Fault.THROTTLED:
                return _error(429, "Rate limit reached.", "rate_limit_exceeded", "requests", headers=slow)
            case Fault.THROTTLED_HINT:
                hint = {**slow, "retry-after": str(HINT_SECONDS)}
                return _error(429, "Rate limit reached.", "rate_limit_exceeded", "requests", headers=hint)
            case Fault.OVERLOADED:
                return _error(503, "The engine is currently overloaded.", None, "server_error")
            case _:
                return _error(500, "The server had an error while processing your request.", None, "server_error")

    def routes(self) -> list[Route]:
        """Below ``/v1``, like the real base address."""
        return [
            self.route("/v1/models/{model}", "health", self._model, methods=("GET",)),
            self.route("/v1/images/generations", "perform", self._generate),
            self.route("/v1/images/edits", "perform", self._edit),
            self.route("/v1/audio/speech", "perform", self._speak),
            self.route("/v1/responses", "perform", self._respond),
        ]

    async def _model(self, request: Request, fault: Fault | None) -> Response:
        name = request.path_params["model"]
        return JSONResponse({"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "openai"})

    async def _generate(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "We could not parse the JSON body of your request.", None))
        return self._pictures(body, fault)

    async def _edit(self, request: Request, fault: Fault | None) -> Response:
        async with request.form() as form:
            files = [name for name, value in form.multi_items() if not isinstance(value, str)]
            body: dict[str, Any] = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            photos = [await value.read() for _, value in form.multi_items() if not isinstance(value, str)]
        if not {"image", "image[]"} & set(files):
            return _error(400, "Missing required parameter: 'image'.", "missing_required_parameter", param="image")
        return await asyncio.to_thread(self._pictures, {**body, "files": files}, fault, photos[0])

    def _pictures(self, body: dict[str, Any], fault: Fault | None, photo: bytes = b"") -> Response:
        if not body.get("prompt"):
            return _error(400, "Missing required parameter: 'prompt'.", "missing_required_parameter", param="prompt")
        size = body.get("size") or "auto"
        if size != "auto" and not all(part.isdigit() for part in size.split("x")):
            return _error(400, f"Invalid value: '{size}'.", "invalid_value", param="size")
        self.accept("perform", body, fault=fault)
        if fault is Fault.REFUSED_OUTPUT:
            stage = {"moderation_details": {"moderation_stage": "output", "categories": ["sexual"]}}
            message = "Your request was rejected by the safety system."
            return _error(400, message, "moderation_blocked", "image_generation_user_error", more=stage)
        kind = body.get("output_format") or "png"
        width, height = (256, 256) if size == "auto" else (int(side) // 4 for side in size.split("x"))
        words, mime_type = body["prompt"], f"image/{kind}"
        drawn = studio.changed(photo, words, mime_type, size=None if size == "auto" else (width, height))
        drawn = drawn or invented.picture(words, width, height, mime_type)
        data, _ = spoiled(drawn, "", fault)
        made = [] if fault is Fault.EMPTY else [{"b64_json": base64.b64encode(data).decode()}]
        usage = {
            "input_tokens": 50,
            "output_tokens": 1056,
            "total_tokens": 1106,
            "input_tokens_details": {"image_tokens": 40, "text_tokens": 10},
        }
        answer = {"created": int(time.time()), "data": made, "output_format": kind, "size": size, "usage": usage}
        return JSONResponse(answer, headers={"x-request-id": self.next_id("req_")})

    async def _speak(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "We could not parse the JSON body of your request.", None))
        text = body.get("input") or ""
        if not 0 < len(text) <= _LONGEST_SPEECH:
            return _error(400, "[{'type': 'string_too_long', 'loc': ('body', 'input')}]", None)
        self.accept("perform", body, fault=fault)
        made = await asyncio.to_thread(studio.spoken, text)
        wanted = body.get("response_format") or "mp3"
        sound = made.wav if wanted == "wav" else await asyncio.to_thread(studio.mp3_of, made.wav)
        data, mime_type = spoiled(sound, _SOUND[wanted], fault)
        return Response(data, media_type=mime_type, headers={"x-request-id": self.next_id("req_")})

    async def _respond(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "We could not parse the JSON body of your request.", None))
        self.accept("perform", body, fault=fault)
        turn = body.get("input")
        if isinstance(turn, list):
            parts = turn[-1]["content"]
            turn = parts if isinstance(parts, str) else "".join(part.get("text", "") for part in parts)
        schema = body.get("text", {}).get("format", {}).get("schema", {"type": "string"})
        if fault is Fault.REFUSED_OUTPUT:
            return JSONResponse(self._response(body, [], status="incomplete", reason="content_filter"))
        said = {"type": "output_text", "text": structured(schema, str(turn), fault), "annotations": [], "logprobs": []}
        return JSONResponse(self._response(body, [said]))

    def _response(
        self, body: Mapping[str, Any], content: list[Any], *, status: str = "completed", reason: str | None = None
    ) -> dict[str, Any]:
        message = {"type": "message", "id": self.next_id("msg_"), "status": status, "role": "assistant"}
        return {
            "id": self.next_id("resp_"),
            "object": "response",
            "created_at": int(time.time()),
            "status": status,
            "error": None,
            "incomplete_details": {"reason": reason} if reason else None,
            "instructions": body.get("instructions"),
            "model": body.get("model"),
            "output": [{**message, "content": content}],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "metadata": {},
            "usage": {
                "input_tokens": 300,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": 120,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 420,
            },
        }
