"""The plan of a film as data: scenes and shots, saved, edited, and told apart by nothing but what is in them.

A shot's ``text`` is its piece of the script, to the last space: the texts of all shots put together are the script.
Lengths are whole frames, so that they add up to the ordered minutes exactly.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from media.errors import BadMedia, NotUsable
from media.types import Voice

FRAME_RATE = 30
"""Frames a second of every film."""

LEAD_S = 0.45
"""A shot longer than its speech shows its picture for so long before somebody speaks, where there is time."""
_LEAD_SHARE = 0.35


class ScriptTooLong(NotUsable):
    """The script cannot be spoken within the ordered minutes. ``advice`` says how many words or minutes it takes."""

    code = "SCRIPT_TOO_LONG"


class ScriptTooShort(NotUsable):
    """The script leaves most of the ordered minutes empty. ``advice`` says how many words or minutes it takes."""

    code = "SCRIPT_TOO_SHORT"


class NoSuchShot(BadMedia):
    """The plan has no shot of this id."""

    code = "NO_SUCH_SHOT"


class Kind(StrEnum):
    """What is seen in a shot."""

    PICTURE = "picture"
    """A picture under a slow camera; without one, the words themselves."""
    CARD = "card"
    """A title card: a heading of the script, or the name of the film. Nobody speaks."""
    PORTRAIT = "portrait"
    """A face that speaks the words of the shot."""


class Motion(StrEnum):
    """What the camera does during a shot."""

    PUSH_IN = "push_in"
    PULL_OUT = "pull_out"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    STILL = "still"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that shots may show. ``ref`` is the caller's name for it; shots whose text has one of ``words`` (of its
    file name, of its description) prefer it."""

    ref: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Character:
    """Who speaks. A line of the script that begins with ``name`` and a colon is theirs; the character without a name is
    the narrator, who speaks all else. ``face`` is the ref of a picture that shows their face: their shots are portraits
    that speak."""

    name: str = ""
    voice: Voice = "neutral"
    face: str | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot. ``spoken`` is what is said of ``text`` (headings and names of speakers are not); ``frames`` is how long
    it is; ``tempo`` is the speed its voice is asked for.

    ``said_s`` is how long its narration was found to be, None before it was made (or where nobody speaks); ``squeeze``
    is by how much that is sped up afterwards so that it fits. ``title`` is written on a card. ``zoom`` is how much
    nearer than it has to be the camera is, ``toward`` where it looks, as shares of the picture's sides, in a picture
    without faces (None: at its middle).
    """

    id: str
    kind: Kind
    text: str
    spoken: str
    frames: int
    picture: str | None = None
    motion: Motion = Motion.STILL
    zoom: float = 1.0
    toward: tuple[float, float] | None = None
    speaker: str = ""
    voice: Voice = "neutral"
    title: str = ""
    subtitle: str = ""
    tempo: float = 1.0
    squeeze: float = 1.0
    said_s: float | None = None

    @property
    def length_s(self) -> float:
        """How long it is, in seconds."""
        return self.frames / FRAME_RATE

    @property
    def speech_s(self) -> float:
        """How long its narration is in the film; 0.0 before that is known."""
        return (self.said_s or 0.0) / self.squeeze

    @property
    def speech_at(self) -> float:
        """When its narration begins, in seconds from the start of the shot."""
        return max(0.0, min(LEAD_S, _LEAD_SHARE * (self.length_s - self.speech_s)))


@dataclass(frozen=True, slots=True)
class Scene:
    """Shots that belong together: what stands under one heading, or one part of a script without headings."""

    title: str
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """A whole film. ``advice`` is what its maker should know before it costs anything, in words for a person."""

    minutes: int
    language: str
    seed: int
    title: str
    scenes: tuple[Scene, ...]
    advice: tuple[str, ...] = ()

    @property
    def shots(self) -> tuple[Shot, ...]:
        """All shots in order."""
        return tuple(shot for scene in self.scenes for shot in scene.shots)

    @property
    def script(self) -> str:
        """The script that the film tells, verbatim."""
        return "".join(shot.text for shot in self.shots)

    @property
    def frames(self) -> int:
        """How many frames it has: exactly the ordered minutes."""
        return self.minutes * 60 * FRAME_RATE

    def shot(self, id: str) -> Shot:
        """The shot of that id, or ``NoSuchShot``."""
        for shot in self.shots:
            if shot.id == id:
                return shot
        raise NoSuchShot(f"the plan has no shot {id!r}", advice="Read the plan again: its shots say their ids.")

    def starts(self) -> dict[str, float]:
        """When each shot begins, in seconds of the film."""
        at, starts = 0, {}
        for shot in self.shots:
            starts[shot.id] = at / FRAME_RATE
            at += shot.frames
        return starts

    def with_shots(self, shots: dict[str, Shot]) -> FilmPlan:
        """The plan with these shots, by id, in the place of those of the same ids."""
        scenes = [replace(scene, shots=tuple(shots.get(one.id, one) for one in scene.shots)) for scene in self.scenes]
        return replace(self, scenes=tuple(scenes))


@dataclass(frozen=True, slots=True)
class Fit:
    """How a script stands to the minutes ordered for it; nothing has been made and nothing costs.

    ``verdict`` is ``fits``, ``too_long`` or ``too_short``; ``minutes_fitting`` are the minutes it would fill well;
    ``words_over`` is how many words to leave away (negative: to add); ``advice`` says both to a person, empty where it
    fits.
    """

    verdict: str
    words: int
    spoken_s: float
    minutes_fitting: int
    words_over: int = 0
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What is rendered: sides in pixels, and whether subtitles are burned into the pictures."""

    width: int = 1280
    height: int = 720
    burn_subtitles: bool = False
    crf: int = 21
    colours: tuple[str, str] = ("#14213d", "#3d5a80")
    font_folders: tuple[str, ...] | None = field(default=None)


def written(plan: FilmPlan) -> dict[str, Any]:
    """The plan as plain values that JSON holds; :func:`read` makes the same plan of them."""
    return asdict(plan)


def read(document: dict[str, Any]) -> FilmPlan:
    """The plan that :func:`written` wrote. Raises ``BadMedia`` for what is no plan: something missing, of another
    type, unknown, ids that occur twice, or lengths that do not add up to its minutes."""
    try:
        scenes = tuple(
            Scene(
                scene["title"],
                tuple(
                    Shot(
                        **{
                            **shot,
                            "kind": Kind(shot["kind"]),
                            "motion": Motion(shot["motion"]),
                            "toward": None if shot.get("toward") is None else tuple(shot["toward"]),
                        }
                    )
                    for shot in scene["shots"]
                ),
            )
            for scene in document["scenes"]
        )
        plan = FilmPlan(**{**document, "scenes": scenes, "advice": tuple(document.get("advice", ()))})
        whole = all(isinstance(shot.frames, int) and shot.frames > 0 for shot in plan.shots)
        alone = len({shot.id for shot in plan.shots}) == len(plan.shots)
        adds_up = whole and sum(shot.frames for shot in plan.shots) == plan.frames
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadMedia(
            f"not the plan of a film: {error}", code="BAD_PLAN", advice="Send the plan as it was read."
        ) from error
    if not adds_up or not alone:
        what = "ids occur twice" if not alone else f"its shots are not {plan.minutes} min together"
        raise BadMedia(
            f"not the plan of a film: {what}", code="BAD_PLAN", advice="Change shots by their own operation."
        )
    return plan
