"""Stability AI: pictures from text, edits, enlargement. Synchronous; the answer is the picture itself.

Sources: platform.stability.ai/docs/api-reference (Stable Image: Generate Core and Ultra, Edit Inpaint, Upscale Fast;
response headers ``finish-reason`` and ``seed``; error names). There is no official Python client for this API.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, listed, path, rule, words_of
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEBIBYTE, MEDIA_ANSWER_LIMIT, VendorHttp
from ai_router.providers.port import (
    Declaration,
    FailureClass,
    ProviderRequest,
    ProviderResult,
    Report,
    Workspace,
)
from contracts.enums import Capability

_BASE = "/v2beta/stable-image"
_GENERATE = {"stable-image-core": f"{_BASE}/generate/core", "stable-image-ultra": f"{_BASE}/generate/ultra"}
_INPAINT, _FROM_IMAGE, _UPSCALE = "inpaint", "stable-image-ultra", "upscale-fast"
_RATIOS = {
    name: int(name.partition(":")[0]) / int(name.partition(":")[2])
    for name in ("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
}
_PROMPT_LIMIT = 10_000
_INPUT_LIMIT = 9 * MEBIBYTE
_STRENGTH = 0.5
"""How far an edit without a mask may leave the picture."""

DIALECT = Dialect(
    vendor="stability",
    codes=lambda body: words_of(path(body, "name"), path(body, "finish_reason")),
    message=lambda body: "; ".join(str(each) for each in listed(body, "errors")),
    rules=(
        rule(FailureClass.MODERATION_OUTPUT, "CONTENT_FILTERED", status=200),
        rule(FailureClass.MODERATION_INPUT, "content_moderation"),
        rule(FailureClass.INPUT, "invalid_language", words="Please write the description in English."),
        rule(FailureClass.EMPTY, status=200),
    ),
)


def _declare(capability: Capability, models: tuple[str, ...], *names: str) -> Declaration:
    return Declaration(
        capability=capability,
        models=models,
        honours=frozenset(names),
        price_unit="image",
        idempotency="none",
        max_input_bytes=_INPUT_LIMIT,
        max_characters=_PROMPT_LIMIT,
    )


@dataclass(slots=True)
class Stability:
    """One form, one picture. Satisfies ``Performs``."""

    http: VendorHttp
    key: str = "stability_ai"
    declarations: tuple[Declaration, ...] = (
        _declare(
            Capability.IMAGE_GENERATION,
            tuple(_GENERATE),
            *("prompt", "width", "height", "seed", "negative_prompt", "image", "strength"),
        ),
        _declare(Capability.IMAGE_EDIT, (_FROM_IMAGE, _INPAINT), "prompt", "seed", "negative_prompt", "mask"),
        _declare(Capability.IMAGE_UPSCALE, (_UPSCALE,)),
    )

    async def healthy(self) -> None:
        """Ask for the balance, which is free."""
        await self.http.call("GET", "/v1/user/balance", read_timeout_s=HEALTH_TIMEOUT_S)

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Send the form, keep the picture."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        address, form = await self._form(model, request, workspace)
        answer = await self.http.call(
            "POST",
            address,
            accepts=True,
            as_json=False,
            files=form,
            headers={"accept": "image/*"},
            read_timeout_s=request.deadline_s,
            limit=MEDIA_ANSWER_LIMIT,
        )
        if answer.headers.get("finish-reason", "SUCCESS") != "SUCCESS":
            raise self.http.refused({"finish_reason": answer.headers["finish-reason"]})
        stored, _ = await results.keep_bytes(workspace, answer.body, role="image", kind="image")
        four_times = request.capability is Capability.IMAGE_UPSCALE and request.parameters.get("factor") not in (
            None,
            4,
        )
        return ProviderResult(
            outputs={"image": stored},
            units=Decimal(1),
            vendor_job_id=answer.headers.get("x-request-id"),
            model=model,
            data={"seed": answer.headers.get("seed")},
            ignored=results.ignored(declaration, request),
            warnings=("the picture is always enlarged four times",) if four_times else (),
        )

    async def _form(
        self, model: str, request: ProviderRequest, workspace: Workspace
    ) -> tuple[str, dict[str, tuple[str | None, Any] | tuple[str, bytes, str]]]:
        # A part without a file name is a plain field; the API takes multipart forms only.
        form: dict[str, Any] = {"output_format": (None, "png")}
        if request.capability is not Capability.IMAGE_GENERATION or "image" in request.inputs:
            form["image"] = await self._part(request, "image", workspace)
        if request.capability is Capability.IMAGE_UPSCALE:
            return f"{_BASE}/upscale/fast", form
        form["prompt"] = (None, results.text(request, "prompt", longest=_PROMPT_LIMIT))
        if unwanted := results.text(request, "negative_prompt", longest=_PROMPT_LIMIT, needed=False):
            form["negative_prompt"] = (None, unwanted)
        if isinstance(seed := request.parameters.get("seed"), int):
            form["seed"] = (None, str(seed % 2**32))
        if request.capability is Capability.IMAGE_GENERATION and "image" in form:
            strength = request.parameters.get("strength")
            form["strength"] = (None, str(strength if isinstance(strength, int | float) else _STRENGTH))
            return _GENERATE[_FROM_IMAGE], form
        if request.capability is Capability.IMAGE_GENERATION:
            form["aspect_ratio"] = (None, results.ratio_of(request, _RATIOS, "1:1"))
            return _GENERATE[model], form
        if model == _INPAINT or "mask" in request.inputs:
            form["mask"] = await self._part(request, "mask", workspace)
            return f"{_BASE}/edit/inpaint", form
        form["strength"] = (None, str(_STRENGTH))
        return _GENERATE[_FROM_IMAGE], form

    @staticmethod
    async def _part(request: ProviderRequest, role: str, workspace: Workspace) -> tuple[str, bytes, str]:
        file, mime_type = await results.source(request, role, workspace, limit=_INPUT_LIMIT)
        return f"{role}.{mime_type.partition('/')[2]}", await results.read(file), mime_type
