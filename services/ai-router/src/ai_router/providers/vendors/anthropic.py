"""Anthropic's Messages API: structured answers about hooks and scripts.

Sources: platform.claude.com/docs (Messages, structured outputs, errors, rate limits, handling stop reasons);
``anthropic/types/output_config_param.py``, ``types/message.py``, ``types/shared/error_object.py``,
``anthropic/_client.py`` (keys travel as ``Authorization: Bearer``; ``anthropic-version``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, counted, listed, path, rule, told, words_of
from ai_router.providers.http import HEALTH_TIMEOUT_S, VendorHttp
from ai_router.providers.language import LONGEST_ANSWER_TOKENS, LONGEST_INPUT, TASKS, believed, question, spent
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)

VERSION = "2026-10-21"
_MODELS = ("claude-haiku-4-5", "claude-sonnet-5")


def _codes(body: Any) -> frozenset[str]:
    """The error's type and its detailed code, or why the model stopped."""
    stopped = path(body, "stop_reason")
    return words_of(
        path(body, "error", "type"),
        path(body, "error", "details", "error_code"),
        f"stop:{stopped}" if stopped else None,
    )


def _wait(headers: Mapping[str, str], body: Any) -> float | None:
    """The latest RFC 3339 reset time, when there is no ``Retry-After``."""
    if "retry-after" in headers:
        return None
    resets = [v for k, v in headers.items() if k.startswith("anthropic-ratelimit-") and k.endswith("-reset")]
    try:
        now = parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max((max(0.0, (datetime.fromisoformat(r) - now).total_seconds()) for r in resets), default=None)
    except (ValueError, TypeError):
        return None


DIALECT = Dialect(
    vendor="anthropic",
    codes=_codes,
    message=lambda body: str(path(body, "error", "message") or path(body, "stop_details", "explanation") or ""),
    wait=_wait,
    rules=(
        rule(FailureClass.AUTH, "authentication_error", "permission_error"),
        rule(FailureClass.QUOTA, "billing_error"),
        rule(FailureClass.TRANSIENT, "overloaded_error"),
        rule(FailureClass.MODERATION_INPUT, "stop:refusal", status=200),
        rule(FailureClass.BAD_OUTPUT, "stop:max_tokens", "stop:model_context_window_exceeded", status=200),
        rule(FailureClass.EMPTY, status=200),
    ),
)


@dataclass(slots=True)
class Anthropic:
    """One message, one structured answer. Satisfies ``Performs``."""

    http: VendorHttp
    key: str = "anthropic"
    declarations: tuple[Declaration, ...] = tuple(
        Declaration(
            capability=capability,
            models=_MODELS,
            honours=task.honours,
            price_unit="token",
            idempotency="none",
            max_characters=LONGEST_INPUT,
        )
        for capability, task in TASKS.items()
    )

    async def healthy(self) -> None:
        """Ask for a model's description, which is free."""
        await self.http.call("GET", f"/v1/models/{_MODELS[0]}", read_timeout_s=HEALTH_TIMEOUT_S)

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Ask, check, keep the answer as a document."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        task, turn = question(request)
        answer = await self.http.call(
            "POST",
            "/v1/messages",
            accepts=True,
            json_body={
                "model": model,
                "max_tokens": LONGEST_ANSWER_TOKENS,
                "system": task.instructions,
                "messages": [{"role": "user", "content": turn}],
                "output_config": {"format": {"type": "json_schema", "schema": task.schema}},
            },
            read_timeout_s=request.deadline_s,
        )
        said = [told(part, "text") for part in listed(answer.data, "content") if path(part, "type") == "text"]
        if path(answer.data, "stop_reason") != "end_turn" or not said:
            raise self.http.refused(answer.data, headers=answer.headers)
        found = believed(task, "".join(said), request)
        tokens = sum(counted(answer.data, "usage", name) for name in ("input_tokens", "output_tokens"))
        return ProviderResult(
            outputs={"document": await results.keep_document(workspace, found)},
            units=spent(tokens, turn, "".join(said)),
            vendor_job_id=told(answer.data, "id") or None,
            model=told(answer.data, "model") or model,
            data=found,
            ignored=results.ignored(declaration, request),
            raw=results.scrub(answer.data, self.http.secrets),
        )
