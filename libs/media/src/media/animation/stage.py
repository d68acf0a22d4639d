"""One prepared face in one picture, ready to be drawn in any pose.

What does not change is computed once: the planes of the picture, the fitted face, the rectangles that can move and
their nodes. Drawing a frame touches those rectangles only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from media.animation.eye_fit import Eye
from media.animation.eye_rig import Lid
from media.animation.frame import FaceFrame, Grid
from media.animation.head_rig import HeadPose, before_motion, motion_mask, reach
from media.animation.mesh import Mesh
from media.animation.mouth_fit import Lips
from media.animation.mouth_inside import Inside, Palette
from media.animation.mouth_rig import MouthPose, MouthRig, MouthShape
from media.animation.planes import Bytes, Canvas, Planes, Region


@dataclass(frozen=True, slots=True)
class Pose:
    """Everything one frame shows."""

    mouth: MouthPose = field(default_factory=MouthPose)
    head: HeadPose = field(default_factory=HeadPose)
    shut: float = 0.0


@dataclass(frozen=True, slots=True)
class FittedFace:
    """A face as found in the photo: its frame, lips, eyes (none when it cannot blink), colours, and turn."""

    frame: FaceFrame
    lips: Lips
    eyes: tuple[Eye, ...]
    colours: Palette
    yaw: float


class Stage:
    """Draws ``face`` in the picture ``planes``. ``softness`` is how many pixels wide an edge of the picture is."""

    def __init__(self, planes: Planes, face: FittedFace, *, softness: float, motion: bool) -> None:
        self._still = planes
        self._face = face
        self._frame = face.frame
        self._height, self._width = planes.luma.shape
        self._rig = MouthRig(face.lips, face.yaw)
        self._soft = np.float32(softness / face.frame.scale)
        self._inside = Inside(face.lips, face.colours, float(self._soft))
        scale = face.frame.scale
        lips = face.lips
        self._head = Mesh(self._region(*reach()), _even(scale / 7)) if motion else None
        self._jaw = Mesh(self._region(-1.15, lips.y - 0.45, 1.15, lips.y * 1.83 + 0.85), _even(scale / 26))
        wide = lips.half_width + 0.12
        self._lips = Mesh(
            self._region(lips.x - wide, lips.y - 0.16, lips.x + wide, lips.y + 0.16 + lips.upper + lips.gap + 0.36),
            _even(scale / 40),
        )
        self._eyes = [
            (eye, Mesh(self._region(eye.x - 0.4, eye.y - 0.32, eye.x + 0.4, eye.y + 0.2), _even(scale / 40)))
            for eye in face.eyes
        ]
        self._masks = {id(mesh): self._mask(mesh) for mesh in self._meshes()}
        self._pixels = _pixels(self._lips.region)
        self._eye_pixels = [_pixels(mesh.region) for _, mesh in self._eyes]

    @property
    def regions(self) -> tuple[Region, ...]:
        """The rectangles outside of which every frame is the photo itself."""
        return tuple(mesh.region for mesh in self._meshes())

    def draw(self, pose: Pose, canvas: Canvas) -> None:
        """Draw one frame over ``canvas``, which holds the photo or an earlier frame."""
        if self._head is not None:
            self._put(canvas, self._head, *self._moved(self._head, pose.head)[:2])
        shape = self._rig.shape(pose.mouth)
        self._draw_jaw(canvas, shape, pose.head)
        self._draw_lips(canvas, shape, pose.head)
        self._draw_eyes(canvas, pose)

    def _draw_jaw(self, canvas: Canvas, shape: MouthShape, head: HeadPose) -> None:
        """Chin and cheeks; the lips' own rectangle inside is drawn over by :meth:`_draw_lips`."""
        _, _, u, v = self._moved(self._jaw, head)
        upper_u, upper_v, lower_u, lower_v = shape.sources(u, v)
        upper, lower = shape.contours(u)
        below = v > (upper + lower) / 2
        x, y = self._frame.to_picture(np.where(below, lower_u, upper_u), np.where(below, lower_v, upper_v))
        self._put(canvas, self._jaw, x, y)

    def _draw_lips(self, canvas: Canvas, shape: MouthShape, head: HeadPose) -> None:
        mesh = self._lips
        x, y, u, v = self._moved(mesh, head)
        upper_u, upper_v, lower_u, lower_v = shape.sources(u, v)
        above = mesh.warp(self._still, *self._frame.to_picture(upper_u, upper_v))
        below = mesh.warp(self._still, *self._frame.to_picture(lower_u, lower_v))
        du, dv = self._at_pixels(self._pixels, head)
        upper, lower = shape.contours(du)
        low = np.clip((dv - (upper + lower) / 2) / self._soft + np.float32(0.5), 0, 1)
        luma = _mix(above.luma, below.luma, low)
        chroma = _mix(above.chroma, below.chroma, _half(low)[..., None])
        self._seal(luma, shape, du, dv, (upper + lower) / 2)
        if not shape.closed:
            gap = lower - upper
            parted = np.clip(np.minimum(dv - upper, lower - dv) / self._soft + np.float32(0.5), 0, 1)
            parted *= np.clip(gap / self._soft, 0, 1)
            still = mesh.warp(self._still, x, y)
            inner_luma, inner_chroma = self._inside.paint(shape, du, dv, still)
            luma += parted * (inner_luma - luma)
            chroma += _half(parted)[..., None] * (inner_chroma - chroma)
        _store(canvas, mesh.region, luma, chroma)

    def _seal(self, luma: Grid, shape: MouthShape, u: Grid, v: Grid, line: Grid) -> None:
        """Lips that meet cast a thin dark line; the photo's own was hidden with the edges of the lips."""
        strength = 0.42 * (1 - shape.pose.rest) * max(0.0, 1 - shape.gap / 0.05)
        if strength <= 0:
            return
        across = np.abs(u - np.float32(self._face.lips.x)) / np.float32(shape.half_width)
        width = np.maximum(np.float32(0.011), self._soft * np.float32(0.6))
        dark = np.exp(-np.square((v - line) / width)) * np.clip((np.float32(1.0) - across) / np.float32(0.25), 0, 1)
        luma -= np.float32(strength) * dark * (luma - 16)

    def _draw_eyes(self, canvas: Canvas, pose: Pose) -> None:
        if pose.shut < 0.02:
            if self._head is None:
                for _, mesh in self._eyes:
                    canvas.put(mesh.region, self._still.part(mesh.region))
            return
        for (eye, mesh), pixels in zip(self._eyes, self._eye_pixels, strict=True):
            lid = Lid(eye, pose.shut)
            x, y, u, v = self._moved(mesh, pose.head)
            open_eye = mesh.warp(self._still, x, y)
            skin = mesh.warp(self._still, *self._frame.to_picture(*lid.sources(u, v)))
            du, dv = self._at_pixels(pixels, pose.head)
            cover = lid.cover(du, dv, self._soft)
            _store(
                canvas,
                mesh.region,
                _mix(open_eye.luma, skin.luma, cover),
                _mix(open_eye.chroma, skin.chroma, _half(cover)[..., None]),
            )

    def _moved(self, mesh: Mesh, head: HeadPose) -> tuple[Grid, Grid, Grid, Grid]:
        """Where the nodes were before the head moved: in the picture, and in face units."""
        u, v, mask = self._masks[id(mesh)]
        if self._head is not None:
            u, v = before_motion(u, v, head, mask)
        return *self._frame.to_picture(u, v), u, v

    def _at_pixels(self, pixels: tuple[Grid, Grid], head: HeadPose) -> tuple[Grid, Grid]:
        u, v = self._frame.to_face(*pixels)
        if self._head is not None:
            u, v = before_motion(u, v, head, np.float32(1.0))
        return u, v

    def _put(self, canvas: Canvas, mesh: Mesh, x: Grid, y: Grid) -> None:
        canvas.put(mesh.region, mesh.warp(self._still, x, y))

    def _mask(self, mesh: Mesh) -> tuple[Grid, Grid, Grid]:
        u, v = self._frame.to_face(mesh.x, mesh.y)
        return u, v, motion_mask(u, v)

    def _meshes(self) -> list[Mesh]:
        meshes = [self._jaw, self._lips, *(mesh for _, mesh in self._eyes)]
        return meshes if self._head is None else [self._head, *meshes]

    def _region(self, left: float, top: float, right: float, bottom: float) -> Region:
        u = np.array([left, right, left, right], np.float32)
        v = np.array([top, top, bottom, bottom], np.float32)
        x, y = self._frame.to_picture(u, v)
        return Region.around(float(x.min()), float(y.min()), float(x.max()), float(y.max()), self._width, self._height)


def at_rest() -> Pose:
    """The pose that shows the photo as it is."""
    return Pose(mouth=replace(MouthPose(), rest=1.0))


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)


def _pixels(region: Region) -> tuple[Grid, Grid]:
    x = np.arange(region.left, region.right, dtype=np.float32)
    y = np.arange(region.top, region.bottom, dtype=np.float32)
    grid_x, grid_y = np.meshgrid(x, y)
    return grid_x, grid_y


def _half(plane: Grid) -> Grid:
    size = (plane.shape[1] // 2, plane.shape[0] // 2)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _mix(low: Bytes, high: Bytes, share: Grid) -> Grid:
    first = low.astype(np.float32)
    return np.asarray(first + share * (high.astype(np.float32) - first), np.float32)


def _store(canvas: Canvas, region: Region, luma: Grid, chroma: Grid) -> None:
    rounded = Planes(
        np.clip(luma + np.float32(0.5), 16, 235).astype(np.uint8),
        np.clip(chroma + np.float32(0.5), 16, 240).astype(np.uint8),
    )
    canvas.put(region, rounded)
