"""How a scene is shown in another shape: which part of the picture goes where, look by look. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.clips.camera import followed
from media.clips.edits import Layout
from media.clips.people import STEP_S, Person, Scene
from media.clips.speakers import speaking, turns
from media.types import Box
from media.video.reframe import crop_box

_SMALL_FACE = 0.1
"""Whose face is lower than this share of the picture is not worth a crop: a wide shot stays whole."""
_BESIDE_A_SLIDE = 0.4
_FACE_AT, _HIGHER_FACE_AT, _LOWER_FACE_AT = 0.42, 0.34, 0.45
_LOWEST, _CLEAR, _ROOM = 0.985, 0.012, 0.1
"""In heights of the clip: how far down captions may reach, how far they stay from a face, what they need."""
_FACE_SHARE, _MOST_ZOOM = 0.2, 1.6
_IN_A_HALF, _UNDER_A_SCREEN, _BESIDE_A_SCREEN = 0.4, 0.5, 0.6
_BELOW_SEAM = 0.125
"""Captions stand so far below where two panels meet, in heights of the clip: not on a face."""

Views = NDArray[np.float64]
"""For each look left, top, width and height of what is shown, in pixels of the upright picture."""


class Room(NamedTuple):
    """Where captions stand, as shares of the clip: from ``top`` to ``end``, and what is left free on the ``right``.
    None: as it usually is."""

    top: float | None = None
    end: float | None = None
    right: float | None = None


USUAL = Room()


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the clip's picture (``box``) and what is shown in it."""

    box: Box
    views: Views


@dataclass(frozen=True, slots=True)
class Framed:
    """Looks from ``first`` to before ``last`` with one layout; without panels the whole picture is shown over a blurred
    copy of itself. ``speaker`` is the number of who is followed."""

    first: int
    last: int
    layout: Layout
    panels: tuple[Panel, ...] = ()
    speaker: int | None = None
    captions: Room = USUAL

    @property
    def covered(self) -> int:
        """How many pixels of the clip the panels cover."""
        return sum(panel.box.width * panel.box.height for panel in self.panels)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of the film's picture, and of the clip's."""

    width: int
    height: int
    into_width: int
    into_height: int


def framed(
    scenes: Sequence[Scene], wanted: Layout, sizes: Sizes, voice: NDArray[np.float64]
) -> tuple[tuple[Framed, ...], tuple[str, ...]]:
    """What is shown when, and in words what of it could not be as wanted. ``voice`` says how much of each look is
    speech."""
    made: list[Framed] = []
    warnings: list[str] = []
    for scene in scenes:
        layout = _chosen(scene, wanted, sizes)
        if wanted not in ("auto", layout):
            warnings.append(_missing(wanted))
        if layout == "split":
            made.append(_split(scene, sizes))
        elif layout == "screen":
            made.append(_screen(scene, sizes))
        elif layout == "single":
            made += _single(scene, sizes, voice)
        else:
            made.append(Framed(scene.first, scene.last, "blur"))
    return tuple(made), tuple(dict.fromkeys(warnings))


def _missing(wanted: Layout) -> str:
    needed = "two people are" if wanted == "split" else "somebody is"
    return f"layout {wanted} needs a scene in which {needed} seen; where none is, another one was chosen"


def _chosen(scene: Scene, wanted: Layout, sizes: Sizes) -> Layout:
    people = scene.people
    if wanted == "blur" or not people:
        return "blur"
    if wanted == "split":
        return "split" if len(people) > 1 else "single"
    if wanted == "screen":
        return "screen"
    if wanted == "single":
        return "single"
    tallest = max(person.height() for person in people) / sizes.height
    if scene.slide and tallest < _BESIDE_A_SLIDE:
        return "screen" if sizes.into_width <= sizes.into_height else "blur"
    return "single" if tallest >= _SMALL_FACE else "blur"


def _single(scene: Scene, sizes: Sizes, voice: NDArray[np.float64]) -> list[Framed]:
    looks = range(scene.first, scene.last)
    openings = np.array([[person.openings.get(look, np.nan) for look in looks] for person in scene.people])
    made = []
    for first, last, who in turns(speaking(openings, voice[scene.first : scene.last], STEP_S)):
        whole = Box(0, 0, sizes.into_width, sizes.into_height)
        person = scene.people[who]
        kept = crop_box(sizes.width, sizes.height, sizes.into_width / sizes.into_height)
        zoom = min(_MOST_ZOOM, max(1.0, _FACE_SHARE * kept.height / person.height()))
        views = _views(person, scene.first + first, scene.first + last, kept.width / zoom, kept.height / zoom, sizes)
        made.append(Framed(scene.first + first, scene.first + last, "single", (Panel(whole, views),), who))
    return made


def _split(scene: Scene, sizes: Sizes) -> Framed:
    """The two who are seen longest, the one to the left above or to the left."""
    two = sorted(scene.people, key=lambda one: -len(one.boxes))[:2]
    two.sort(key=lambda one: one.middle()[0])
    width, height = sizes.into_width, sizes.into_height
    if height > width:
        half = height // 4 * 2
        boxes = Box(0, 0, width, half), Box(0, half, width, height - half)
        captions = Room(end=0.5 + _BELOW_SEAM / 2)
    else:
        half = width // 4 * 2
        boxes = Box(0, 0, half, height), Box(half, 0, width - half, height)
        captions = USUAL
    panels = tuple(_portrait(person, scene, box, _IN_A_HALF, sizes) for person, box in zip(two, boxes, strict=True))
    return Framed(scene.first, scene.last, "split", panels, captions=captions)


def _screen(scene: Scene, sizes: Sizes) -> Framed:
    """The whole picture, and under it (or beside it) the face that is seen longest."""
    width, height = sizes.into_width, sizes.into_height
    if width > height:
        high = round(width * 2 / 3 * sizes.height / sizes.width)
        left = width * 2 // 3 // 2 * 2
        shown = Box(0, max(0, (height - high) // 4 * 2), left, min(high, height) // 2 * 2)
        rest = Box(left, 0, width - left, height)
    else:
        high = min(round(width * sizes.height / sizes.width / 2) * 2, height * 2 // 3 // 2 * 2)
        wide = min(width, (height - high) // 2 * 2)
        shown, rest = Box(0, 0, width, high), Box((width - wide) // 4 * 2, high, wide, height - high)
    person = max(scene.people, key=lambda one: len(one.boxes))
    looks = scene.last - scene.first
    kept = crop_box(sizes.width, sizes.height, shown.width / shown.height)
    whole = np.tile(np.array([kept.x, kept.y, kept.width, kept.height], np.float64), (looks, 1))
    share = _BESIDE_A_SCREEN if width > height else _UNDER_A_SCREEN
    face = _portrait(person, scene, rest, share, sizes, _LOWER_FACE_AT if height > width else _HIGHER_FACE_AT)
    top, bottom = _face_between(person, scene, face, height)
    if width > height:
        captions = Room(end=_LOWEST, right=1 - rest.x / width + _CLEAR)
    elif height > width:
        captions = Room(end=min(high / height + _BELOW_SEAM, top - _CLEAR))
    elif _LOWEST - bottom >= _ROOM:
        captions = Room(bottom + _CLEAR, _LOWEST)
    else:
        # Under the face is no room, so they stand over the lower end of the screen.
        captions = Room(end=high / height)
    return Framed(scene.first, scene.last, "screen", (Panel(shown, whole), face), captions=captions)


def _face_between(person: Person, scene: Scene, panel: Panel, height: int) -> tuple[float, float]:
    """From where to how far down a face is ever seen in a panel, as shares of the clip's height."""
    tops, bottoms = [], []
    for look, box in person.boxes.items():
        _, top, _, high = panel.views[look - scene.first]
        scale = panel.box.height / high
        tops.append(panel.box.y + (box.y - top) * scale)
        bottoms.append(tops[-1] + box.height * scale)
    return min(tops) / height, max(bottoms) / height


def _portrait(person: Person, scene: Scene, box: Box, share: float, sizes: Sizes, face_at: float = _FACE_AT) -> Panel:
    """A face that takes ``share`` of the height of a panel."""
    kept = crop_box(sizes.width, sizes.height, box.width / box.height)
    high = min(kept.height, person.height() / share)
    views = _views(person, scene.first, scene.last, high * box.width / box.height, high, sizes, face_at)
    return Panel(box, views)


def _views(
    person: Person, first: int, last: int, width: float, height: float, sizes: Sizes, face_at: float = _FACE_AT
) -> Views:
    across, down = np.full(last - first, np.nan), np.full(last - first, np.nan)
    for look, box in person.boxes.items():
        if first <= look < last:
            across[look - first] = box.x + box.width / 2
            down[look - first] = box.y + box.height / 2
    if np.isnan(across).all():
        across[:], down[:] = person.middle()
    left = followed(across, width, STEP_S) - width / 2
    top = followed(down, height, STEP_S) - height * face_at
    left = np.clip(left, 0, max(0.0, sizes.width - width))
    top = np.clip(top, 0, max(0.0, sizes.height - height))
    return np.column_stack([left, top, np.full_like(left, width), np.full_like(top, height)])


def merged(shots: Sequence[Framed]) -> tuple[Framed, ...]:
    """Neighbours that are shown alike as one, for telling."""
    made: list[Framed] = []
    for shot in shots:
        if made and (made[-1].layout, made[-1].speaker) == (shot.layout, shot.speaker):
            made[-1] = replace(made[-1], last=shot.last)
        else:
            made.append(shot)
    return tuple(made)
