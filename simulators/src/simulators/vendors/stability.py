"""Stability AI's Stable Image services, as platform.stability.ai/docs/api-reference describes them."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core import invented, studio
from simulators.core.base import Simulator, spoiled
from simulators.core.faults import HINT_SECONDS, Fault

_ASPECTS = {"1:1": (320, 320), "16:9": (320, 180), "9:16": (180, 320), "2:3": (200, 300), "3:2": (300, 200)}


def _error(status: int, name: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"id": "simulated", "name": name, "errors": [message]}, status, headers=headers)


class Stability(Simulator):
    """Forms in, pictures out."""

    vendor: ClassVar[str] = "stability"
    operations: ClassVar[frozenset[str]] = frozenset({"perform", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = frozenset({("perform", Fault.GARBLED)})

    def knows(self, request: Request) -> bool:
        """A bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, fault: Fault) -> Response:
        """A name and a list of messages."""
        match fault:
            case Fault.AUTH:
                return _error(401, "unauthorized", "authorization: is invalid")
            case Fault.BAD_INPUT:
                return _error(400, "bad_request", "image: is not a valid image")
            case Fault.REFUSED_INPUT:
                return _error(403, "content_moderation", "Your request was flagged by our content moderation system.")
            case Fault.QUOTA:
                return _error(402, "payment_required", "You lack sufficient credits to make this request.")
            case Fault.THROTTLED:
                return _error(429, "rate_limit_exceeded", "You have exceeded 150 requests in 10 seconds.")
            case Fault.THROTTLED_HINT:
                hint = {"retry-after": str(HINT_SECONDS)}
                return _error(429, "rate_limit_exceeded", "You have exceeded 150 requests in 10 seconds.", hint)
            case Fault.OVERLOADED:
                return _error(503, "service_unavailable", "The service is temporarily unavailable.")
            case _:
                return _error(500, "internal_error", "An unexpected error occurred.")

    def routes(self) -> list[Route]:
        """Generate, edit, upscale; the balance for health."""
        base = "/v2beta/stable-image"
        paths = ("generate/core", "generate/ultra", "edit/inpaint", "upscale/fast")
        return [
            self.route("/v1/user/balance", "health", self._balance, methods=("GET",)),
            *(self.route(f"{base}/{path}", "perform", self._make) for path in paths),
        ]

    async def _balance(self, request: Request, fault: Fault | None) -> Response:
        return JSONResponse({"credits": 1000.0})

    async def _make(self, request: Request, fault: Fault | None) -> Response:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return _error(400, "bad_request", "content-type: must be multipart/form-data")
        async with request.form() as form:
            given: dict[str, Any] = {name: v if isinstance(v, str) else v.filename for name, v in form.items()}
            photo = b"" if isinstance(sent := form.get("image", ""), str) else await sent.read()
        service = request.url.path.partition("stable-image/")[2]
        needs = {"edit/inpaint": {"image", "prompt"}, "upscale/fast": {"image"}}.get(service, {"prompt"})
        if missing := sorted(needs - given.keys()):
            return _error(400, "bad_request", f"{missing[0]}: is required")
        self.accept("perform", {"service": service, **given}, fault=fault)
        headers = {"finish-reason": "SUCCESS", "seed": given.get("seed", "1"), "x-request-id": self.next_id("req-")}
        if fault is Fault.REFUSED_OUTPUT:
            headers["finish-reason"] = "CONTENT_FILTERED"
        made = await asyncio.to_thread(self._made, service, given, photo, headers["seed"])
        data, mime_type = spoiled(made, "image/png", fault)
        return Response(data, media_type=mime_type, headers=headers)

    @staticmethod
    def _made(service: str, given: dict[str, Any], photo: bytes, seed: str) -> bytes:
        words = given.get("prompt", "")
        if service == "upscale/fast":
            made = studio.larger(photo, 4, "image/png")
        else:
            made = studio.changed(photo, words, "image/png", seed)
        return made or invented.picture(words, *_ASPECTS.get(given.get("aspect_ratio", "1:1"), (320, 320)), seed=seed)
