"""The steps of a recipe, as data. Every place and length is a share of the picture as it is at that step, so that a
recipe means the same on a preview as on the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from media.errors import NotUsable

MOST_STEPS = 32
VERSION = 1
"""Of what the steps do: raised when the same recipe gives another picture."""


@dataclass(frozen=True, slots=True)
class Crop:
    """Keep a part: a rectangle in shares, or the largest of an ``aspect`` ("4:5") that keeps the faces."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0
    aspect: str | None = None


@dataclass(frozen=True, slots=True)
class Rotate:
    """Turn clockwise by 90, 180 or 270 degrees."""

    degrees: Literal[90, 180, 270]


@dataclass(frozen=True, slots=True)
class Flip:
    """Mirror: left and right exchanged, or top and bottom."""

    direction: Literal["horizontal", "vertical"] = "horizontal"


@dataclass(frozen=True, slots=True)
class Straighten:
    """Turn clockwise by a few degrees, -45 to 45, and keep the largest upright part without empty corners."""

    degrees: float


@dataclass(frozen=True, slots=True)
class Adjust:
    """Colour and light. ``exposure`` in stops; the others -1 to 1, where 0 changes nothing."""

    exposure: float = 0.0
    contrast: float = 0.0
    highlights: float = 0.0
    shadows: float = 0.0
    temperature: float = 0.0
    tint: float = 0.0
    saturation: float = 0.0


@dataclass(frozen=True, slots=True)
class Background:
    """What is behind the person in front: out of focus by ``radius`` (share of the longer side), a ``colour``
    ("#rrggbb"), another ``picture``, or ``transparent``."""

    mode: Literal["blur", "colour", "picture", "transparent"]
    radius: float = 0.015
    colour: str = "#ffffff"


@dataclass(frozen=True, slots=True)
class Text:
    """Words on the picture, with their middle at ``x``, ``y``. ``size`` of the letters is a share of the height,
    ``width`` the widest line's share of the width; lines begin at the side where their writing does."""

    text: str
    x: float = 0.5
    y: float = 0.88
    size: float = 0.07
    width: float = 0.9
    colour: str = "#ffffff"
    outline: str | None = "#000000"
    opacity: float = 1.0
    align: Literal["start", "center", "end"] = "center"


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture on the picture, with its middle at ``x``, ``y``; ``width`` is its share of the width."""

    x: float = 0.88
    y: float = 0.1
    width: float = 0.16
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Sharpen:
    """Crisper edges; grain stays as it is."""

    amount: float = 0.6


@dataclass(frozen=True, slots=True)
class Denoise:
    """Less grain: as much as there is, times ``strength``."""

    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Upscale:
    """Twice or four times as large."""

    factor: Literal[2, 4] = 2


Step = Crop | Rotate | Flip | Straighten | Adjust | Background | Text | Logo | Sharpen | Denoise | Upscale

KINDS: Mapping[str, type[Step]] = {
    "crop": Crop,
    "rotate": Rotate,
    "flip": Flip,
    "straighten": Straighten,
    "adjust": Adjust,
    "background": Background,
    "text": Text,
    "logo": Logo,
    "sharpen": Sharpen,
    "denoise": Denoise,
    "upscale": Upscale,
}


def recipe_of(document: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps that a document lists, each with its kind as ``op``. Raises ``NotUsable`` naming the step and the
    field."""
    if not document:
        raise NotUsable("The recipe has no steps.", code="BAD_RECIPE", advice="Name at least one step.")
    if len(document) > MOST_STEPS:
        raise NotUsable(
            f"The recipe has {len(document)} steps.", code="BAD_RECIPE", advice=f"Name at most {MOST_STEPS} steps."
        )
    return tuple(_step(number, dict(said)) for number, said in enumerate(document, 1))


def _step(number: int, said: dict[str, Any]) -> Step:
    name = said.pop("op", None)
    kind = KINDS.get(str(name))
    if kind is None:
        raise NotUsable(
            f"Step {number} is {name!r}.", code="BAD_RECIPE", advice=f"A step is one of {', '.join(sorted(KINDS))}."
        )
    known = {field.name for field in fields(kind)}
    if unknown := sorted(said.keys() - known):
        raise NotUsable(
            f"Step {number} ({name}) has no {unknown[0]!r}.",
            code="BAD_RECIPE",
            advice=f"It takes {', '.join(sorted(known))}.",
        )
    try:
        return kind(**said)
    except TypeError as missing:
        raise NotUsable(
            f"Step {number} ({name}) lacks something: {missing}.",
            code="BAD_RECIPE",
            advice=f"It takes {', '.join(sorted(known))}.",
        ) from missing
