"""What orders of a video take."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from chassis.http.inputs import Input, Whole
from chassis.http.outputs import Rupees
from contracts.enums import Language, Quality, Status
from media.clips.edits import Aspect, CaptionStyle, EditList, Layout
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
    aspect: Aspect = Field("vertical", description="The shape of the clips.")
    layout: Layout = Field(
        "auto", description="Who is seen: whoever speaks, two people, the whole before a blurred one, screen and face."
    )
    captions: CaptionStyle = Field("karaoke", description="How what is said is written in them.")
    longest_silence: Annotated[float, Field(ge=0.2, le=10, strict=True)] | None = Field(
        None, description="Seconds to which longer pauses between words are cut; without it none is.", examples=[0.6]
    )


class KeptIn(Input):
    """A stretch of the video."""

    start: Time = Field(description="Where it begins: seconds of the video, or h:mm:ss.", examples=[12.5])
    end: Time = Field(description="Where it ends, in the same way.", examples=[40.0])


class RewrittenIn(Input):
    """A word that is written differently from what was heard."""

    number: Annotated[Whole, Field(ge=0, le=200_000)] = Field(
        description="Which of the transcript's words, from 0.", examples=[3]
    )
    text: Annotated[str, Field(max_length=200)] = Field(
        description="What is written; nothing hides the word.", examples=["Lisbon"]
    )


class ClipEditIn(Input):
    """What is to be other in the clip. What is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kept": [{"start": 12.5, "end": 40}], "title": "Why?"}]})

    # All the stretches and words that the fields below allow, each with its two values.
    most_values: ClassVar[int] = 2200

    kept: Annotated[list[KeptIn], Field(min_length=1, max_length=100)] | None = Field(
        None, description="All that is played of the video, in this order."
    )
    without: Annotated[list[KeptIn], Field(max_length=100)] = Field([], description="What is cut out of it.")
    words: Annotated[list[RewrittenIn], Field(max_length=500)] = Field(
        [], description="Words that are written differently."
    )
    aspect: Aspect | None = Field(None, description="The shape of the clip.")
    layout: Layout | None = Field(None, description="Who is seen.")
    captions: CaptionStyle | None = Field(None, description="How what is said is written in it.")
    title: Annotated[str, Field(max_length=120)] | None = Field(
        None, description="Shown on a card before the clip; empty for none.", examples=["Why boats sink"]
    )


class KeptOut(BaseModel):
    """A stretch of the video, in its seconds."""

    start: float = Field(description="Where it begins.", examples=[12.5])
    end: float = Field(description="Where it ends.", examples=[40.0])


class RewrittenOut(BaseModel):
    """A word that is written differently from what was heard."""

    number: int = Field(description="Which of the transcript's words, from 0.", examples=[3])
    text: str = Field(description="What is written; nothing where the word is hidden.", examples=["Lisbon"])


class ClipVersionOut(BaseModel):
    """One version of a clip's edit list; what is written in the clip follows from it and the transcript."""

    version: int = Field(description="Its number, from 1.", examples=[1])
    counts: bool = Field(description="Whether the clip is made by it.")
    digest: str = Field(description="The same for lists that make the same clip (SHA-256).")
    kept: list[KeptOut] = Field(description="What is played of the video.")
    aspect: Aspect = Field(description="The shape of the clip.")
    layout: Layout = Field(description="Who is seen.")
    captions: CaptionStyle = Field(description="How what is said is written in it.")
    words: list[RewrittenOut] = Field(description="What is written differently, in the order of the words.")
    title: str = Field(description="Shown on a card before the clip.")

    @classmethod
    def of(cls, version: int, edit: EditList, *, counts: bool) -> Self:
        """Of an edit list."""
        return cls(
            version=version,
            counts=counts,
            digest=edit.digest,
            kept=[KeptOut(start=part.start, end=part.end) for part in edit.kept],
            aspect=edit.aspect,
            layout=edit.layout,
            captions=edit.captions,
            words=[RewrittenOut(number=number, text=text) for number, text in edit.rewritten],
            title=edit.title,
        )


class ClipEditsOut(BaseModel):
    """A clip's versions, the first first."""

    number: int = Field(description="The rank of its moment.")
    version: int = Field(description="The version that counts.")
    digest: str = Field(description="Of that.")
    versions: list[ClipVersionOut] = Field(description="All, until another edit is made after an undo.")


class ClipEdited(BaseModel):
    """The clip is made anew, in another workflow that has everything else of this one."""

    id: UUID = Field(description="Of the new workflow; the present one keeps the clip as it is.")
    parent_id: UUID = Field(description="The present one.")
    status: Status = Field(description="`pending` while the platform is full.")
    estimated_cost: Rupees = Field(description="What the AI work costs us, in rupees.")
    estimated_seconds: float = Field(description="How long it takes.", examples=[14.0])
    version: int = Field(description="The version that counts in it.")
    digest: str = Field(description="Of that version.")


class ClipAccepted(WorkflowAccepted):
    """The order was accepted and will reach an end."""

    job_id: UUID = Field(description="The same as `id`.")
