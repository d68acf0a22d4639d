"""How a mouth moves in a video, and how that follows the sound.

The face is found once and then followed: points on its upper half, which speech does not move, give the turn, size and
shift of the head in every frame. The mouth region is cut out with that motion undone. How open the mouth is, is the
difference of that region from what it looks like while nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.types import Box, Face

Grey = NDArray[np.uint8]
Series = NDArray[np.float64]

FACE_WIDTH = 96
_MARGIN = 0.45
_FEWEST_POINTS = 8
_QUIET_SHARE = 0.2
_STEP_S = 1 / 30
MAX_LAG_S = 0.4
LAG_SHARE = 1 / 6
"""Of a film: a longer lag leaves too little of it to compare."""


@dataclass(slots=True)
class MouthTracker:
    """Collects the mouth region, frame by frame, of one face; ``face`` in pixels of the frames given to ``add``."""

    face: Face
    times: list[float] = field(default_factory=list)
    _mouths: list[NDArray[np.float32]] = field(default_factory=list)
    _uppers: list[NDArray[np.float32]] = field(default_factory=list)
    _reference: Grey | None = None
    _points: NDArray[np.float32] | None = None
    _moved: NDArray[np.float32] | None = None
    _undo: NDArray[np.float64] = field(default_factory=lambda: np.eye(2, 3))

    def add(self, time: float, luma: Grey) -> None:
        """Take one frame: its time in seconds and its luma plane."""
        patch = self._patch(luma)
        if self._reference is None:
            self._reference = patch
            self._points = _upper_points(patch)
            self._moved = self._points
        else:
            self._follow(self._reference, patch)
        size = (patch.shape[1], patch.shape[0])
        still = cv2.warpAffine(
            patch, self._undo, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        soft = cv2.GaussianBlur(still, (0, 0), 1.5).astype(np.float32)
        self.times.append(time)
        self._mouths.append(_cut(soft, self._mouth_box(patch.shape)))
        self._uppers.append(_cut(soft, _upper_box(patch.shape)))

    def changes(self, quiet: NDArray[np.bool_]) -> tuple[Series, Series]:
        """How far mouth and upper face are, in grey levels, from their look in the frames marked ``quiet``."""
        return _distance(self._mouths, quiet), _distance(self._uppers, quiet)

    def steps(self) -> Series:
        """How much the mouth region changes from each frame to the next, in grey levels; the first value is 0."""
        pairs = zip(self._mouths, self._mouths[1:], strict=False)
        return np.asarray([0.0] + [float(np.abs(b - a).mean()) for a, b in pairs])

    def _region(self, shape: tuple[int, ...]) -> Box:
        box = self.face.box
        grow_x, grow_y = round(box.width * _MARGIN), round(box.height * _MARGIN)
        x0, y0 = max(0, box.x - grow_x), max(0, box.y - grow_y)
        x1, y1 = min(shape[1], box.x + box.width + grow_x), min(shape[0], box.y + box.height + grow_y)
        return Box(x0, y0, max(8, x1 - x0), max(8, y1 - y0))

    def _patch(self, luma: Grey) -> Grey:
        region = self._region(luma.shape)
        scale = FACE_WIDTH / self.face.box.width
        cut = luma[region.y : region.y + region.height, region.x : region.x + region.width]
        size = max(16, round(region.width * scale)), max(16, round(region.height * scale))
        return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _mouth_box(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Lips with room for the jaw to drop, in pixels of the patch."""
        scale = FACE_WIDTH / self.face.box.width
        region_x = max(0, self.face.box.x - round(self.face.box.width * _MARGIN))
        region_y = max(0, self.face.box.y - round(self.face.box.height * _MARGIN))
        mouth = self.face.mouth
        middle_x, middle_y = mouth.x + mouth.width / 2 - region_x, mouth.y + mouth.height / 2 - region_y
        half = max(mouth.width * 0.6, self.face.box.width * 0.18)
        height, width = shape
        return _slice(middle_y - half * 0.6, middle_y + half, scale, height), _slice(
            middle_x - half, middle_x + half, scale, width
        )

    def _follow(self, reference: Grey, patch: Grey) -> None:
        if self._points is None or self._moved is None or len(self._points) < _FEWEST_POINTS:
            return
        found, status, _ = cv2.calcOpticalFlowPyrLK(
            reference,
            patch,
            self._points,
            self._moved.copy(),
            winSize=(15, 15),
            maxLevel=2,
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )
        good = status.reshape(-1) == 1
        if good.sum() < _FEWEST_POINTS:
            return
        motion, _ = cv2.estimateAffinePartial2D(self._points[good], found[good], ransacReprojThreshold=1.0)
        if motion is None or not 0.5 < float(np.hypot(motion[0, 0], motion[1, 0])) < 2.0:
            return
        self._undo = np.asarray(motion, np.float64)
        self._moved = np.asarray(cv2.transform(self._points, self._undo), np.float32)


@dataclass(frozen=True, slots=True)
class MouthSync:
    """``correlation`` is the best over lags of at most 400 ms and ``LAG_SHARE`` of the film, ``lag_ms`` is positive
    when the mouth is late.

    ``motion`` is the spread of the mouth's change in grey levels, ``upper_motion`` that of the upper face.
    """

    correlation: float
    lag_ms: float
    motion: float
    upper_motion: float


def measure_sync(tracker: MouthTracker, samples: NDArray[np.float32], rate: int) -> MouthSync:
    """Correlate how open the mouth is with how loud the sound is (mono float samples at ``rate``)."""
    times = np.asarray(tracker.times)
    if len(times) < 10 or not len(samples):
        return MouthSync(0.0, 0.0, 0.0, 0.0)
    loudness = loudness_at(times, samples, rate)
    quiet = loudness <= np.quantile(loudness, _QUIET_SHARE)
    mouth, upper = tracker.changes(quiet)
    return sync(times, mouth, upper, samples, rate)


def sync(times: Series, mouth: Series, upper: Series, samples: NDArray[np.float32], rate: int) -> MouthSync:
    """How ``mouth`` (its opening at ``times``) goes with the sound; ``upper`` is what the upper face does meanwhile."""
    if len(times) < 10 or not len(samples):
        return MouthSync(0.0, 0.0, 0.0, 0.0)
    grid = np.arange(times[0], times[-1], _STEP_S)
    opening = _smooth(np.interp(grid, times, mouth))
    motion, upper_motion = float(np.std(opening)), float(np.std(_smooth(np.interp(grid, times, upper))))
    best = (-1.0, 0.0)
    most = round(min(MAX_LAG_S / _STEP_S, LAG_SHARE * len(grid)))
    around = grid[0] + np.arange(-most, len(grid) + most) * _STEP_S
    loudness = loudness_at(around, samples, rate)
    for step in sorted(range(-most, most + 1), key=abs):
        value = _correlation(opening, loudness[most - step : most - step + len(grid)])
        if value > best[0] + 1e-9:
            best = value, step * _STEP_S
    return MouthSync(max(0.0, best[0]), best[1] * 1000, motion, upper_motion)


def loudness_at(times: Series, samples: NDArray[np.float32], rate: int) -> Series:
    """The RMS of the sound around each time, in a window of 120 ms: about as slow as a jaw is."""
    power = np.concatenate(([0.0], np.cumsum(np.square(samples.reshape(-1).astype(np.float64)))))
    half = round(0.06 * rate)
    middle = np.round(times * rate).astype(np.int64)
    start, end = np.clip(middle - half, 0, len(power) - 1), np.clip(middle + half, 0, len(power) - 1)
    return np.asarray(((power[end] - power[start]) / (2 * half)) ** 0.5)


def _upper_points(patch: Grey) -> NDArray[np.float32]:
    mask = np.zeros_like(patch)
    mask[_upper_box(patch.shape)] = 255
    found = cv2.goodFeaturesToTrack(patch, 60, 0.01, 4, mask=mask)
    return np.zeros((0, 1, 2), np.float32) if found is None else np.asarray(found, np.float32)


def _upper_box(shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Brows, eyes and the bridge of the nose: the face fills the middle of the patch."""
    height, width = shape[:2]
    edge = _MARGIN / (1 + 2 * _MARGIN)
    face = 1 / (1 + 2 * _MARGIN)
    return _slice(height * edge, height * (edge + 0.55 * face), 1, height), _slice(
        width * (edge + 0.08 * face), width * (edge + 0.92 * face), 1, width
    )


def _slice(low: float, high: float, scale: float, size: int) -> slice:
    start = min(max(0, round(low * scale)), size - 2)
    return slice(start, min(size, max(start + 2, round(high * scale))))


def _cut(image: Any, box: tuple[slice, slice]) -> NDArray[np.float32]:
    return np.ascontiguousarray(image[box], np.float32)


def _distance(patches: list[NDArray[np.float32]], quiet: NDArray[np.bool_]) -> Series:
    stack = np.stack(patches)
    closed = np.median(stack[quiet], axis=0)
    return np.asarray(np.sqrt(np.mean(np.square(stack - closed), axis=(1, 2))), np.float64)


def _smooth(values: Series) -> Series:
    return np.convolve(np.pad(values, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")


def _correlation(one: Series, other: Series) -> float:
    if np.std(one) < 1e-9 or np.std(other) < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
