"""How the skin around the mouth moves: for every place of the new picture, where in the photo it comes from.

Lips, chin and cheeks are moved by smooth fields in face units. The upper lip and what is above it is one layer, the
lower lip and what is below it another; the two agree outside the corners and part between them, which opens the
mouth. Fields are written backwards (new place to old place), so nothing has to be inverted and no hole can appear; each
falls off over a distance that grows with what it moves, which keeps it from folding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from media.animation.frame import Grid
from media.animation.mouth.lips import Lips

MEETING = 0.42
"""Where lips meet that the photo shows apart, as a share of the opening from the upper lip down."""
WIDE_OPEN = 0.18
"""Beyond this opening it was the jaw that fell, and the upper lip stays where it is."""
_MOST_GAP = 0.46  # inner lips apart at `open` 1: about 20 mm on an adult
_CHIN = 0.83  # chin below the mouth, as a share of the mouth below the eyes
_NECK = 0.9  # below the chin: nothing further down moves
_NOSE = 0.63  # the base of the nose: nothing above it moves
_OWN_SHAPE = np.float32(0.6)  # how much of the photo's own lip line a moving mouth keeps
_RESIDUE = 0.3  # of an opening: what of teeth and shadow is left beyond the inner edges that were found
_TUCKED = 0.035  # how far the upper teeth show over a lower lip that is tucked under them
_PURSED = 0.235  # half width of a mouth that says u
_CHEEK = 0.95  # half the width of the lower face
_JAW_EASE = 0.62  # of that: over which the jaw's motion fades outwards; the chin itself moves as one


@dataclass(frozen=True, slots=True)
class MouthPose:
    """One frame of a :class:`media.speech.visemes.MouthTrack`."""

    open: float = 0.0
    wide: float = 0.0
    press: float = 0.0
    tuck: float = 0.0
    tongue: float = 0.0
    jaw: float = 0.0
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class MouthShape:
    """A pose on a given face: the inner contours of the lips and the fields that bring the photo there."""

    lips: Lips
    half_width: float
    corner: float
    upper: float
    gap: float
    round: float
    hide: float
    hide_upper: float
    drop: float
    pucker: float
    reach: tuple[float, float]
    cheeks: tuple[float, float]
    pose: MouthPose

    @property
    def closed(self) -> bool:
        """Whether no opening is to be seen."""
        return self.gap < 0.004

    def contours(self, u: Grid) -> tuple[Grid, Grid]:
        """Lower edge of the upper lip and upper edge of the lower lip; one line outside the corners."""
        across = (u - np.float32(self.lips.x)) / np.float32(self.half_width)
        bow = np.maximum(0, 1 - np.square(across))
        upper_shift, lower_shift = self.lips.shifts(self._before_narrowing(u))
        keep = np.float32(self.pose.rest)
        upper = self._base(u) + np.float32(self.upper) * bow + upper_shift * (_OWN_SHAPE + (1 - _OWN_SHAPE) * keep)
        lower = upper + np.float32(self.gap) * bow ** np.float32(self.round)
        return upper, lower + (lower_shift - upper_shift) * keep if keep else lower

    def sources(self, u: Grid, v: Grid, contours: tuple[Grid, Grid] | None = None) -> tuple[Grid, Grid, Grid]:
        """Where (u, v) comes from: u of both layers, v of the upper layer, v of the lower layer.

        Each layer holds on its own side of the lips and continues smoothly beyond. ``contours`` saves computing them.
        """
        upper, lower = contours or self.contours(u)
        across = u - np.float32(self.lips.x)
        # Measured from straight lines, not from the bowed contours, whose slope would fold the skin beside them.
        base = self._base(u)
        above = np.maximum(0, base + np.float32(min(0.0, self.upper) - 0.04) - v) / np.float32(0.3)
        below = np.maximum(0, v - base - np.float32(max(0.0, self.upper + self.gap) + 0.07)) / np.float32(0.5)
        near = _eased(1 - above - below)
        source_u = u + (self._narrowed(across) - across) * near
        along_u = u + self._narrowed(across) - across
        old_upper, old_lower = self.lips.inner(along_u)

        side = np.maximum(0, np.abs(across) - np.float32(self.half_width))
        fading = _eased(1 - side / np.float32(0.42))
        # The very edges carry colour of what was behind them: they are turned inwards.
        within = np.sqrt(np.maximum(0, 1 - np.square(across / np.float32(self.half_width))))
        moved_upper = (upper - old_upper + np.float32(self.hide_upper) * within) * fading
        moved_lower = (lower - old_lower - np.float32(self.hide) * within) * fading

        room = np.float32(max(0.16, self.lips.y + self.lips.upper - _NOSE)) + np.abs(moved_upper)
        upper_fade = _eased(1 - (upper - v) / room)
        fullness = np.float32(self.pucker) * fading
        upper_v = (
            v - moved_upper * upper_fade + fullness * _swell((upper - v) / np.float32(lips_height(self.lips.above)))
        )

        jaw = np.float32(self.drop) * self._jaw_width(across)
        chin = np.float32(self.lips.y * (1 + _CHIN)) + jaw
        towards_chin = _eased((v - lower) / np.maximum(chin - lower, np.float32(0.2)))
        below_chin = _eased(1 - (v - chin) / (np.float32(_NECK) - jaw))
        lower_v = v - (moved_lower + (jaw - moved_lower) * towards_chin) * below_chin
        lower_v -= fullness * _swell((v - lower) / np.float32(lips_height(self.lips.below)))
        return source_u, upper_v, lower_v

    def _before_narrowing(self, u: Grid) -> Grid:
        across = u - np.float32(self.lips.x)
        return np.asarray(np.float32(self.lips.x) + across * np.float32(self.lips.half_width / self.half_width))

    def _base(self, u: Grid) -> Grid:
        return self.lips.base(u) + np.float32(self.corner)

    def _narrowed(self, across: Grid) -> Grid:
        """Backward map of the distance from the middle: the corners come from where they were."""
        old, new = self.lips.half_width, self.half_width
        far = np.where(across < 0, np.float32(self.cheeks[0]), np.float32(self.cheeks[1]))
        size = np.abs(across)
        inner = size * np.float32(old / new)
        outer = size + np.float32(old - new) * _eased((far - size) / (far - np.float32(new)))
        return np.sign(across) * np.where(size < new, inner, outer)

    def _jaw_width(self, across: Grid) -> Grid:
        """1 at the chin, 0 at the outline of the cheeks; the side a turned head hides is shorter."""
        half = np.where(across < 0, np.float32(self.reach[0]), np.float32(self.reach[1]))
        return _eased((1 - np.abs(across) / half) / np.float32(_JAW_EASE))


def moved_area(lips: Lips) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what any shape of these lips moves."""
    wide = max(_CHEEK, lips.half_width + 0.42) + abs(lips.x)
    return -wide, lips.y - 0.42, wide, lips.y * (1 + _CHIN) + _NECK


class MouthRig:
    """Turns poses into shapes for one face.

    ``yaw`` is the face's, -1 to 1; ``outline`` is how far left and right of the mouth its skin ends.
    """

    def __init__(self, lips: Lips, yaw: float = 0.0, outline: tuple[float, float] = (math.inf, math.inf)) -> None:
        self.lips = lips
        self._outline = outline
        turned = float(np.clip(yaw, -0.7, 0.7))
        self._reach = (_CHEEK * (1 + 0.3 * min(0.0, turned)), _CHEEK * (1 - 0.3 * max(0.0, turned)))

    def shape(self, pose: MouthPose) -> MouthShape:
        """The shape of ``pose``; ``rest`` 1 is the photo itself."""
        lips = self.lips
        rounding, spread = max(0.0, -pose.wide), max(0.0, pose.wide)
        smile = float(np.clip((lips.half_width - 0.38) / 0.12, 0, 1))
        # A broad smile relaxes while it speaks; a pursed mouth comes in from there.
        width = lips.half_width * (1 - 0.06 * smile) * (1 + 0.07 * spread * (1 - smile))
        width += (
            (_PURSED * (1 - 0.1 * smile) * min(lips.half_width, 0.4) / 0.36 - width) * (0.85 - 0.4 * smile) * rounding
        )
        width *= 1 - 0.08 * pose.open
        gap = _MOST_GAP * pose.open * (1 - 0.2 * rounding) + _TUCKED * pose.tuck
        # Corners go down with the jaw, and with pursing as far as a smile had lifted them; the middle stays.
        corner = 0.22 * gap + 0.35 * max(0.0, lips.upper + 0.4 * lips.gap) * rounding
        meeting = lips.upper + MEETING * min(lips.gap, WIDE_OPEN) + 0.03 * rounding
        lift = min((0.32 - 0.2 * rounding) * gap, max(0.0, meeting - lips.upper) + 0.03)
        upper = meeting - lift - 0.03 * pose.tuck - corner
        drop = 0.72 * gap * (0.35 + 0.65 * pose.jaw / max(pose.open, pose.jaw, 1e-3)) - 0.12 * lips.gap * pose.press
        keep = pose.rest
        return MouthShape(
            lips=lips,
            half_width=_mix(width, lips.half_width, keep),
            corner=_mix(corner, 0.0, keep),
            upper=_mix(upper, lips.upper, keep),
            gap=_mix(gap, lips.gap, keep),
            round=_mix(0.85 - 0.2 * rounding, 1.0, keep),
            hide_upper=_mix(0.014 + _RESIDUE * min(lips.gap, 0.05), 0.0, keep),
            hide=_mix(
                0.016 + _RESIDUE * min(lips.gap, 0.05) + 0.5 * lips.below * pose.tuck + 0.12 * lips.below * pose.press,
                0.0,
                keep,
            ),
            drop=_mix(drop, 0.0, keep),
            pucker=_mix(0.3 * lips.above * rounding, 0.0, keep),
            reach=self._reach,
            cheeks=self._cheeks(_mix(width, lips.half_width, keep)),
            pose=pose,
        )

    def _cheeks(self, half_width: float) -> tuple[float, float]:
        """Where the skin stays, left and right, when the mouth is ``half_width``: at the outline of the face, if that
        leaves room to even out the motion of the corners without folding."""
        most = max(_CHEEK, self.lips.half_width + 0.4)
        least = max(half_width, self.lips.half_width) + 0.6 * abs(self.lips.half_width - half_width) + 0.05
        left, right = (min(most, max(least, end)) for end in self._outline)
        return left, right


def lips_height(thickness: float) -> float:
    """Where a pursed lip is fullest, from its inner edge."""
    return max(0.05, 1.1 * thickness)


def _swell(share: Grid) -> Grid:
    """0 at the inner edge of a lip, 1 at ``share`` 1, fading beyond: how far a pursed lip's skin has come outwards."""
    share = share.clip(0, 3.2)
    return np.asarray(share * np.exp(1 - share) * _eased((np.float32(3.2) - share) / 2), np.float32)


def _mix(spoken: float, photo: float, rest: float) -> float:
    return spoken + (photo - spoken) * rest


def _eased(share: Grid) -> Grid:
    share = share.clip(0, 1)
    return np.asarray(share * share * (np.float32(3) - np.float32(2) * share), np.float32)
