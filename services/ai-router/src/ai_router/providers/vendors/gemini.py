"""Gemini's image models ("nano banana"): enhance, edit and draw, by one ``generateContent`` call.

Sources: ai.google.dev/gemini-api/docs/image-generation; ``google/genai/models.py`` (``_generate_content``,
``_GenerateContentParameters_to_mldev``), ``google/genai/_api_client.py`` (``x-goog-api-key``, version ``v1``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import listed, path, told
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEBIBYTE, MEDIA_ANSWER_LIMIT, VendorHttp
from ai_router.providers.port import (
    Declaration,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from ai_router.providers.vendors.google import GOOGLE
from ai_router.providers.wording import enhancement
from contracts.enums import Capability

DIALECT = GOOGLE
_MODELS = ("gemini-2.5-flash-image", "gemini-3.1-flash-image", "gemini-3-pro-image")
_RATIOS: Mapping[str, float] = {
    name: int(name.partition(":")[0]) / int(name.partition(":")[2])
    for name in ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
}
_PROMPT_LIMIT = 8_000
_INPUT_LIMIT = 14 * MEBIBYTE
"""A request may have 20 MB; base64 takes a third more."""


def _declare(capability: Capability, *names: str) -> Declaration:
    return Declaration(
        capability=capability,
        models=_MODELS,
        honours=frozenset(names),
        price_unit="image",
        idempotency="none",
        max_input_bytes=_INPUT_LIMIT,
        max_characters=_PROMPT_LIMIT,
    )


@dataclass(slots=True)
class GeminiImages:
    """One call, one picture. Satisfies ``Performs``."""

    http: VendorHttp
    key: str = "nano_banana"
    declarations: tuple[Declaration, ...] = (
        _declare(Capability.IMAGE_ENHANCEMENT, "enhancement_type", "prompt", "seed"),
        _declare(Capability.IMAGE_EDIT, "prompt", "width", "height", "seed"),
        _declare(Capability.IMAGE_GENERATION, "prompt", "width", "height", "seed"),
    )

    async def healthy(self) -> None:
        """Ask for the model's description, which is free."""
        await self.http.call("GET", f"/v1/models/{_MODELS[0]}", read_timeout_s=HEALTH_TIMEOUT_S)

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Send the prompt and the picture, keep the picture that comes back."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        body = await self._body(declaration, request, workspace)
        report(0.1)
        answer = await self.http.call(
            "POST",
            f"/v1/models/{model}:generateContent",
            accepts=True,
            json_body=body,
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
        )
        report(0.9)
        parts = listed(answer.data, "candidates", 0, "content", "parts")
        pictures = [data for part in parts if (data := told(part, "inlineData", "data"))]
        if not pictures:
            raise self.http.refused(answer.data)
        stored, _ = await results.keep_encoded(workspace, pictures[-1], role="image", kind="image")
        return ProviderResult(
            outputs={"image": stored},
            units=Decimal(1),
            vendor_job_id=told(answer.data, "responseId") or None,
            model=told(answer.data, "modelVersion") or model,
            data={"usage": path(answer.data, "usageMetadata") or {}},
            ignored=results.ignored(declaration, request),
            raw=results.scrub(answer.data, self.http.secrets),
        )

    async def _body(self, declaration: Declaration, request: ProviderRequest, workspace: Workspace) -> dict[str, Any]:
        wish = results.text(
            request, "prompt", longest=_PROMPT_LIMIT, needed=request.capability is not Capability.IMAGE_ENHANCEMENT
        )
        if request.capability is Capability.IMAGE_ENHANCEMENT:
            wish = f"{enhancement(request.parameters.get('enhancement_type'))} {wish}".strip()
        parts: list[dict[str, Any]] = [{"text": wish}]
        if request.capability is not Capability.IMAGE_GENERATION:
            file, mime_type = await results.source(request, "image", workspace, limit=declaration.max_input_bytes)
            parts.append({"inlineData": {"mimeType": mime_type, "data": await results.encoded(file)}})
        config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
        if isinstance(seed := request.parameters.get("seed"), int):
            config["seed"] = seed
        if request.capability is not Capability.IMAGE_ENHANCEMENT and (ratio := results.ratio_of(request, _RATIOS, "")):
            config["imageConfig"] = {"aspectRatio": ratio}
        return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}
