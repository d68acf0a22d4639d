"""Ideogram: pictures with readable lettering, edits by prompt, enlargement. Synchronous; the answer has a link.

Sources: developer.ideogram.ai/api-reference (Generate with Ideogram 3.0, Edit images with a prompt, Upscale; safety
errors are 422, links expire). There is no official Python client.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ai_router.providers import results
from ai_router.providers.errors import Dialect, path, rule, told
from ai_router.providers.http import HEALTH_TIMEOUT_S, MEBIBYTE, VendorHttp
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

_RATIOS = {
    name: int(name.partition("x")[0]) / int(name.partition("x")[2])
    for name in (
        "1x3",
        "3x1",
        "1x2",
        "2x1",
        "9x16",
        "16x9",
        "10x16",
        "16x10",
        "2x3",
        "3x2",
        "3x4",
        "4x3",
        "4x5",
        "5x4",
        "1x1",
    )
}
_PROMPT_LIMIT = 8_000
_INPUT_LIMIT = 10 * MEBIBYTE


def _codes(body: Any) -> frozenset[str]:
    return frozenset({"unsafe"} if path(body, "data", 0, "is_image_safe") is False else ())


DIALECT = Dialect(
    vendor="ideogram",
    codes=_codes,
    message=lambda body: str(path(body, "error") or path(body, "message") or ""),
    rules=(
        rule(FailureClass.MODERATION_OUTPUT, "unsafe", status=200),
        rule(FailureClass.MODERATION_INPUT, status=422),
        rule(FailureClass.EMPTY, status=200),
    ),
)


def _declare(capability: Capability, model: str, *names: str) -> Declaration:
    return Declaration(
        capability=capability,
        models=(model,),
        honours=frozenset(names),
        price_unit="image",
        idempotency="none",
        max_input_bytes=_INPUT_LIMIT,
        max_characters=_PROMPT_LIMIT,
    )


@dataclass(slots=True)
class Ideogram:
    """One form, one link, one picture. Satisfies ``Performs``."""

    http: VendorHttp
    key: str = "ideogram"
    declarations: tuple[Declaration, ...] = (
        _declare(Capability.IMAGE_GENERATION, "ideogram-v3", "prompt", "width", "height", "seed", "negative_prompt"),
        _declare(Capability.IMAGE_EDIT, "ideogram-edit", "prompt", "width", "height", "seed"),
        _declare(Capability.IMAGE_ENHANCEMENT, "ideogram-edit", "prompt", "enhancement_type", "seed"),
        _declare(Capability.IMAGE_UPSCALE, "ideogram-upscale", "prompt", "seed"),
    )

    async def healthy(self) -> None:
        """List custom models, which is free."""
        await self.http.call("GET", "/models", read_timeout_s=HEALTH_TIMEOUT_S)

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Send the form, download the picture before its link expires."""
        declaration = results.declared(self.declarations, request.capability)
        model = results.model_of(declaration, request)
        address, form = await self._form(request, workspace)
        answer = await self.http.call("POST", address, accepts=True, files=form, read_timeout_s=request.deadline_s)
        report(0.8)
        url = told(answer.data, "data", 0, "url")
        if not url or path(answer.data, "data", 0, "is_image_safe") is False:
            raise self.http.refused(answer.data)
        file = workspace.directory / "download"
        await results.collect(self.http, url, file)
        stored, _ = await results.keep_file(workspace, file, role="image", kind="image")
        return ProviderResult(
            outputs={"image": stored},
            units=Decimal(1),
            model=model,
            data={"seed": path(answer.data, "data", 0, "seed")},
            ignored=results.ignored(declaration, request),
            raw=results.scrub(answer.data, self.http.secrets),
        )

    async def _form(self, request: ProviderRequest, workspace: Workspace) -> tuple[str, dict[str, Any]]:
        fields = {"num_images": "1"}
        if isinstance(seed := request.parameters.get("seed"), int):
            fields["seed"] = str(seed % 2**31)
        if ratio := results.ratio_of(request, _RATIOS, ""):
            fields["aspect_ratio"] = ratio
        match request.capability:
            case Capability.IMAGE_GENERATION:
                fields["prompt"] = results.text(request, "prompt", longest=_PROMPT_LIMIT)
                if unwanted := results.text(request, "negative_prompt", longest=_PROMPT_LIMIT, needed=False):
                    fields["negative_prompt"] = unwanted
                return "/v1/ideogram-v3/generate", _parts(fields)
            case Capability.IMAGE_UPSCALE:
                wish = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed=False)
                more = {"seed": int(fields["seed"])} if "seed" in fields else {}
                asked = json.dumps({"num_images": 1, **({"prompt": wish} if wish else {}), **more})
                return "/upscale", {
                    "image_request": (None, asked, "application/json"),
                    "image_file": await self._file(request, workspace),
                }
            case _:
                better = request.capability is Capability.IMAGE_ENHANCEMENT
                wish = results.text(request, "prompt", longest=_PROMPT_LIMIT, needed=not better)
                if better:
                    wish = f"{enhancement(request.parameters.get('enhancement_type'))} {wish}".strip()
                    fields.pop("aspect_ratio", None)
                fields |= {"prompt": wish, "magic_prompt": "OFF"}
                return "/v1/edit", {**_parts(fields), "images": await self._file(request, workspace)}

    @staticmethod
    async def _file(request: ProviderRequest, workspace: Workspace) -> tuple[str, bytes, str]:
        file, mime_type = await results.source(request, "image", workspace, limit=_INPUT_LIMIT)
        return f"image.{mime_type.partition('/')[2]}", await results.read(file), mime_type


def _parts(fields: dict[str, str]) -> dict[str, tuple[None, str]]:
    """Plain fields of a multipart form: parts without a file name."""
    return {name: (None, value) for name, value in fields.items()}
