"""What orders of AI work take and answer (AIR-01 to AIR-08)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from ai_router.orders import recipes
from ai_router.orders.models import Order
from ai_router.orders.sources import Wanted
from chassis.http.inputs import Input, Whole
from contracts.enums import Capability, Language, Quality, Status, Voice

LONGEST_PROMPT = 4_000
LONGEST_SCRIPT = 20_000
_SIDE = r"[1-9][0-9]{1,3}"

_SEED = 4711
_ID = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Prompt = Annotated[Text, Field(max_length=LONGEST_PROMPT)]
Script = Annotated[Text, Field(max_length=LONGEST_SCRIPT)]
Size = Annotated[str, Field(pattern=rf"^{_SIDE}x{_SIDE}$", examples=["1024x1024"])]
FileId = Annotated[UUID | None, Field(description="An uploaded file of yours.", examples=[_ID])]
JobId = Annotated[UUID | None, Field(description="In its place: a job of yours whose result it is.", examples=[None])]
Link = Annotated[
    str | None,
    Field(max_length=4_000, description="In its place: a link to a file or result of yours.", examples=[None]),
]


class OrderIn(Input):
    """What every order may say."""

    model: Annotated[str, Field(max_length=100)] | None = Field(
        None,
        description="Who it is done with, as `GET /api/v1/ai/models` names it; without it the best is chosen.",
        examples=[None],
    )
    provider: Annotated[str, Field(max_length=50)] | None = Field(
        None, description="Who does it. Where they cannot, another does, and the result says so.", examples=[None]
    )
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] | None = Field(
        None,
        description="The same one gives the same result where the model takes one; else the result says so.",
        examples=[_SEED],
    )
    quality_preference: Quality = Field(Quality.BALANCED, description="What counts where providers differ.")
    project_id: UUID | None = Field(None, description="The project it is for.", examples=[None])

    def wanted(self) -> tuple[Wanted, ...]:
        """The inputs it names."""
        return ()

    def _order(self, capability: Capability, jobs: int = 1, **parameters: Any) -> Order:
        given = {name: value for name, value in parameters.items() if value is not None}
        if self.seed is not None:
            given["seed"] = self.seed
        return Order(
            capability,
            given,
            quality=self.quality_preference,
            model=self.model,
            provider=self.provider,
            project_id=self.project_id,
            count=jobs,
        )

    @abstractmethod
    def order(self) -> Order:
        """The order, without its inputs."""


class _OfPicture(OrderIn):
    file_id: FileId = None
    job_id: JobId = None

    def wanted(self) -> tuple[Wanted, ...]:
        """The picture."""
        return (Wanted("image", "image", self.file_id, self.job_id),)


class _NeedsPicture(_OfPicture):
    @model_validator(mode="after")
    def _given(self) -> _NeedsPicture:
        if self.file_id is None and self.job_id is None:
            raise ValueError("file_id: give the id of the picture, or job_id of a job that made it")
        return self


class EnhanceIn(_NeedsPicture):
    """Make a photo better."""

    enhancement_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")] = Field(
        "standard", description="What for.", examples=["portrait"]
    )
    strength: Annotated[float, Field(ge=0, le=2, strict=True)] | None = Field(
        None, description="How much; 1 is usual.", examples=[1.0]
    )

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(Capability.IMAGE_ENHANCEMENT, enhancement_type=self.enhancement_type, strength=self.strength)


class GenerateIn(OrderIn):
    """Make pictures from words."""

    prompt: Prompt = Field(description="What is to be seen.", examples=["A quiet harbour at dawn, watercolour"])
    negative_prompt: Prompt | None = Field(None, description="What is not to be seen.", examples=["people"])
    size: Size | None = Field(None, description="Width and height in pixels; the nearest that the model makes.")
    count: Annotated[Whole, Field(ge=1, le=4)] = Field(
        1, description="How many pictures; each is a job of its own, with a seed of its own."
    )

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        width, height = _sides(self.size)
        return self._order(
            Capability.IMAGE_GENERATION,
            self.count,
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            width=width,
            height=height,
        )


class VariationsIn(_NeedsPicture):
    """Make pictures like one that is there."""

    prompt: Prompt = Field(
        "Another picture like this one, of the same things in the same manner.",
        description="What is to be seen in them.",
        examples=["The same harbour at night"],
    )
    strength: Annotated[float, Field(gt=0, le=1, strict=True)] = Field(
        0.6, description="How far they may leave the picture; 1 is as far as can be.", examples=[0.6]
    )
    count: Annotated[Whole, Field(ge=1, le=4)] = Field(
        2, description="How many; each is a job of its own, with a seed of its own."
    )

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(Capability.IMAGE_GENERATION, self.count, prompt=self.prompt, strength=self.strength)


LogoId = Annotated[
    UUID | None,
    Field(description="A picture for the step `logo`; what is transparent in it stays so.", examples=[None]),
]
BackgroundId = Annotated[
    UUID | None, Field(description="A picture for the step `background` of the mode `picture`.", examples=[None])
]


def _laid(logo: UUID | None, background: UUID | None) -> tuple[Wanted, ...]:
    """The files of a recipe."""
    return (
        Wanted("logo", "image", logo, names=("logo_file_id", "", "")),
        Wanted("background", "image", background, names=("background_file_id", "", "")),
    )


def _check_laid(logo: UUID | None, background: UUID | None, steps: list[Any]) -> None:
    """Raises ``ValueError`` where a step lacks its file, or a file has no step."""
    wanted = recipes.wants(steps)
    for name, given in (("logo_file_id", logo), ("background_file_id", background)):
        if given is None and name in wanted:
            raise ValueError(f"{name}: a step of the recipe needs it")
        if given is not None and name not in wanted:
            raise ValueError(f"{name}: no step of the recipe needs it")


class EditIn(_NeedsPicture):
    """Change a picture: as words say, or by a recipe of steps."""

    prompt: Prompt | None = Field(None, description="What is to change.", examples=["Put a red hat on the cat"])
    negative_prompt: Prompt | None = Field(None, description="What is not to be seen.", examples=["text"])
    mask_file_id: UUID | None = Field(
        None, description="A picture whose white parts are changed, and nothing else.", examples=[None]
    )
    recipe: recipes.Recipe | None = Field(
        None,
        description="Instead of words: steps that are done here one after the other, without a vendor.",
        examples=[[{"op": "crop", "aspect": "4:5"}, {"op": "adjust", "exposure": 0.3}]],
    )
    logo_file_id: LogoId = None
    background_file_id: BackgroundId = None

    @model_validator(mode="after")
    def _one_way(self) -> EditIn:
        if (self.prompt is None) is (self.recipe is None):
            raise ValueError("prompt: say what is to change, or give a recipe; one of both")
        if self.recipe is not None:
            for name in ("mask_file_id", "negative_prompt"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name}: goes with a prompt, not with a recipe")
        _check_laid(self.logo_file_id, self.background_file_id, self.recipe or [])
        return self

    def wanted(self) -> tuple[Wanted, ...]:
        """The picture, the mask, and what the recipe lays over or puts behind."""
        mask = Wanted("mask", "image", self.mask_file_id, names=("mask_file_id", "", ""))
        return (*super().wanted(), mask, *_laid(self.logo_file_id, self.background_file_id))

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(
            Capability.IMAGE_EDIT,
            prompt=self.prompt,
            negative_prompt=self.negative_prompt,
            recipe=None if self.recipe is None else recipes.written(self.recipe),
        )


class EditPreviewIn(Input):
    """Look at what a recipe would make of a picture."""

    file_id: FileId = None
    job_id: JobId = None
    recipe: recipes.Recipe
    logo_file_id: LogoId = None
    background_file_id: BackgroundId = None

    @model_validator(mode="after")
    def _given(self) -> EditPreviewIn:
        if self.file_id is None and self.job_id is None:
            raise ValueError("file_id: give the id of the picture, or job_id of a job that made it")
        _check_laid(self.logo_file_id, self.background_file_id, self.recipe)
        return self

    def wanted(self) -> tuple[Wanted, ...]:
        """The picture, and what is laid over it or put behind."""
        return (
            Wanted("image", "image", self.file_id, self.job_id),
            *_laid(self.logo_file_id, self.background_file_id),
        )


class UpscaleIn(_NeedsPicture):
    """Make a picture larger."""

    factor: Literal[2, 4] = Field(2, description="How many times as wide and as high.")

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(Capability.IMAGE_UPSCALE, factor=self.factor)


class VideoIn(_OfPicture):
    """Make a short film: of a photo that speaks a script, or of what a prompt says."""

    prompt: Prompt | None = Field(None, description="What is to be seen.", examples=["She smiles and waves"])
    script: Script | None = Field(None, description="What is said.", examples=["Good morning, everybody."])
    language: Language | None = Field(None, description="What the script is written in; without it English.")
    voice: Voice | None = Field(None, description="Who speaks.")
    duration: Annotated[Whole, Field(ge=1, le=60)] = Field(
        10, description="Seconds. A film with a script is as long as its speech."
    )
    size: Size | None = Field(None, description="Width and height in pixels; the nearest that the model makes.")

    @model_validator(mode="after")
    def _something(self) -> VideoIn:
        if self.prompt is None and self.script is None:
            raise ValueError("prompt: say what is to be seen, or give a script that is to be spoken")
        return self

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        width, height = _sides(self.size)
        spoken = self.script is not None
        return self._order(
            Capability.VIDEO_GENERATION,
            prompt=self.prompt,
            script=self.script,
            duration=self.duration,
            width=width,
            height=height,
            language=(self.language or Language.EN).value if spoken else None,
            voice=self.voice.value if spoken and self.voice is not None else None,
        )


class AudioIn(OrderIn):
    """Have a text spoken."""

    text: Script = Field(description="What is said.", examples=["Good morning, everybody."])
    voice: Voice = Field(Voice.NEUTRAL, description="Who speaks.")
    language: Language = Field(Language.EN, description="What the text is written in.")
    speed: Annotated[float, Field(ge=0.5, le=2, strict=True)] | None = Field(
        None, description="How fast; 1 is usual.", examples=[1.0]
    )

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(
            Capability.AUDIO_GENERATION,
            script=self.text,
            voice=self.voice.value,
            language=self.language.value,
            speed=self.speed,
        )


class LipSyncIn(OrderIn):
    """Fit the lips of a video to a sound. Each of both is a file, a job's result, or a link to one."""

    video_file_id: FileId = None
    video_job_id: JobId = None
    video_url: Link = None
    audio_file_id: FileId = None
    audio_job_id: JobId = None
    audio_url: Link = None

    @model_validator(mode="after")
    def _both(self) -> LipSyncIn:
        for wanted in self.wanted():
            if not wanted.is_given:
                raise ValueError(f"{wanted.names[0]}: give {' or '.join(wanted.names)}")
        return self

    def wanted(self) -> tuple[Wanted, ...]:
        """Video and sound."""
        return (
            Wanted(
                "video",
                "video",
                self.video_file_id,
                self.video_job_id,
                self.video_url,
                ("video_file_id", "video_job_id", "video_url"),
            ),
            Wanted(
                "audio",
                "audio",
                self.audio_file_id,
                self.audio_job_id,
                self.audio_url,
                ("audio_file_id", "audio_job_id", "audio_url"),
            ),
        )

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(Capability.LIP_SYNC)


class MusicIn(OrderIn):
    """Have music made."""

    prompt: Prompt | None = Field(None, description="What it is to be like.", examples=["A calm piano by the sea"])
    style: Annotated[Text, Field(max_length=100)] | None = Field(None, description="In a word.", examples=["calm"])
    duration: Annotated[Whole, Field(ge=1, le=600)] = Field(30, description="Seconds.")

    @model_validator(mode="after")
    def _something(self) -> MusicIn:
        if self.prompt is None and self.style is None:
            raise ValueError("prompt: say what it is to be like, or give a style")
        return self

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(Capability.MUSIC_GENERATION, prompt=self.prompt, style=self.style, duration=self.duration)


class TranscribeIn(OrderIn):
    """Have what is said in a recording written down, with the time of each word."""

    file_id: FileId = None
    job_id: JobId = None
    url: Link = None
    language: Language | None = Field(None, description="What is spoken; without it that is found out.")

    @model_validator(mode="after")
    def _given(self) -> TranscribeIn:
        if not self.wanted()[0].is_given:
            raise ValueError("file_id: give the id of the recording, job_id of a job that made it, or a url")
        return self

    def wanted(self) -> tuple[Wanted, ...]:
        """The recording."""
        return (Wanted("audio", "audio", self.file_id, self.job_id, self.url),)

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(Capability.TRANSCRIPTION, language=None if self.language is None else self.language.value)


class SaidIn(Input):
    """One piece of a transcript."""

    start: Annotated[float, Field(ge=0, strict=True)] = Field(description="Seconds.", examples=[0.0])
    end: Annotated[float, Field(ge=0, strict=True)] = Field(description="Seconds.", examples=[5.5])
    text: Annotated[Text, Field(max_length=2_000)] = Field(
        description="What is said.", examples=["Nobody believed that this would work."]
    )


class HooksIn(OrderIn):
    """Find the moments of a video that people would stop for (AIR-54)."""

    transcript: Annotated[list[SaidIn], Field(min_length=1, max_length=300)] = Field(
        description="What is said when, in order."
    )
    duration: Annotated[float, Field(gt=0, le=14_400, strict=True)] = Field(
        description="Seconds of the whole video.", examples=[20.0]
    )
    count: Annotated[Whole, Field(ge=1, le=20)] = Field(3, description="At most so many.")
    language: Language = Field(Language.EN, description="What is spoken.")

    @model_validator(mode="after")
    def _inside(self) -> HooksIn:
        for number, piece in enumerate(self.transcript):
            if not piece.start < piece.end <= self.duration:
                raise ValueError(f"transcript.{number}: starts before it ends, and ends within the video")
        return self

    def order(self) -> Order:
        """See :class:`OrderIn`."""
        return self._order(
            Capability.HOOK_DETECTION,
            transcript=[piece.model_dump() for piece in self.transcript],
            duration=self.duration,
            count=self.count,
            language=self.language.value,
        )


class JobAccepted(BaseModel):
    """The order was accepted. What it takes is being set aside; then its work begins."""

    job_id: UUID = Field(description="Of the job; the first, where several were ordered.")
    status: Status = Field(description="How it is.")
    estimated_time: float = Field(description="Seconds it is expected to take once it has begun.", examples=[4.0])
    credits: int = Field(description="What each job takes from the account when it succeeds.", examples=[1])
    jobs: list[UUID] = Field(description="All that were ordered.")


def _sides(size: str | None) -> tuple[int | None, int | None]:
    if size is None:
        return None, None
    width, height = size.split("x")
    return int(width), int(height)
