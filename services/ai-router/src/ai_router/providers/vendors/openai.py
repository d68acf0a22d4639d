"""OpenAI: pictures, speech, and structured answers about hooks and scripts.

Sources: developers.openai.com/api/docs (images, text-to-speech, structured outputs, error codes, rate limits);
``openai/resources/images.py``, ``audio/speech.py``, ``responses/responses.py``, ``openai/types/image_edit_params.py``,
``types/responses/response.py`` (``IncompleteDetails``), ``openai/_base_client.py`` (no idempotency header is sent).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, counted, failure, listed, path, rule, told, words_of
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEBIBYTE, MEDIA_ANSWER_LIMIT, VendorHttp
from ai_router.providers.language import LONGEST_ANSWER_TOKENS, LONGEST_INPUT, TASKS, believed, question, spent
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from ai_router.providers.wording import enhancement
from contracts.enums import Capability
from media.errors import BadMedia

_LANGUAGE_MODELS = ("gpt-5.4-mini", "gpt-5.4")
_IMAGE_MODELS = ("gpt-image-2.5-flare", "gpt-image-2.5-sunburst")
_SPEECH_MODELS = ("gpt-4o-mini-tts",)
_VOICES = {"female": "marin", "male": "cedar", "neutral": "alloy"}
_SIZES = {"1024x1024": 1.0, "1536x1024": 1.5, "1024x1536": 1 / 1.5}
_PROMPT_LIMIT = 32_000
_SPEECH_LIMIT = 4_096
_INPUT_LIMIT = 50 * MEBIBYTE - 1
_WHITE = 128
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:(\d+)ms)?")


def _codes(body: Any) -> frozenset[str]:
    """``code`` and ``type`` of the error, reasons inside a response, and the stage of a moderation."""
    stage = path(body, "error", "moderation_details", "moderation_stage")
    refused = any(
        path(part, "type") == "refusal" for item in listed(body, "output") for part in listed(item, "content")
    )
    return words_of(
        path(body, "error", "code"),
        path(body, "error", "type"),
        path(body, "incomplete_details", "reason"),
        f"moderated:{stage}" if stage else None,
        "refusal" if refused else None,
    )


def _wait(headers: Mapping[str, str], body: Any) -> float | None:
    """The longer of the two reset times, written like ``6m0s`` or ``20ms``, when there is no ``Retry-After``."""
    if "retry-after" in headers or "retry-after-ms" in headers:
        return None
    waits = []
    for name in ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"):
        found = _DURATION.fullmatch(headers.get(name, ""))
        if found and found.group():
            hours, minutes, seconds, millis = (float(part or 0) for part in found.groups())
            waits.append(hours * 3600 + minutes * 60 + seconds + millis / 1000)
    return max(waits, default=None)


DIALECT = Dialect(
    vendor="openai",
    codes=_codes,
    message=lambda body: str(path(body, "error", "message") or path(body, "incomplete_details", "reason") or ""),
    wait=_wait,
    rules=(
        rule(FailureClass.MODERATION_OUTPUT, "moderated:output", "content_filter"),
        rule(
            FailureClass.MODERATION_INPUT,
            "moderation_blocked",
            "content_policy_violation",
            "image_content_policy_violation",
            "invalid_prompt",
            "bio_policy",
            "refusal",
        ),
        rule(FailureClass.QUOTA, "insufficient_quota", "billing_hard_limit_reached", "billing_not_active"),
        rule(FailureClass.AUTH, "invalid_api_key", "unsupported_country_region_territory", "account_deactivated"),
        rule(FailureClass.BAD_OUTPUT, "max_output_tokens", status=200),
        rule(FailureClass.TRANSIENT, "server_error", "rate_limit_exceeded", status=200),
        rule(FailureClass.EMPTY, status=200),
    ),
)


def _declare(
    capability: Capability, models: tuple[str, ...], unit: Any, characters: int, honours: frozenset[str]
) -> Declaration:
    return Declaration(
        capability=capability,
        models=models,
        honours=honours,
        price_unit=unit,
        idempotency="none",
        max_input_bytes=_INPUT_LIMIT if unit == "image" else None,
        max_characters=characters,
    )


_DRAWN = frozenset({"prompt", "width", "height"})


def clear_where_white(mask: Path, out: Path) -> None:
    """Write a mask as this vendor wants it: a PNG that is transparent where ours is white. Raises ``INPUT`` where it
    cannot be read."""
    # Decoders are loaded where one is needed: few orders have a mask.
    import numpy as np

    from media.images.measures import luma
    from media.images.photos import decode, write_png

    try:
        grey = luma(decode(mask))
    except BadMedia as error:
        raise failure(FailureClass.INPUT, f"the mask cannot be read: {error.message}") from error
    opaque = np.where(grey < _WHITE, np.uint8(255), np.uint8(0))
    write_png(np.dstack([*np.zeros((3, *grey.shape), np.uint8), opaque]), out)


@dataclass(slots=True)
class OpenAI:
    """One call per task. Satisfies ``Performs``."""

    http: VendorHttp
    key: str = "openai"
    declarations: tuple[Declaration, ...] = (
        _declare(Capability.IMAGE_GENERATION, _IMAGE_MODELS, "image", _PROMPT_LIMIT, _DRAWN),
        _declare(Capability.IMAGE_EDIT, _IMAGE_MODELS, "image", _PROMPT_LIMIT, _DRAWN | {"mask"}),
        _declare(
            Capability.IMAGE_ENHANCEMENT,
            _IMAGE_MODELS,
            "image",
            _PROMPT_LIMIT,
            frozenset({"prompt", "enhancement_type"}),
        ),
        _declare(
            Capability.AUDIO_GENERATION,
            _SPEECH_MODELS,
            "character",
            _SPEECH_LIMIT,
            frozenset({"script", "voice", "speed", "language", "style"}),
        ),
        *(
            _declare(capability, _LANGUAGE_MODELS, "token", LONGEST_INPUT, task.honours)
            for capability, task in TASKS.items()
        ),
    )

    async def healthy(self) -> None:
        """Ask for a model's description, which is free."""
        await self.http.call("GET", f"/models/{_LANGUAGE_MODELS[0]}", read_timeout_s=HEALTH_TIMEOUT_S)

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Draw, edit, speak or answer, by capability."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        if request.capability in TASKS:
            return await self._answer(declaration, model, request, workspace)
        if request.capability is Capability.AUDIO_GENERATION:
            return await self._speak(declaration, model, request, workspace)
        return await self._draw(declaration, model, request, workspace)

    async def _draw(
        self, declaration: Declaration, model: str, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        better = request.capability is Capability.IMAGE_ENHANCEMENT
        prompt = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed=not better)
        if better:
            prompt = f"{enhancement(request.parameters.get('enhancement_type'))} {prompt}".strip()
        size = "auto" if better else results.ratio_of(request, _SIZES, "auto")
        wish = {"model": model, "prompt": prompt, "n": 1, "size": size, "output_format": "png"}
        if request.capability is Capability.IMAGE_GENERATION:
            sent: dict[str, Any] = {"json_body": wish}
            address = "/images/generations"
        else:
            files = {}
            for role in ("image", "mask") if "mask" in request.inputs else ("image",):
                file, mime_type = await results.source(request, role, workspace, limit=_INPUT_LIMIT)
                if role == "mask":
                    out, mime_type = workspace.directory / "mask.png", "image/png"
                    await asyncio.to_thread(clear_where_white, file, out)
                    file = out
                files[role] = (f"{role}.{mime_type.partition('/')[2]}", await results.read(file), mime_type)
            sent = {"form": {name: str(value) for name, value in wish.items()}, "files": files}
            address = "/images/edits"
        answer = await self.http.call(
            "POST",
            address,
            accepts=True,
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
            **sent,
        )
        data = told(answer.data, "data", 0, "b64_json")
        if not data:
            raise self.http.refused(answer.data)
        stored, _ = await results.keep_encoded(workspace, data, role="image", kind="image")
        return ProviderResult(
            outputs={"image": stored},
            units=Decimal(1),
            vendor_job_id=answer.headers.get("x-request-id"),
            model=model,
            data={"usage": path(answer.data, "usage") or {}},
            ignored=results.ignored(declaration, request),
            raw=results.scrub(answer.data, self.http.secrets),
        )

    async def _speak(
        self, declaration: Declaration, model: str, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        script = results.text(request, "script", longest=_SPEECH_LIMIT)
        body: dict[str, Any] = {
            "model": model,
            "input": script,
            "voice": _VOICES.get(str(request.parameters.get("voice", "neutral")), "alloy"),
            "response_format": "wav",
        }
        if isinstance(speed := request.parameters.get("speed"), int | float):
            body["speed"] = min(4.0, max(0.25, speed))
        manner = (
            [f"Speak in the language {request.parameters['language']}."] if "language" in request.parameters else []
        )
        manner += [f"Style: {request.parameters['style']}."] if request.parameters.get("style") else []
        if manner:
            body["instructions"] = " ".join(manner)
        answer = await self.http.call(
            "POST",
            "/audio/speech",
            accepts=True,
            as_json=False,
            json_body=body,
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
        )
        stored, content = await results.keep_bytes(workspace, answer.body, role="audio", kind="audio")
        return ProviderResult(
            outputs={"audio": stored},
            units=Decimal(len(script)),
            vendor_job_id=answer.headers.get("x-request-id"),
            model=model,
            data={"seconds": content.seconds},
            ignored=results.ignored(declaration, request),
        )

    async def _answer(
        self, declaration: Declaration, model: str, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        task, turn = question(request)
        shape = {"type": "json_schema", "name": task.name, "schema": task.schema, "strict": True}
        answer = await self.http.call(
            "POST",
            "/responses",
            accepts=True,
            json_body={
                "model": model,
                "instructions": task.instructions,
                "input": [{"role": "user", "content": [{"type": "input_text", "text": turn}]}],
                "text": {"format": shape},
                "max_output_tokens": LONGEST_ANSWER_TOKENS,
                "store": False,
            },
            read_timeout_s=request.deadline_s,
        )
        said = [
            told(part, "text")
            for item in listed(answer.data, "output")
            for part in listed(item, "content")
            if path(part, "type") == "output_text"
        ]
        if path(answer.data, "status") != "completed" or not said:
            raise self.http.refused(answer.data, headers=answer.headers)
        found = believed(task, "".join(said), request)
        stored = await results.keep_document(workspace, found)
        return ProviderResult(
            outputs={"document": stored},
            units=spent(counted(answer.data, "usage", "total_tokens"), turn, "".join(said)),
            vendor_job_id=told(answer.data, "id") or None,
            model=told(answer.data, "model") or model,
            data=found,
            ignored=results.ignored(declaration, request),
            raw=results.scrub(answer.data, self.http.secrets),
        )
