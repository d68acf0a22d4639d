"""ElevenLabs' speech and music.

Shapes as ``elevenlabs`` 2.78 sends and reads them: ``text_to_speech/raw_client.py``, ``music/raw_client.py``,
``types/audio_with_timestamps_response.py``; error details as help.elevenlabs.io describes.
"""

from __future__ import annotations

import asyncio
import base64
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import invented, studio
from simulators.core.base import Simulator, json_object, spoiled
from simulators.core.faults import HINT_SECONDS, Fault

_LONGEST = 10_000


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": {"status": code, "message": message}}, status, headers=headers)


class ElevenLabs(Simulator):
    """Synchronous: an answer is the work."""

    vendor: ClassVar[str] = "elevenlabs"
    operations: ClassVar[frozenset[str]] = frozenset({"perform", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = frozenset({Fault.REFUSED_OUTPUT})

    def knows(self, request: Request) -> bool:
        """``xi-api-key``."""
        return request.headers.get("xi-api-key") == self.key

    def error(self, fault: Fault) -> Response:
        """A detail with a status word."""
        match fault:
            case Fault.AUTH:
                return _error(401, "invalid_api_key", "Invalid API key")
            case Fault.BAD_INPUT:
                return _error(400, "voice_not_found", "A voice with this id was not found.")
            case Fault.REFUSED_INPUT:
                return _error(403, "content_against_policy", "This content violates our policy.")
            case Fault.QUOTA:
                return _error(401, "quota_exceeded", "This request exceeds your quota. You have 0 credits remaining.")
            case Fault.THROTTLED:
                return _error(429, "too_many_concurrent_requests", "Too many concurrent requests.")
            case Fault.THROTTLED_HINT:
                hint = {"retry-after": str(HINT_SECONDS)}
                return _error(429, "too_many_concurrent_requests", "Too many concurrent requests.", hint)
            case Fault.OVERLOADED:
                return _error(429, "system_busy", "We are experiencing heavy traffic.")
            case _:
                return _error(500, "internal_server_error", "Something went wrong.")

    def routes(self) -> list[Route]:
        """Speech with and without timing, music, models."""
        return [
            self.route("/v1/text-to-speech/{voice}/with-timestamps", "perform", self._timed),
            self.route("/v1/text-to-speech/{voice}", "perform", self._speak),
            self.route("/v1/music", "perform", self._compose),
            self.route("/v1/models", "health", self._models, methods=("GET",)),
        ]

    async def _models(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse([{"model_id": "eleven_multilingual_v2", "name": "Multilingual v2"}])

    async def _accepted(self, request: Request, fault: Fault | None) -> tuple[str, bytes] | Response:
        body = await json_object(request, _error(400, "invalid_json", "The body is not JSON."))
        text = body.get("text") or ""
        if not text:
            missing = {"type": "missing", "loc": ["body", "text"], "msg": "Field required"}
            return JSONResponse({"detail": [missing]}, 422)
        if len(text) > _LONGEST:
            return _error(400, "max_character_limit_exceeded", f"This text has {len(text)} characters.")
        self.accept("perform", {"voice": request.path_params["voice"], **body}, fault=fault)
        made = await asyncio.to_thread(studio.spoken, text)
        data, _ = spoiled(await asyncio.to_thread(studio.mp3_of, made.wav), "audio/mpeg", fault)
        return text, data

    async def _timed(self, request: Request, fault: Fault | None) -> Response:
        made = await self._accepted(request, fault)
        if isinstance(made, Response):
            return made
        text, data = made
        starts = studio.spoken(text).starts(text)
        alignment = {
            "characters": list(text),
            "character_start_times_seconds": starts[:-1],
            "character_end_times_seconds": starts[1:],
        }
        answer = {"audio_base64": base64.b64encode(data).decode(), "alignment": alignment}
        headers = {"request-id": self.next_id("req-"), "character-cost": str(len(text))}
        return JSONResponse({**answer, "normalized_alignment": alignment}, headers=headers)

    async def _speak(self, request: Request, fault: Fault | None) -> Response:
        made = await self._accepted(request, fault)
        return made if isinstance(made, Response) else Response(made[1], media_type="audio/mpeg")

    async def _compose(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "invalid_json", "The body is not JSON."))
        length = body.get("music_length_ms") or 10_000
        if not 3_000 <= length <= 600_000:
            return _error(400, "invalid_music_length", "The length has to be between 3 and 600 seconds.")
        self.accept("perform", body, fault=fault)
        played = await asyncio.to_thread(invented.music, body.get("prompt") or "", length / 1000)
        data, mime_type = spoiled(await asyncio.to_thread(studio.mp3_of, played), "audio/mpeg", fault)
        return Response(data, media_type=mime_type, headers={"song-id": self.next_id("song-")})
