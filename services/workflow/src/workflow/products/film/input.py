"""What a film is made from."""

from __future__ import annotations

import json
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.enums import Captions, Language, Priority, Quality
from contracts.objects import StoredObject
from media.film.plan import FilmPlan, Kind, Shot, read, written


class Fineness(StrEnum):
    """How fine the pictures are; ``draft`` is for looking whether a film is right, in a fraction of the time."""

    DRAFT = "draft"
    STANDARD = "standard"
    HIGH = "high"


class Imagery(StrEnum):
    """What is shown where there is no picture of one's own; the last two are made by whoever is set up for them."""

    WORDS = "words"
    PICTURES = "pictures"
    CLIPS = "clips"


Style = Annotated[str, Field(max_length=500)]


class Aspect(StrEnum):
    """The sides of the pictures."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


_SHORT_SIDE = {Fineness.DRAFT: 180, Fineness.STANDARD: 720, Fineness.HIGH: 1080}


def sides(definition: Fineness, aspect: Aspect) -> tuple[int, int]:
    """Width and height in pixels."""
    short = _SHORT_SIDE[definition]
    long = round(short * 16 / 9 / 2) * 2
    return {Aspect.WIDE: (long, short), Aspect.TALL: (short, long), Aspect.SQUARE: (short, short)}[aspect]


class FilmInput(BaseModel):
    """Checked when the run was accepted; kept with the run, never changed."""

    model_config = ConfigDict(frozen=True)

    film: str
    """The plan, as JSON of ``media.film.plan``."""
    pictures: dict[str, StoredObject] = {}
    """What the plan's pictures are, by the name that it has for them."""
    takes: dict[str, int] = {}
    """By shot: another number, another take. Shots not named here are at their first."""
    imagery: Imagery = Imagery.WORDS
    prompts: dict[str, str] = {}
    """By shot: what is to be seen in it, where that is not what is said."""
    style: str = ""
    """What all that is drawn has in common."""
    script: str
    language: Language
    title: str
    music: str | None = None
    music_take: int = 0
    definition: Fineness = Fineness.STANDARD
    aspect: Aspect = Aspect.WIDE
    captions: Captions = Captions.FILES
    minutes: int
    plan_version: int | None = None
    """Of the project's saved plan, where it is made by that."""
    quality: Quality = Quality.BALANCED
    priority: Priority = Priority.NORMAL
    estimated_cost: Decimal = Decimal(0)
    film_s: float | None = None
    paces: dict[str, float] = {}
    credits: int
    max_credits: int | None = None
    quote_id: UUID | None = None
    least_cost: Decimal | None = None

    @property
    def plan(self) -> FilmPlan:
        """The plan, read."""
        return plan_of(self.film)

    def draws(self, shot: Shot) -> bool:
        """Whether its picture is made for it: it shows none of its owner's, and one is wished."""
        bare = shot.kind is Kind.PICTURE and shot.picture is None
        return bare and (self.imagery is not Imagery.WORDS or shot.id in self.prompts)


@lru_cache(maxsize=32)
def plan_of(document: str) -> FilmPlan:
    """The plan that a text says. A film of forty minutes asks for its plan with every shot."""
    return read(json.loads(document))


def document_of(plan: FilmPlan) -> str:
    """A plan as text; the same plan gives the same."""
    return json.dumps(written(plan), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
