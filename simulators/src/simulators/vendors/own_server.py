"""A server of one's own that speaks OpenAI's protocol, as LocalAI and Speaches do: what OpenAI's simulator has, the
list of models, and transcription by real ears."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from simulators.core import ears
from simulators.core.faults import Fault
from simulators.vendors.openai import OpenAI


class OwnServer(OpenAI):
    """Synchronous: an answer is the work."""

    vendor: ClassVar[str] = "own_server"

    def routes(self) -> list[Route]:
        """Below ``/v1``, like the real ones."""
        return [
            self.route("/v1/models", "health", self._models, methods=("GET",)),
            self.route("/v1/audio/transcriptions", "perform", self._transcribe),
            *super().routes(),
        ]

    async def _models(self, request: Request, fault: Fault | None) -> Response:
        names = ("tts-1", "stablediffusion", "whisper-1")
        return JSONResponse({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})

    async def _transcribe(self, request: Request, fault: Fault | None) -> Response:
        async with request.form() as form:
            upload, model = form.get("file"), form.get("model")
            wanted = str(form.get("response_format") or "json")
            granularities = {str(value) for value in form.getlist("timestamp_granularities[]")}
            if not isinstance(upload, UploadFile) or not model:
                return self.error(Fault.BAD_INPUT)
            recording = await upload.read()
        wish = {"model": model, "language": form.get("language"), "granularities": sorted(granularities)}
        self.accept("perform", wish, fault=fault)
        if fault is Fault.EMPTY:
            return JSONResponse({})
        answer = await asyncio.to_thread(_transcript, recording, granularities)
        if wanted == "text":
            return PlainTextResponse(answer["text"])
        return JSONResponse(answer if wanted == "verbose_json" else {"text": answer["text"]})


def _transcript(recording: bytes, granularities: set[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording"
        file.write_bytes(recording)
        heard = ears.listened(file)
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": "english",
        "duration": heard.duration,
        "text": heard.text,
    }
    if "word" in granularities:
        answer["words"] = [{"word": word.text, "start": word.start, "end": word.end} for word in heard.words]
    if "segment" in granularities or not granularities:
        answer["segments"] = [
            {"id": number, "start": one.start, "end": one.end, "text": f" {one.text}"}
            for number, one in enumerate(heard.passages)
        ]
    return answer
