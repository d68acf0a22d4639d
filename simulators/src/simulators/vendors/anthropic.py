"""Anthropic's Messages API.

Shapes as ``anthropic`` 2.11 sends and reads them: ``resources/messages``, ``types/message.py``,
``types/shared/error_object.py``; statuses as platform.claude.com "Errors" lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.core.base import Simulator, json_object
from simulators.core.faults import HINT_SECONDS, Fault
from simulators.core.language import structured


def _error(status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_simulated"}
    return JSONResponse(body, status, headers={"request-id": "req_simulated", **(headers or {})})


class Anthropic(Simulator):
    """Synchronous: an answer is the work."""

    vendor: ClassVar[str] = "anthropic"
    operations: ClassVar[frozenset[str]] = frozenset({"perform", "health"})
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = frozenset({Fault.REFUSED_OUTPUT})

    def knows(self, request: Request) -> bool:
        """A bearer token, as current clients send, or the older ``x-api-key``; and a version."""
        bearer = request.headers.get("authorization") == f"Bearer {self.key}"
        return (bearer or request.headers.get("x-api-key") == self.key) and "anthropic-version" in request.headers

    def error(self, fault: Fault) -> Response:
        """An error envelope; a refusal is a stop reason inside a good answer."""
        match fault:
            case Fault.AUTH:
                return _error(401, "authentication_error", "invalid x-api-key")
            case Fault.BAD_INPUT:
                return _error(400, "invalid_request_error", "messages: at least one message is required")
            case Fault.REFUSED_INPUT:
                details = {"type": "refusal", "category": None, "explanation": "The request was declined."}
                return JSONResponse(self._message("claude", [], "refusal") | {"stop_details": details})
            case Fault.QUOTA:
                return _error(402, "billing_error", "Your credit balance is too low to access the API.")
            case Fault.THROTTLED:
                return _error(429, "rate_limit_error", "This request would exceed your rate limit.")
            case Fault.THROTTLED_HINT:
                hint = {"retry-after": str(HINT_SECONDS)}
                return _error(429, "rate_limit_error", "This request would exceed your rate limit.", hint)
            case Fault.OVERLOADED:
                return _error(529, "overloaded_error", "Overloaded")
            case _:
                return _error(500, "api_error", "Internal server error")

    def routes(self) -> list[Route]:
        """Messages, and models for health."""
        return [
            self.route("/v1/messages", "perform", self._create),
            self.route("/v1/models/{model}", "health", self._model, methods=("GET",)),
        ]

    async def _model(self, request: Request, fault: Fault | None) -> Response:
        name = request.path_params["model"]
        created = "2026-01-01T00:00:00Z"
        return JSONResponse({"id": name, "type": "model", "display_name": name, "created_at": created})

    async def _create(self, request: Request, fault: Fault | None) -> Response:
        body = await json_object(request, _error(400, "invalid_request_error", "The request body is not valid JSON."))
        if not body.get("messages") or not isinstance(body.get("max_tokens"), int):
            return _error(400, "invalid_request_error", "max_tokens: Field required")
        self.accept("perform", body, fault=fault)
        turn = body["messages"][-1]["content"]
        if isinstance(turn, list):
            turn = "".join(part.get("text", "") for part in turn)
        schema = body.get("output_config", {}).get("format", {}).get("schema", {"type": "string"})
        text = structured(schema, turn, fault)
        content = [{"type": "text", "text": text}] if text else []
        return JSONResponse(self._message(body["model"], content, "end_turn"))

    def _message(self, model: str, content: list[dict[str, str]], stop_reason: str) -> dict[str, object]:
        return {
            "id": self.next_id("msg_"),
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": {"input_tokens": 300, "output_tokens": 120},
        }
