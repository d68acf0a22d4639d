"""Ideogram's synchronous services, as developer.ideogram.ai/api-reference describes them."""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import invented, studio
from simulators.core.base import Simulator
from simulators.core.faults import HINT_SECONDS, Fault

_ASPECTS = {"1x1": (320, 320), "9x16": (180, 320), "16x9": (320, 180)}


class Ideogram(Simulator):
    """Forms in, expiring links out."""

    vendor: ClassVar[str] = "ideogram"
    operations: ClassVar[frozenset[str]] = frozenset({"perform", "download", "health"})

    def knows(self, request: Request) -> bool:
        """``Api-Key``."""
        return request.headers.get("api-key") == self.key

    def error(self, fault: Fault) -> Response:
        """Statuses speak; the body has a text."""
        match fault:
            case Fault.AUTH:
                return JSONResponse({"message": "Invalid API key"}, 401)
            case Fault.BAD_INPUT:
                return JSONResponse({"error": "Invalid input"}, 400)
            case Fault.REFUSED_INPUT:
                return JSONResponse({"error": "Prompt or provided image failed the safety checks"}, 422)
            case Fault.QUOTA:
                return JSONResponse({"error": "Insufficient credits"}, 402)
            case Fault.THROTTLED:
                return JSONResponse({"error": "Too many requests"}, 429)
            case Fault.THROTTLED_HINT:
                return JSONResponse({"error": "Too many requests"}, 429, headers={"retry-after": str(HINT_SECONDS)})
            case Fault.OVERLOADED:
                return JSONResponse({"error": "Image generation service temporarily unavailable"}, 503)
            case _:
                return JSONResponse({"error": "Internal error"}, 500)

    def routes(self) -> list[Route]:
        """Generate, edit, upscale; models for health."""
        return [
            self.route("/models", "health", self._models, methods=("GET",)),
            self.route("/v1/ideogram-v3/generate", "perform", self._make),
            self.route("/v1/edit", "perform", self._make),
            self.route("/upscale", "perform", self._make),
        ]

    async def _models(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse({"models": []})

    async def _make(self, request: Request, fault: Fault | None) -> Response:
        async with request.form() as form:
            given: dict[str, Any] = {name: v if isinstance(v, str) else v.filename for name, v in form.items()}
            photos = [await v.read() for v in form.values() if not isinstance(v, str)]
        service = request.url.path
        needs = {"/upscale": {"image_request", "image_file"}, "/v1/edit": {"prompt", "images"}}.get(service, {"prompt"})
        if needs - given.keys():
            return self.error(Fault.BAD_INPUT)
        if "image_request" in given:
            given |= json.loads(given["image_request"])
        job = self.accept("perform", {"service": service, **given}, fault=fault)
        seed = int(given.get("seed") or 1)
        made: dict[str, Any] = {"prompt": given.get("prompt", ""), "resolution": "1024x1024", "seed": seed}
        answer: dict[str, Any] = {"created": "2026-01-01T00:00:00Z"}
        if fault is Fault.EMPTY:
            return JSONResponse({**answer, "data": []})
        if fault is Fault.REFUSED_OUTPUT:
            return JSONResponse({**answer, "data": [{**made, "url": None, "is_image_safe": False}]})
        drawn = await asyncio.to_thread(self._drawn, service, given, photos[0] if photos else b"", seed)
        url = self.link(request, drawn, "image/png", job)
        return JSONResponse({**answer, "data": [{**made, "url": url, "is_image_safe": True}]})

    @staticmethod
    def _drawn(service: str, given: dict[str, Any], photo: bytes, seed: int) -> bytes:
        words = given.get("prompt") or ""
        if service == "/upscale":
            made = studio.larger(photo, 2, "image/png")
        else:
            made = studio.changed(photo, words, "image/png", seed)
        return made or invented.picture(words, *_ASPECTS.get(given.get("aspect_ratio", "1x1"), (320, 320)), seed=seed)
