"""The steps of an edit recipe as an order says them. Places and lengths are shares of the picture at that step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from chassis.http.inputs import Input
from media.recipes import steps

# What is usual is the library's: a job keeps what is not.
_CROP, _FLIP, _ADJUST, _LOGO = steps.Crop(), steps.Flip(), steps.Adjust(), steps.Logo()
_SHARPEN, _DENOISE, _UPSCALE = steps.Sharpen(), steps.Denoise(), steps.Upscale()
_BACKGROUND, _TEXT = steps.Background("blur"), steps.Text("")

Share = Annotated[float, Field(ge=0, le=1)]
Signed = Annotated[float, Field(ge=-1, le=1)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#ffffff"])]


class CropStep(Input):
    """Keep a part of the picture."""

    op: Literal["crop"] = Field(description="Which step.")
    left: Share = Field(_CROP.left, description="Where the part begins, from the left.", examples=[0.1])
    top: Share = Field(_CROP.top, description="Where the part begins, from the top.", examples=[0.0])
    width: Annotated[float, Field(gt=0, le=1)] = Field(_CROP.width, description="How wide it is.", examples=[0.8])
    height: Annotated[float, Field(gt=0, le=1)] = Field(_CROP.height, description="How high it is.", examples=[1.0])
    aspect: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}:[1-9][0-9]{0,2}$")] | None = Field(
        None, description="Instead of a part: the largest of this shape that keeps the faces.", examples=["4:5"]
    )

    @model_validator(mode="after")
    def _inside(self) -> CropStep:
        if self.left + self.width > 1.0001 or self.top + self.height > 1.0001:
            raise ValueError("left and width, and top and height, are at most 1 together")
        return self


class RotateStep(Input):
    """Turn clockwise."""

    op: Literal["rotate"] = Field(description="Which step.")
    degrees: Literal[90, 180, 270] = Field(description="How far.")


class FlipStep(Input):
    """Mirror the picture."""

    op: Literal["flip"] = Field(description="Which step.")
    direction: Literal["horizontal", "vertical"] = Field(_FLIP.direction, description="Which sides change places.")


class StraightenStep(Input):
    """Turn a little, and cut away the empty corners."""

    op: Literal["straighten"] = Field(description="Which step.")
    degrees: Annotated[float, Field(ge=-45, le=45)] = Field(description="Clockwise.", examples=[-2.5])


class AdjustStep(Input):
    """Change colour and light."""

    op: Literal["adjust"] = Field(description="Which step.")
    exposure: Annotated[float, Field(ge=-3, le=3)] = Field(_ADJUST.exposure, description="Stops.", examples=[0.5])
    contrast: Signed = Field(_ADJUST.contrast, description="0 changes nothing.", examples=[0.2])
    highlights: Signed = Field(_ADJUST.highlights, description="Of what is bright.", examples=[-0.3])
    shadows: Signed = Field(_ADJUST.shadows, description="Of what is dark.", examples=[0.3])
    temperature: Signed = Field(_ADJUST.temperature, description="Warmer above 0, cooler below.", examples=[0.1])
    tint: Signed = Field(_ADJUST.tint, description="More magenta above 0, more green below.", examples=[0.0])
    saturation: Signed = Field(_ADJUST.saturation, description="-1 is grey.", examples=[0.1])


class BackgroundStep(Input):
    """Change what is behind the person in front."""

    op: Literal["background"] = Field(description="Which step.")
    mode: Literal["blur", "colour", "picture", "transparent"] = Field(
        description="`picture` is that of `background_file_id`."
    )
    radius: Annotated[float, Field(gt=0, le=0.1)] = Field(
        _BACKGROUND.radius, description="How far out of focus: a share of the longer side.", examples=[0.02]
    )
    colour: Colour = Field(_BACKGROUND.colour, description="Of the mode `colour`.")


class TextStep(Input):
    """Write on the picture, in any writing that an installed font has."""

    op: Literal["text"] = Field(description="Which step.")
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] = Field(
        description="What is written; it runs from the side where its writing begins.", examples=["سلام"]
    )
    x: Share = Field(_TEXT.x, description="Where its middle is, from the left.", examples=[0.5])
    y: Share = Field(_TEXT.y, description="Where its middle is, from the top.", examples=[0.88])
    size: Annotated[float, Field(gt=0, le=0.5)] = Field(
        _TEXT.size,
        description="Of the letters: a share of the height. Smaller where it would not fit.",
        examples=[0.07],
    )
    width: Annotated[float, Field(gt=0, le=1)] = Field(_TEXT.width, description="Of the widest line.", examples=[0.9])
    colour: Colour = Field(_TEXT.colour, description="Of the letters.")
    outline: Colour | None = Field(_TEXT.outline, description="Of the line around them; null for none.")
    opacity: Share = Field(_TEXT.opacity, description="0 is not seen.", examples=[1.0])
    align: Literal["start", "center", "end"] = Field(_TEXT.align, description="Where lines begin.")


class LogoStep(Input):
    """Lay the picture of `logo_file_id` over."""

    op: Literal["logo"] = Field(description="Which step.")
    x: Share = Field(_LOGO.x, description="Where its middle is, from the left.", examples=[0.88])
    y: Share = Field(_LOGO.y, description="Where its middle is, from the top.", examples=[0.1])
    width: Annotated[float, Field(gt=0, le=1)] = Field(_LOGO.width, description="How wide it is.", examples=[0.16])
    opacity: Share = Field(_LOGO.opacity, description="0 is not seen.", examples=[1.0])


class SharpenStep(Input):
    """Make edges crisper."""

    op: Literal["sharpen"] = Field(description="Which step.")
    amount: Annotated[float, Field(ge=0, le=2)] = Field(_SHARPEN.amount, description="How much.", examples=[0.6])


class DenoiseStep(Input):
    """Take away grain."""

    op: Literal["denoise"] = Field(description="Which step.")
    strength: Annotated[float, Field(ge=0, le=2)] = Field(
        _DENOISE.strength, description="1 is as much as there is.", examples=[1.0]
    )


class UpscaleStep(Input):
    """Make the picture larger; a preview leaves it out."""

    op: Literal["upscale"] = Field(description="Which step.")
    factor: Literal[2, 4] = Field(_UPSCALE.factor, description="How many times as wide and as high.")


StepIn = Annotated[
    CropStep
    | RotateStep
    | FlipStep
    | StraightenStep
    | AdjustStep
    | BackgroundStep
    | TextStep
    | LogoStep
    | SharpenStep
    | DenoiseStep
    | UpscaleStep,
    Field(discriminator="op"),
]
Recipe = Annotated[
    list[StepIn],
    Field(
        min_length=1,
        max_length=steps.MOST_STEPS,
        description="Steps that are done here one after the other, without a vendor; the original stays as it is.",
        examples=[[{"op": "crop", "aspect": "4:5"}, {"op": "adjust", "exposure": 0.3}]],
    ),
]


def written(recipe: list[Any]) -> list[dict[str, Any]]:
    """The steps as a job keeps them: what is not usual alone, so that the same recipe reads the same."""
    return [{"op": step.op, **step.model_dump(exclude_defaults=True, exclude={"op"})} for step in recipe]


def wants(recipe: list[Any]) -> set[str]:
    """Names of the files that the steps need."""
    found = {"logo_file_id"} if any(step.op == "logo" for step in recipe) else set()
    if any(step.op == "background" and step.mode == "picture" for step in recipe):
        found.add("background_file_id")
    return found
