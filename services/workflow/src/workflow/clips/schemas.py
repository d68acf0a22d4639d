"""What orders of a video take."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from chassis.http.inputs import Input, Whole
from contracts.enums import Language, Quality
from workflow.runs.schemas import WorkflowAccepted

LONGEST_S = 4 * 3600
SHORTEST_PART_S = 0.1

_HOURS, _MINUTES, _SECONDS, _PLAIN = (
    "[0-9]{1,2}",
    "[0-9]{1,3}",
    r"[0-5]?[0-9](\.[0-9]{1,3})?",
    r"[0-9]{1,5}(\.[0-9]{1,3})?",
)
_WRITTEN = f"^(({_HOURS}:)?{_MINUTES}:{_SECONDS}|{_PLAIN})$"
_LINK = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def _in_seconds(value: Any) -> Any:
    """``90``, ``"90"``, ``"1:30"`` and ``"0:01:30"`` are the same time."""
    if isinstance(value, bool):
        raise PydanticCustomError("time_parsing", "is true or false, and has to be a time")
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(_WRITTEN.strip("^$"), value):
        parts = [float(part) for part in value.split(":")]
        return sum(part * 60**place for place, part in enumerate(reversed(parts)))
    raise PydanticCustomError("time_parsing", "has to be seconds, such as 90, or a time such as 1:30 or 0:01:30")


Time = Annotated[
    float,
    BeforeValidator(_in_seconds),
    Field(ge=0, le=LONGEST_S),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": LONGEST_S},
                {"type": "string", "pattern": _WRITTEN},
            ]
        }
    ),
]


class SourcedIn(Input):
    """A video: a link to it, or an upload of yours."""

    url: Annotated[str, Field(max_length=2_000)] | None = Field(
        None,
        validation_alias=AliasChoices("url", "youtube_url"),
        description="A link to one video on YouTube; `youtube_url` is the same.",
        examples=[_LINK],
    )
    file_id: UUID | None = Field(None, description="In its place: a video that you uploaded.", examples=[None])
    title: Annotated[str, Field(max_length=255)] | None = Field(None, description="What to call it.")
    project_id: UUID | None = Field(None, description="A project of yours that what is made is added to.")
    quality_preference: Quality = Field(Quality.BALANCED, description="What counts where providers differ.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.url is None) is (self.file_id is None):
            raise ValueError("url: give the link of a video, or file_id of one that you uploaded, and not both")
        return self


class TrimIn(SourcedIn):
    """The part of a video between two times."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": _LINK, "start": "0:10", "end": "0:40"}]})

    start: Time = Field(
        validation_alias=AliasChoices("start", "start_time"),
        description="Where the part begins: seconds, or h:mm:ss; `start_time` is the same.",
        examples=["0:10"],
    )
    end: Time = Field(
        validation_alias=AliasChoices("end", "end_time"),
        description="Where it ends, in the same way; `end_time` is the same.",
        examples=["0:40"],
    )
    output_format: Literal["mp4", "mov", "webm", "mkv"] = Field("mp4", description="What file is made.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if math.isclose(self.start, self.end) or self.end - self.start < SHORTEST_PART_S:
            raise ValueError(f"end: has to be at least {SHORTEST_PART_S} s after start")
        return self


class AutoHooksIn(SourcedIn):
    """The moments of a video that people would stop for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": _LINK, "count": 3, "clip_length": 60}]})

    count: Annotated[Whole, Field(ge=1, le=20)] | None = Field(
        None,
        validation_alias=AliasChoices("count", "num_hooks"),
        description="How many moments; without it one for every two minutes. `num_hooks` is the same.",
        examples=[3],
    )
    clip_length: Annotated[float, Field(ge=5, le=90, strict=True)] | None = Field(
        None, description="Seconds that one may last at most; without it 90, and at least 15.", examples=[60.0]
    )
    language: Language | None = Field(None, description="What is spoken; without it that is found out.")
    clips: Annotated[Whole, Field(ge=0, le=20)] = Field(
        0, description="How many of the best are cut as clips, besides being told.", examples=[3]
    )
    aspect: Literal["vertical", "square", "wide"] = Field("vertical", description="The shape of the clips.")
    layout: Literal["auto", "single", "split", "blur", "screen"] = Field(
        "auto", description="Who is seen: whoever speaks, two people, the whole before a blurred one, screen and face."
    )
    captions: Literal["karaoke", "plain", "none"] = Field("karaoke", description="How what is said is written in them.")


class ClipAccepted(WorkflowAccepted):
    """The order was accepted and will reach an end."""

    job_id: UUID = Field(description="The same as `id`.")
