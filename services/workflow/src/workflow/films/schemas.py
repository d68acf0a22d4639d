"""What the film endpoints take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool, model_validator

from chassis.http.inputs import Input, Whole
from chassis.http.outputs import Link
from contracts.enums import Captions, Language, Voice
from media.film.plan import Kind, Motion
from workflow.films.reckoning import State
from workflow.products.film.input import Aspect, Fineness, Imagery, Style

Version = Annotated[
    Annotated[Whole, Field(ge=1)] | None,
    Field(description="The plan's version that you have read; another one is refused.", examples=[3]),
]


class CharacterIn(Input):
    """Who speaks. Lines of the script that begin with the name and a colon are theirs."""

    name: Annotated[str, Field(max_length=80)] = Field("", description="Empty: the narrator.", examples=["Asha"])
    voice: Voice = Field(Voice.NEUTRAL, description="Their voice.")
    face: UUID | None = Field(
        None, description="A photo of yours in which their face is: they are seen to speak.", examples=[None]
    )


class Looks(Input):
    """How the film is to look and sound."""

    definition: Fineness | None = Field(None, description="How fine; `draft` is for a quick look.")
    aspect: Aspect | None = Field(None, description="Sides of the picture.")
    captions: Captions | None = Field(None, description="Subtitles in files, or drawn into the picture as well.")
    imagery: Imagery | None = Field(
        None,
        description="What is shown where no picture of yours is: its words, or what is made of them.",
    )
    style: Style | None = Field(
        None,
        description="What all that is made has in common: manner, people, places; empty: nothing.",
        examples=["Watercolour. Mira is a girl of ten with red boots."],
    )


class PlanIn(Looks):
    """How the plan is to be made."""

    language: Language | None = Field(None, description="What the script is written in; else it is told from it.")
    characters: Annotated[list[CharacterIn], Field(max_length=20)] = Field(
        [],
        description="Who speaks; left out: whoever spoke in the plan before, or one narrator with the project's voice.",
    )


class PlanChange(Looks):
    """What is to be different; what is not named stays."""

    music: Annotated[str, Field(max_length=255)] | None = Field(
        None, description="Other music; empty: none.", examples=["calm piano"]
    )
    version: Version = None


class ShotChange(Input):
    """What is to be different about a shot."""

    text: Annotated[str, Field(min_length=1, max_length=5_000, pattern=r"\S")] | None = Field(
        None, description="What is said; the project's script changes with it.", examples=["The river was quiet."]
    )
    picture: UUID | None = Field(None, description="A photo or video of yours; null: the words are shown.")
    kind: Kind | None = Field(None, description="What is seen.")
    motion: Motion | None = Field(None, description="What the camera does.")
    voice: Voice | None = Field(None, description="Who speaks.")
    title: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="Written on a card.", examples=["Dawn"]
    )
    subtitle: Annotated[str, Field(max_length=200)] | None = Field(None, description="Below it.", examples=["1962"])
    approved: StrictBool | None = Field(None, description="Whether you find it right.")
    locked: StrictBool | None = Field(None, description="Whether it stays as it is, whatever is made anew.")
    prompt: Annotated[str, Field(max_length=1_000)] | None = Field(
        None,
        description="What is to be seen, where it shows no picture of yours; empty: as the plan's `imagery` says.",
        examples=["A harbour at dawn, from above"],
    )
    version: Version = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set - {"version"}:
            raise ValueError("says nothing that is to be different")
        for name in self.model_fields_set - {"picture", "version"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class RestoreIn(Input):
    """Which take to go back to."""

    take: Annotated[Whole, Field(ge=1, le=1_000)] = Field(description="Its number.", examples=[1])


class Artefact(BaseModel):
    """Something a shot, or the film, is made of."""

    kind: str = Field(
        description="`voice`, `subtitle`, `picture` (where it is made), `clip`; of the whole `music`, `film`.",
        examples=["clip"],
    )
    state: State = Field(
        description="`current`: made from what the plan says now; `stale`: from something else; `missing`: not made; "
        "`blocked`: it cannot be made, because its picture is not there."
    )
    url: Link | None = Field(description="A link to what there is, for a while.")


class ShotOut(BaseModel):
    """One shot."""

    id: str = Field(description="Within the plan.", examples=["s7"])
    kind: Kind = Field(description="What is seen.")
    text: str = Field(description="Its piece of the script, to the last space.", examples=["The river was quiet. "])
    spoken: str = Field(description="What is said of it.", examples=["The river was quiet."])
    picture: UUID | None = Field(description="The file it shows.")
    motion: Motion = Field(description="What the camera does.")
    speaker: str = Field(description="Whose words they are; empty: the narrator's.", examples=[""])
    voice: Voice = Field(description="Who speaks.")
    title: str = Field(description="Written on a card.", examples=[""])
    subtitle: str = Field(description="Below it.", examples=[""])
    starts_at: float = Field(description="Seconds from the film's beginning.", examples=[31.5])
    seconds: float = Field(description="How long it is.", examples=[5.2])
    approved: bool = Field(description="Whether its owner finds it right.")
    locked: bool = Field(description="Whether it stays as it is.")
    take: int = Field(description="Another number, another take.", examples=[0])
    prompt: str = Field(description="What is to be seen in it, where that was said.", examples=[""])
    artefacts: list[Artefact] = Field(description="What it is made of.")


class SceneOut(BaseModel):
    """Shots that belong together."""

    title: str = Field(description="Its heading; empty without one.", examples=["At the river"])
    shots: list[ShotOut] = Field(description="In their order.")


class PlanOut(BaseModel):
    """The plan of a project's film, and what of it is there."""

    project_id: UUID = Field(description="Whose plan it is.")
    version: int = Field(description="Counts its changes.", examples=[3])
    minutes: int = Field(description="Whole minutes; the shots are exactly so long together.", examples=[2])
    language: Language = Field(description="What the script is written in.")
    title: str = Field(description="Written on the first card.", examples=["The river"])
    definition: Fineness = Field(description="How fine the pictures are.")
    aspect: Aspect = Field(description="Sides of the picture.")
    captions: Captions = Field(description="Where subtitles are, beside their files.")
    imagery: Imagery = Field(description="What is shown where no picture of its owner is.")
    style: str = Field(description="What all pictures that are made have in common.", examples=[""])
    music: str | None = Field(description="What is played to it.")
    seed: int = Field(description="The same script and seed give the same plan.", examples=[7])
    scenes: list[SceneOut] = Field(description="In their order.")
    artefacts: list[Artefact] = Field(description="Of the whole: the music and the film.")
    advice: list[str] = Field(description="What its maker should know before it costs anything.")
    outdated: bool = Field(description="Whether the project says something else than this was made from.")
    to_make: int = Field(description="Shots of which something would be made now.", examples=[1])
    credits: int = Field(description="What making that takes.", examples=[3])
    estimated_time: float = Field(description="Seconds until it is there.", examples=[41.0])
    updated_at: datetime = Field(description="When it last changed.")


class TakeOut(BaseModel):
    """A shot as it was made once."""

    take: int = Field(description="Its number, from 1.", examples=[1])
    current: bool = Field(description="Whether the plan says it so now.")
    text: str = Field(description="Its piece of the script then.", examples=["The river was quiet. "])
    made_at: datetime = Field(description="When.")
    url: Link | None = Field(description="A link to its pictures, for a while.")
