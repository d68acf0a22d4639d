"""What a lowered eyelid looks like: the skin around the eye without what crosses it, its grain, and a line of lashes.

Skin stretched over the eye would draw what lies above it out into streaks: noise, the ink of a drawing, a brow. So the
colour of the lid is a robust mean of the skin above and below the eye, and only its upper fold is that of the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from media.animation.eyes.fit import Eye
from media.animation.frame import FaceFrame, Grid
from media.animation.mesh import sample
from media.animation.planes import Bytes, Planes, Region

_COLUMNS = 64
_REACH = 1.3  # half widths to each side that the colours are known for
_ABOVE = np.linspace(-0.12, -0.035, 20, dtype=np.float32)  # rows of skin, from the edge of the upper lid
_BELOW = np.linspace(0.05, 0.12, 12, dtype=np.float32)  # and from that of the lower one
_LASHES = np.linspace(-0.03, 0.03, 12, dtype=np.float32)
_LIT = 65.0  # percentile of the skin's luma: shadows, lashes and brows weigh less than light
_WINDOW = 13  # columns: wider than an ink line or the rim of spectacles
_CHEEK = 0.3  # how far below the eye the grain is taken from
_CHEEK_ROWS = np.linspace(0.12, 0.5, 24, dtype=np.float32)
_LEAST_LIGHT, _MOST_LIGHT, _MOST_TINT = 0.68, 1.12, 5.0  # of a lid beside its cheek
_BLACK = 16.0
_THIN, _DARKER = 0.16, 0.62  # a rim or a strand: narrower than this, darker than this share of what is around it
_LID_ITSELF = 0.045  # beside the opening of the eye: lashes and the crease move with the lid
_SHORTEST = 0.3  # shorter ones are creases and the ends of lashes
_TABLE = 512


@dataclass(frozen=True, slots=True)
class LidSkin:
    """Luma and chromas from corner to corner, those of the lashes, and the photo's grain in the eye's rectangle.

    ``before`` is a picture as large as the photo whose luma is 255 where glasses or hair are before the lid.
    """

    left: float
    right: float
    luma: Grid
    chroma: Grid
    lash: tuple[float, float, float]
    grain_luma: Grid
    grain_chroma: Grid
    before: Planes

    @classmethod
    def of(cls, still: Planes, eye: Eye, frame: FaceFrame, region: Region) -> LidSkin:
        """The lid of ``eye``, to be painted inside ``region``, from the picture ``still``."""
        left, right = (eye.x + side * _REACH * eye.half_width for side in (-1, 1))
        u = np.linspace(left, right, _COLUMNS, dtype=np.float32)
        upper, lower = eye.lids(u)
        skin = _rows(still, frame, u, np.concatenate([upper + _ABOVE[:, None], lower + _BELOW[:, None]]))
        lashes = _rows(still, frame, u, upper + _LASHES[:, None])
        dark = lashes.luma <= np.percentile(lashes.luma, 15)
        tint = lashes.chroma[dark[::2, ::2]]
        blue, red = np.median(tint if len(tint) else lashes.chroma.reshape(-1, 2), axis=0).tolist()
        luma = _along(skin.luma, _WINDOW, _LIT)
        # Above there is make-up, shadow and brow; what colour the skin has is seen below.
        below = skin.chroma[len(_ABOVE) // 2 :]
        chroma = np.stack([_along(below[..., plane], _WINDOW // 2, 50.0) for plane in (0, 1)], axis=-1)
        # Around an eye may be paint, ink, a rim or its shadow: a lid is about as light as the cheek below it.
        face = _rows(still, frame, u, lower + _CHEEK_ROWS[:, None])
        usual = _along(face.luma, _WINDOW, _LIT) - _BLACK
        luma = np.clip(luma, _BLACK + _LEAST_LIGHT * usual, _BLACK + _MOST_LIGHT * usual)
        bright = np.argsort(face.luma[::2, ::2], axis=0)[len(_CHEEK_ROWS) // 4 :, :, None]
        cheek_tint = np.take_along_axis(face.chroma, bright, axis=0)
        tints = np.stack([_along(cheek_tint[..., plane], _WINDOW // 2, 50.0) for plane in (0, 1)], axis=-1)
        chroma = np.clip(chroma, tints - _MOST_TINT, tints + _MOST_TINT)
        # Darker skin of the same hue has less chroma: else a lid in the shadow of the brow glows.
        chroma = 128 + (chroma - 128) * np.minimum(1, (luma - _BLACK) / np.maximum(usual, 1))[:, None] ** 0.5
        down = np.array([-frame.sin, frame.cos]) * _CHEEK * frame.scale
        cheek = region.moved(*(int(2 * round(shift / 2)) for shift in down.tolist()))
        sigma = max(1.5, 0.02 * frame.scale)
        return cls(
            left,
            right,
            luma,
            chroma,
            (float(np.median(lashes.luma[dark])), blue, red),
            _grain(still.luma, cheek, 1, sigma),
            _grain(still.chroma, cheek, 2, sigma / 2),
            _before(still, eye, frame, region),
        )

    def at(self, u: Grid) -> tuple[Grid, Grid]:
        """Luma at every place, chroma at every other one in both directions, grain included."""
        place = (u - np.float32(self.left)) * np.float32((_TABLE - 1) / (self.right - self.left))
        index = np.clip(place, 0, _TABLE - 1).astype(np.int32)
        return self.luma[index] + self.grain_luma, self.chroma[index[::2, ::2]] + self.grain_chroma


def _before(still: Planes, eye: Eye, frame: FaceFrame, region: Region) -> Planes:
    """Thin and dark structures outside the opening of ``eye``, from the lid's crease on."""
    luma = region.of(still.luma)
    width = max(3, round(_THIN * frame.scale) | 1)
    around = cv2.morphologyEx(luma, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    thin = luma - _BLACK < _DARKER * (around - _BLACK)
    y, x = np.mgrid[region.top : region.bottom, region.left : region.right].astype(np.float32)
    u, v = frame.to_face(x, y)
    upper, lower = eye.lids(u)
    thin &= (v < upper - _LID_ITSELF) | (v > lower + _LID_ITSELF)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8))
    long = np.maximum(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT]) > _SHORTEST * frame.scale
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    long &= np.isin(np.arange(count), edge)
    long[0] = False
    thin = long[labels]
    shown = np.zeros_like(still.luma)
    soft = cv2.GaussianBlur(cv2.dilate(thin.astype(np.float32), np.ones((3, 3), np.uint8)), (0, 0), 1.0)
    region.of(shown)[:] = np.clip(255 * soft, 0, 255).astype(np.uint8)
    return Planes(shown, np.zeros_like(still.chroma))


def _rows(still: Planes, frame: FaceFrame, u: Grid, v: Grid) -> Planes:
    return sample(still, *frame.to_picture(np.broadcast_to(u, v.shape), v))


def _along(rows: Bytes, window: int, percentile: float) -> Grid:
    """The percentile of all rows in a window around each column, smooth from column to column; ``_TABLE`` long."""
    edge = window // 2
    padded = np.pad(rows, ((0, 0), (edge, edge)), mode="edge")
    windows = sliding_window_view(padded, 2 * edge + 1, axis=1).transpose(1, 0, 2).reshape(rows.shape[1], -1)
    robust = np.percentile(windows, percentile, axis=1)
    kernel = np.hanning(2 * edge + 3)[1:-1]
    smooth = np.convolve(np.pad(robust, edge, mode="edge"), kernel / kernel.sum(), mode="valid")
    return np.interp(np.linspace(0, 1, _TABLE), np.linspace(0, 1, len(smooth)), smooth).astype(np.float32)


def _grain(plane: NDArray[np.uint8], cheek: Region, scale: int, sigma: float) -> Grid:
    """What is fine in ``plane`` at the cheek: noise and pores, without the lines that stand out of them."""
    height, width = plane.shape[:2]
    rows = np.clip(np.arange(cheek.top // scale, cheek.bottom // scale), 0, height - 1)
    columns = np.clip(np.arange(cheek.left // scale, cheek.right // scale), 0, width - 1)
    part = plane[np.ix_(rows, columns)].astype(np.float32)
    fine = part - cv2.GaussianBlur(part, (0, 0), sigma)
    # A line (ink, the rim of spectacles) is a place where much more is fine than elsewhere.
    strength = cv2.GaussianBlur(np.abs(fine), (0, 0), 2 * sigma)
    usual = np.median(strength, axis=(0, 1)) + np.float32(0.1)
    around = cv2.dilate(strength, np.ones((round(4 * sigma) | 1, round(4 * sigma) | 1), np.uint8))
    # Beside a thick one its halo is left.
    return np.asarray(np.clip(fine, -3 * usual, 3 * usual) * np.clip(3 - around / usual, 0, 1), np.float32)
