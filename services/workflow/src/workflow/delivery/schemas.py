"""What the delivery endpoints take and answer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.http.inputs import Input, Whole
from chassis.http.outputs import Link
from workflow.delivery.sizes import Format
from workflow.files.schemas import FileOut


class SizeOut(BaseModel):
    """A photo in a delivery size."""

    url: Link = Field(description="A link to it, for a while.")
    size: str = Field(description="Which size it is; `preview` for one that is not known.", examples=["thumbnail"])
    format: Format = Field(description="What it is.")
    bytes: int = Field(description="How many it has.", examples=[18432])
    transformation: str = Field(
        description="How it was made, as content networks write it.", examples=["w_300,h_300,c_fill,q_80"]
    )


class CompressIn(Input):
    """What is to be made smaller, and how much."""

    file_id: UUID = Field(description="A photo of yours.")
    format: Format = Field(Format.JPEG, description="What the new file is.")
    quality: Annotated[Whole, Field(ge=20, le=95)] = Field(80, description="Of the encoding.", examples=[80])
    max_side: Annotated[Whole, Field(ge=64, le=4096)] | None = Field(
        None, description="Pixels of the longer side at most.", examples=[1600]
    )
    max_size: Annotated[Whole, Field(ge=1024, le=52_428_800)] | None = Field(
        None, description="Bytes at most; quality is given up for it first, then pixels.", examples=[200_000]
    )


class CompressOut(BaseModel):
    """The new file, and what it saves."""

    file: FileOut = Field(description="The new file; the old one stays.")
    original_size: int = Field(description="Bytes of the old one.", examples=[2_400_000])
    saved_bytes: int = Field(description="How many fewer the new one has.", examples=[2_100_000])
    saved_percent: float = Field(description="The same as a share.", examples=[87.5])
    quality: int = Field(description="What it was encoded with in the end.", examples=[80])
