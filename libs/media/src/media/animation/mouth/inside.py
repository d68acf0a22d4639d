"""What is seen between parted lips: the dark, the tongue and the upper teeth, in the light of the photo.

Upper teeth belong to the skull and stay where they are; where the photo shows them they are the photo's own. The
tongue goes with the jaw. Nothing here is sharper than the photo around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.animation.frame import FaceFrame, Grid
from media.animation.mouth.lips import Lips
from media.animation.mouth.rig import MEETING, WIDE_OPEN, MouthShape
from media.animation.planes import Planes, colour_of
from media.types import Bgr

# Distances of the borders between upper teeth from the middle: widths of incisors, canine and premolar (Wheeler's
# dental anatomy) seen from the front, over a distance of 63 mm between the pupils.
_BORDERS = np.array([0.0, 0.135, 0.235, 0.315, 0.375], np.float32)
_SEEN_GAP = 0.035
_MOST_SLOPE, _SIDES_APART = 1.2, 0.75  # of the logarithm of the light left and right of the mouth, and their distance
_STEPS = 10
_PALE_SHARE = 0.4
_COVERED = 0.055  # how far a fully pursed upper lip comes down over the teeth


@dataclass(frozen=True, slots=True)
class Palette:
    """Luma and chromas of what is inside, taken from the photo.

    ``teeth_reach`` is how far down the photo's opening its own teeth are seen: 1 for all of it, 0 where there are none.
    ``slope`` is how much lighter, by shares of a distance of the eyes, it gets towards the right.
    """

    teeth: tuple[float, float, float]
    tongue: tuple[float, float, float]
    dark: tuple[float, float, float]
    teeth_reach: float
    slope: float = 0.0


def palette(image: Bgr, frame: FaceFrame, lips: Lips) -> Palette:
    """Colours for the inside of this mouth: teeth as pale as the light on this skin allows, the rest from its lips."""
    patch = frame.patch(image, lips.x - 0.9, lips.y - 0.35, lips.x + 0.9, lips.y + 0.6, 80.0)
    u, v = np.meshgrid(
        (np.arange(patch.shape[1], dtype=np.float32) + 0.5) / 80 + lips.x - 0.9,
        (np.arange(patch.shape[0], dtype=np.float32) + 0.5) / 80 + lips.y - 0.35,
    )
    outer_upper, upper, lower, outer_lower = lips.edges(u)
    inside = (v > upper + 0.012) & (v < lower - 0.012)
    lip = ((v > outer_upper) & (v < upper - 0.01)) | ((v > lower + 0.01) & (v < outer_lower))
    near = (np.abs(u - lips.x) < 0.6) & ((v < outer_upper - 0.03) | (v > outer_lower + 0.05))
    skin = np.percentile(patch[near], 60, axis=0)
    red = np.percentile(patch[lip], 45, axis=0) if lip.any() else skin * (0.7, 0.75, 0.9)
    light = float(colour_of(skin)[0]) - 16
    _, teeth_u, teeth_v = colour_of(skin)
    # Enamel is paler than skin and yellower than grey: next to warm skin a neutral white looks blue.
    teeth = (min(228.0, 16 + 1.22 * light), 128 + 0.55 * (teeth_u - 128), 128 + 0.5 * (teeth_v - 128))
    reach = 0.0
    if lips.gap > _SEEN_GAP and inside.any():
        luma = cv2.transform(patch, np.array([[0.0722, 0.7152, 0.2126]]))
        pale = luma > 0.62 * light
        down = (v - upper) / np.maximum(lower - upper, np.float32(1e-3))
        middle = inside & (np.abs(lips.across(u)) < 0.5)
        # Mostly pale, it is teeth from lip to lip, whatever dark lines or gaps are between them.
        reach = 1.0 if pale[inside].mean() > 0.48 else _reach(pale[middle], down[middle])
    teeth_there = inside & (v < upper + np.float32(reach) * (lower - upper))
    if not teeth_there.any():
        reach = 0.0
    if reach:
        bright = patch[teeth_there & (luma >= np.percentile(luma[teeth_there], 65))]
        teeth = colour_of(np.median(bright, axis=0))
    red_y, red_u, red_v = colour_of(red)
    tongue = (16 + 0.62 * (red_y - 16), 128 + 0.9 * (red_u - 128), 128 + 1.1 * (red_v - 128))
    dark = (16 + 0.13 * light, 128 + 0.5 * (red_u - 128), 128 + 0.8 * (red_v - 128))
    sides = [np.median(patch[near & (side * (u - lips.x) > 0.15)], axis=0).mean() + 1 for side in (-1, 1)]
    slope = float(np.clip(np.log(sides[1] / sides[0]), -_MOST_SLOPE, _MOST_SLOPE)) / _SIDES_APART
    return Palette(teeth, tongue, dark, reach, slope)


def _reach(pale: NDArray[np.bool_], down: Grid) -> float:
    """How far down an opening (0 to 1) it is pale without a break; 0 below a fifth."""
    steps = np.minimum((down * _STEPS).astype(np.int32), _STEPS - 1)
    count = np.bincount(steps, minlength=_STEPS)
    share = np.bincount(steps, weights=pale, minlength=_STEPS) / np.maximum(count, 1)
    share = share[count > 0]  # of a low opening the first and last steps lie in its margin
    dark = np.flatnonzero(share[1:] < _PALE_SHARE) + 1
    reach = float(dark[0] if len(dark) else len(share)) / len(share)
    return reach if reach >= 0.2 else 0.0


class Inside:
    """Paints the inside of one mouth. ``softness`` is the width of an edge in face units."""

    def __init__(self, lips: Lips, colours: Palette, softness: float) -> None:
        self._lips = lips
        self._colours = colours
        self._soft = np.float32(softness)
        # The edge of the upper incisors: a little below where the lips meet.
        meeting = lips.upper + MEETING * min(lips.gap, WIDE_OPEN)
        self._edge = meeting + 0.03

    def paint(
        self, shape: MouthShape, u: Grid, v: Grid, contours: tuple[Grid, Grid], still: Planes
    ) -> tuple[Grid, Grid]:
        """Luma (the grid's shape) and chroma (half of it, two values) as floats, at face coordinates (u, v).

        ``contours`` are those of ``shape`` there, ``still`` is the photo there, unmoved by the mouth: its own teeth are
        taken from it.
        """
        lips, colours, soft = self._lips, self._colours, self._soft
        upper, lower = contours
        across = u - np.float32(lips.x)
        base = lips.base(u)
        luma = np.full(u.shape, colours.dark[0], np.float32)
        chroma = np.empty((u.shape[0] // 2, u.shape[1] // 2, 2), np.float32)
        chroma[:] = colours.dark[1:]
        # A narrow or pursed opening lets little light in, and a pursed upper lip comes down over the teeth.
        pursed = max(0.0, -shape.pose.wide)
        light = np.float32((0.85 + 0.15 * min(1.0, shape.gap / 0.1)) * (1 - 0.12 * pursed))
        covered = np.float32(_COVERED * pursed)

        # Tongue: lies behind the lower lip, its tip comes up to the teeth for th and l.
        lie = np.float32(0.03 - 0.05 * shape.pose.tongue)
        height = np.float32(0.07 + 0.22 * shape.gap + 0.05 * shape.pose.tongue)
        tip = np.sqrt(np.square(across / np.float32(0.62 * shape.half_width)) + np.square((v - lower - lie) / height))
        tongue = 0.95 * _edge(1 - tip, soft * 3 + np.float32(0.25))
        shade = np.float32(0.55) + np.float32(0.45) * (1.3 - tip).clip(0, 1)
        _blend(luma, chroma, tongue, np.float32(colours.tongue[0]) * shade * light, _chroma(colours.tongue))

        # What is painted lies in the photo's light from the side, which its own teeth have already.
        lit = np.exp((np.float32(colours.slope) * across).clip(-0.6, 0.6))
        luma = np.float32(16) + (luma - 16) * lit
        if colours.teeth_reach:
            self._own_teeth(luma, chroma, across, u, v + covered, still, light)
        else:
            self._made_teeth(luma, chroma, base, across, v + covered - np.float32(0.03 * shape.pose.tuck), light * lit)

        # The upper lip and the corners throw a shadow.
        under = ((v - upper) / np.float32(0.05)).clip(0, 1)
        side = ((np.float32(shape.half_width) - np.abs(across)) / np.float32(0.12)).clip(0, 1)
        luma = np.float32(16) + (luma - 16) * (np.float32(0.78) + np.float32(0.22) * under) * (
            np.float32(0.6) + np.float32(0.4) * side
        )
        return luma, chroma

    def _own_teeth(
        self,
        luma: Grid,
        chroma: Grid,
        across: Grid,
        u: Grid,
        v: Grid,
        still: Planes,
        light: np.float32,
    ) -> None:
        top, bottom = self._lips.inner(u)
        bottom = top + np.float32(self._colours.teeth_reach) * (bottom - top)
        alpha = _edge(bottom - np.float32(0.004) - v, self._soft + np.float32(0.012))
        alpha *= _edge(np.float32(self._lips.half_width) - np.abs(across), np.float32(0.04))
        half = cv2.resize(alpha, (alpha.shape[1] // 2, alpha.shape[0] // 2), interpolation=cv2.INTER_AREA)[..., None]
        luma += alpha * ((still.luma - np.float32(16)) * (np.float32(0.6) + np.float32(0.4) * light) + 16 - luma)
        chroma += half * (still.chroma - chroma)

    def _made_teeth(self, luma: Grid, chroma: Grid, base: Grid, across: Grid, v: Grid, light: Grid) -> None:
        size = np.abs(across)
        nearest = np.abs(size[..., None] - _BORDERS).min(axis=-1)
        scallop = np.float32(0.010) * np.exp(-np.square(nearest / np.float32(0.02)))
        edge = base + np.float32(self._edge) - np.float32(0.42) * np.square(across) - scallop
        alpha = _edge(edge - v, self._soft + np.float32(0.01)) * _edge(np.float32(0.40) - size, np.float32(0.06))
        groove = 1 - np.float32(0.16) * np.exp(-np.square(nearest / (self._soft + np.float32(0.008))))
        round_off = 1 - np.float32(3.0) * np.square(across)
        # Teeth bulge: darker under the gum and, thin enough to be seen through, at their edge.
        high = ((v - edge + np.float32(0.12)) / np.float32(0.1)).clip(0, 1)
        rim = ((v - edge + np.float32(0.022)) / np.float32(0.022)).clip(0, 1)
        down = np.float32(0.74) + np.float32(0.26) * high - np.float32(0.1) * rim
        shade = (groove * round_off * down).clip(0.2, 1) * light
        bright = np.float32(16) + np.float32(self._colours.teeth[0] - 16) * shade
        _blend(luma, chroma, alpha, bright, _chroma(self._colours.teeth))


def _edge(inside: Grid, width: np.float32 | Grid) -> Grid:
    """0 to 1 across a soft edge of ``width`` around 0."""
    share = (inside / width + np.float32(0.5)).clip(0, 1)
    return np.asarray(share * share * (np.float32(3) - np.float32(2) * share), np.float32)


def _chroma(colour: tuple[float, float, float]) -> tuple[float, float]:
    return colour[1], colour[2]


def _blend(luma: Grid, chroma: Grid, alpha: Grid, value: Grid | np.float32, colour: tuple[float, float]) -> None:
    luma += alpha * (value - luma)
    half = cv2.resize(alpha, (alpha.shape[1] // 2, alpha.shape[0] // 2), interpolation=cv2.INTER_AREA)[..., None]
    chroma += half * (np.asarray(colour, np.float32) - chroma)
