"""Editing by a recipe on this machine: what needs no vendor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ai_router.providers.local import work
from ai_router.providers.local.adapters import Local, refused
from ai_router.providers.port import Declaration, ProviderRequest, ProviderResult, Report, Workspace
from contracts.enums import Capability, ProviderKey

_MIME = {".jpg": "image/jpeg", ".png": "image/png"}
_HEAVY = frozenset({"background", "denoise", "upscale"})
_FEW = 8


class LocalEditor(Local):
    """Carries out a recipe: the same picture and the same steps give the same result. Words it does not understand:
    an order with a ``prompt`` is for others."""

    key = ProviderKey.LOCAL_EDITOR
    declarations = (
        Declaration(
            Capability.IMAGE_EDIT,
            models=("photo-edit",),
            honours=frozenset({"recipe", "logo", "background"}),
            price_unit="image",
            idempotency="key",
        ),
    )

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """The edited picture as ``image``: a JPEG, or a PNG where parts of it became transparent; the recipe and the
        version of its steps are in ``data``."""
        model, ignored = self._offered(request)
        recipe = request.parameters.get("recipe")
        if not isinstance(recipe, list):
            raise refused("there is no recipe", "Give a recipe: the steps that are to be done.")
        if "image" not in request.inputs:
            raise refused("no input in the role image", "This needs a picture.")
        pictures = {
            role: await workspace.fetch(request.inputs[role])
            for role in ("logo", "background")
            if role in request.inputs
        }
        photo = await workspace.fetch(request.inputs["image"])
        quick = is_light(recipe)
        run = self._run(request, report, work.edit, photo, workspace.directory, recipe, pictures, quick=quick)
        made = dict(await run)
        out = workspace.directory / made.pop("file")
        image = await workspace.keep(out, _MIME[out.suffix], role="image")
        return ProviderResult(outputs={"image": image}, units=Decimal(1), model=model, data=made, ignored=ignored)


def is_light(recipe: list[dict[str, Any]]) -> bool:
    """Whether a photo of the largest size takes seconds: few steps, none of which looks at each pixel's surroundings
    many times over."""
    return len(recipe) <= _FEW and not any(step.get("op") in _HEAVY for step in recipe)
