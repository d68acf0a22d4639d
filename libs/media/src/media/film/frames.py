"""Pictures as the frames of a moving camera, drawn plane by plane as the encoder takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from media.film.camera import View, between, suits, views
from media.film.depth import Look, behind
from media.film.plan import Motion
from media.images.photos import resize
from media.images.planes import frame_planes
from media.types import Bgr

_FINER = 1.2  # pixels of the prepared picture for one of the frame, at the nearest view
_MOST_ENLARGED = 2.0  # pixels of the frame for one of the picture
_MOST_PIXELS = 12_000_000
_NEARER = 0.045  # how much more the person in front grows or moves than what is behind
_SIDEWAYS = 0.5  # of that, when the camera only moves sideways

_Planes = tuple[NDArray[np.uint8], ...]


def camera_frames(
    image: Bgr, look: Look, motion: Motion, width: int, height: int, count: int, rate: float, *, zoom: float = 1.0
) -> Iterator[Any]:
    """``count`` yuv420p frames (BT.709) of a camera that moves over ``image``; one frame is reused for all.

    ``zoom`` is how much nearer it begins than it has to; what would be enlarged too much stays further away.
    """
    aspect, own = width / height, image.shape[1] / image.shape[0]
    zoom = max(1.0, min(zoom, _MOST_ENLARGED * min(image.shape[1] / width, image.shape[0] / height)))
    motion = suits(motion, aspect, own)
    first, last = views(motion, aspect, own, count / rate, look.subject, zoom)
    picture = _prepared(image, width / min(first.width, last.width))
    layers = _Layers.of(picture, look, motion)
    frame = av.VideoFrame(width, height, "yuv420p")
    planes = frame_planes(frame)
    for number in range(count):
        share = number / max(1, count - 1)
        layers.draw(planes, between(first, last, share), share)
        yield frame


def still_frame(image: Bgr) -> Any:
    """The picture as a yuv420p frame (BT.709); sides are even."""
    return av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p", dst_colorspace="ITU709")


class _Layers:
    """The prepared picture, in one layer or two: the person in front of what is behind."""

    def __init__(
        self, back: _Planes, front: tuple[_Planes, _Planes] | None, pivot: tuple[float, float], way: Motion
    ) -> None:
        self._back, self._front, self._pivot, self._way = back, front, pivot, way

    @classmethod
    def of(cls, picture: Bgr, look: Look, motion: Motion) -> _Layers:
        if look.cut is None or look.subject is None or motion is Motion.STILL:
            return cls(_planes(picture), None, (0.5, 0.5), motion)
        tall, wide = picture.shape[:2]
        cut = np.asarray(cv2.resize(look.cut, (wide, tall), interpolation=cv2.INTER_CUBIC), np.uint8)
        small = np.asarray(cv2.resize(cut, (wide // 2, tall // 2), interpolation=cv2.INTER_AREA), np.uint8)
        mattes = (cut, small, small)
        whole = _planes(picture)
        # Weighted by the cut beforehand: mixing is then one product and one sum.
        front = tuple(
            np.asarray((plane.astype(np.float32) * matte + np.float32(127)) / np.float32(255), np.uint8)
            for plane, matte in zip(whole, mattes, strict=True)
        )
        return cls(_planes(behind(picture, cut)), (front, mattes), (look.subject.x, look.subject.y), motion)

    def draw(self, frame: list[NDArray[np.uint8]], view: View, share: float) -> None:
        for target, plane in zip(frame, self._back, strict=True):
            _warp(plane, view, target)
        if self._front is None:
            return
        nearer = self._nearer(view, share)
        for target, plane, matte in zip(frame, *self._front, strict=True):
            front, cut = np.empty_like(target), np.empty_like(target)
            _warp(plane, nearer, front)
            _warp(matte, nearer, cut)
            target[:] = cv2.add(cv2.multiply(target, cv2.bitwise_not(cut), scale=1 / 255), front)

    def _nearer(self, view: View, share: float) -> View:
        """What the layer in front shows: it grows around the face while the camera goes in, and goes further aside."""
        x, y = self._pivot
        way = {Motion.PUSH_IN: share, Motion.PULL_OUT: 1 - share}.get(self._way, _SIDEWAYS)
        factor = 1 / (1 + _NEARER * way)
        # The pivot stays where it is in the frame.
        moved = View(x + (view.x - x) * factor, y + (view.y - y) * factor, view.width * factor, view.height * factor)
        aside = _NEARER * _SIDEWAYS * (share - 0.5) * view.width
        if self._way in (Motion.PAN_LEFT, Motion.PAN_RIGHT):
            sign = 1 if self._way is Motion.PAN_RIGHT else -1
            return View(moved.x + sign * aside, moved.y, moved.width, moved.height)
        return moved


def _prepared(image: Bgr, across: float) -> Bgr:
    """The picture at the size from which frames are drawn: ``across`` pixels of the frame are its whole width."""
    tall, wide = image.shape[:2]
    scale = _FINER * across / wide
    scale = min(scale, (_MOST_PIXELS / (wide * tall)) ** 0.5)
    size = (max(2, round(wide * scale / 2) * 2), max(2, round(tall * scale / 2) * 2))
    if scale > 1:
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.ascontiguousarray(resize(image, *size))


def _planes(image: Bgr) -> _Planes:
    return tuple(np.ascontiguousarray(plane) for plane in frame_planes(still_frame(image)))


def _warp(plane: NDArray[np.uint8], view: View, target: NDArray[np.uint8]) -> None:
    """Draw the view of a plane into ``target``."""
    tall, wide = plane.shape
    height, width = target.shape
    across, down = view.width * wide / width, view.height * tall / height
    # From the middles of pixels to the middles of pixels.
    left = (view.x - view.width / 2) * wide + across / 2 - 0.5
    top = (view.y - view.height / 2) * tall + down / 2 - 0.5
    matrix = np.array([[across, 0, left], [0, down, top]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    target[:] = cv2.warpAffine(plane, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
