"""One prepared face in one picture, ready to be drawn in any pose.

What does not change is computed once: the planes of the picture, the fitted face, the rectangles that can move and
their nodes. Drawing a frame touches those rectangles only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from media.animation.eyes.fit import Eye
from media.animation.eyes.lid_skin import LidSkin
from media.animation.eyes.rig import Lid
from media.animation.frame import FaceFrame, Grid
from media.animation.head_rig import HeadPose, after_motion, before_motion, distance, motion_mask, reach
from media.animation.mesh import Mesh, sample
from media.animation.mouth.inside import Inside, Palette
from media.animation.mouth.lips import Lips
from media.animation.mouth.rig import MouthPose, MouthRig, MouthShape, moved_area
from media.animation.outline import outline
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


_LEAST_STEP = 0.7  # pixels by `distance`, about 0.3 real ones: a head that has moved less is not drawn again
_OPEN = 0.02  # a lid lowered less than this is open


class Stage:
    """Draws ``face`` in the picture ``planes``, frame after frame on one canvas.

    ``softness`` is how many pixels wide an edge of the picture is. Without ``motion`` the head never moves.
    """

    def __init__(self, planes: Planes, face: FittedFace, canvas: Canvas, *, softness: float, motion: bool) -> None:
        self._still = planes
        self._face = face
        self._canvas = canvas
        self._frame = face.frame
        self._height, self._width = planes.luma.shape
        self._rig = MouthRig(face.lips, face.yaw, outline(planes, face.frame, face.lips))
        self._soft = np.float32(softness / face.frame.scale)
        self._inside = Inside(face.lips, face.colours, float(self._soft))
        self._motion = motion
        self._shown = HeadPose()
        self._mouth: MouthPose | None = None
        self._shut = 0.0
        scale = face.frame.scale
        lips = face.lips
        self._source = planes.split()
        self._jaw = Mesh(self._region(*moved_area(lips)), _even(scale / 16))
        self._head = Mesh(self._region(*reach()), _even(scale / 7))
        self._around = self._head.region.around_hole(self._jaw.region) if motion else ()
        self._eyes = [
            (eye, Mesh(self._region(eye.x - 0.4, eye.y - 0.32, eye.x + 0.4, eye.y + 0.2), _even(scale / 40)))
            for eye in face.eyes
        ]
        self._lids = [LidSkin.of(planes, eye, face.frame, mesh.region) for eye, mesh in self._eyes]
        self._nodes = {id(mesh): self._placed(mesh) for mesh in self._meshes()}
        canvas.put(Region(0, 0, self._width, self._height), planes)

    @property
    def face(self) -> FittedFace:
        """The face that is drawn."""
        return self._face

    @property
    def regions(self) -> tuple[Region, ...]:
        """The rectangles outside of which every frame is the photo itself."""
        return (*self._around, self._jaw.region, *(mesh.region for _, mesh in self._eyes))

    def draw(self, pose: Pose) -> None:
        """Draw the next frame over the last one."""
        moved = self._motion and distance(pose.head, self._shown) * self._frame.scale >= _LEAST_STEP
        if moved:
            self._shown = pose.head
            x, y, _, _ = self._moved(self._head)
            self._head.draw(self._source, x, y, self._canvas, self._around)
        if moved or pose.mouth != self._mouth:
            self._mouth = pose.mouth
            shape = self._rig.shape(pose.mouth)
            self._draw_jaw(shape)
            self._draw_lips(shape)
        shut = pose.shut if pose.shut >= _OPEN else 0.0
        if shut or self._shut:
            self._draw_eyes(shut)
        self._shut = shut

    def _draw_jaw(self, shape: MouthShape) -> None:
        """Chin and cheeks; the lips' own rectangle inside is drawn over by :meth:`_draw_lips`."""
        _, _, u, v = self._moved(self._jaw)
        upper, lower = contours = shape.contours(u)
        source_u, upper_v, lower_v = shape.sources(u, v, contours)
        x, y = self._frame.to_picture(source_u, np.where(v > (upper + lower) / 2, lower_v, upper_v))
        self._jaw.draw(self._source, x, y, self._canvas, (self._jaw.region,))

    def _draw_lips(self, shape: MouthShape) -> None:
        """The lips themselves and what is between them, in the rectangle they take in this shape."""
        mesh = self._around_lips(shape)
        if mesh.region.empty:
            return
        u, v = self._before(*self._frame.to_face(mesh.x, mesh.y), np.float32(1.0))
        contours = shape.contours(u)
        source_u, upper_v, lower_v = shape.sources(u, v, contours)
        above = mesh.warp(self._still, *self._frame.to_picture(source_u, upper_v))
        below = mesh.warp(self._still, *self._frame.to_picture(source_u, lower_v))
        du, dv, upper, lower = mesh.dense(u, v, *contours)
        line = (upper + lower) / 2
        low = ((dv - line) / self._soft + np.float32(0.5)).clip(0, 1)
        luma = _mix(above.luma, below.luma, low)
        chroma = _mix(above.chroma, below.chroma, _half(low)[..., None])
        self._seal(luma, shape, du, dv, line)
        if not shape.closed:
            parted = (np.minimum(dv - upper, lower - dv) / self._soft + np.float32(0.5)).clip(0, 1)
            parted *= ((lower - upper) / self._soft).clip(0, 1) * np.float32(min(1.0, (1 - shape.pose.rest) / 0.2))
            self._paint_inside(shape, parted, (du, dv, upper, lower), luma, chroma)
        _store(self._canvas, mesh.region, luma, chroma)

    def _paint_inside(
        self,
        shape: MouthShape,
        parted: Grid,
        places: tuple[Grid, Grid, Grid, Grid],
        luma: Grid,
        chroma: Grid,
    ) -> None:
        """Paint what is between the lips over ``luma`` and ``chroma`` by the share ``parted``, only where that is."""
        rows, columns = np.flatnonzero(parted.any(axis=1)), np.flatnonzero(parted.any(axis=0))
        if not len(rows):
            return
        inside = Region.around(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1, parted.shape[1], parted.shape[0])
        u, v, upper, lower = (inside.of(grid) for grid in places)
        share, old_luma, old_chroma = inside.of(parted), inside.of(luma), inside.of(chroma, 2)
        still = sample(self._still, *self._frame.to_picture(u, v))
        new_luma, new_chroma = self._inside.paint(shape, u, v, (upper, lower), still)
        old_luma += share * (new_luma - old_luma)
        old_chroma += _half(share)[..., None] * (new_chroma - old_chroma)

    def _around_lips(self, shape: MouthShape) -> Mesh:
        """Nodes over the opening and a margin that hides how coarse the nodes of the jaw are."""
        margin = 1.6 * self._jaw.spacing / self._frame.scale + float(self._soft)
        u = np.linspace(-1.02, 1.02, 25, dtype=np.float32) * np.float32(shape.half_width) + np.float32(shape.lips.x)
        upper, lower = shape.contours(u)
        u, v = after_motion(np.concatenate([u, u]), np.concatenate([upper - margin, lower + margin]), self._shown)
        x, y = self._frame.to_picture(u, v)
        edge = margin * self._frame.scale
        region = Region.around(
            float(x.min()) - edge, float(y.min()), float(x.max()) + edge, float(y.max()), self._width, self._height
        )
        return Mesh(region, _even(self._frame.scale / 40))

    def _seal(self, luma: Grid, shape: MouthShape, u: Grid, v: Grid, line: Grid) -> None:
        """Lips that meet cast a thin dark line; the photo's own was hidden with the edges of the lips."""
        strength = 0.42 * (1 - shape.pose.rest) * max(0.0, 1 - shape.gap / 0.05)
        if strength <= 0:
            return
        across = np.abs(u - np.float32(self._face.lips.x)) / np.float32(shape.half_width)
        width = np.maximum(np.float32(0.011), self._soft * np.float32(0.6))
        dark = np.exp(-np.square((v - line) / width)) * np.clip((np.float32(1.0) - across) / np.float32(0.25), 0, 1)
        luma -= np.float32(strength) * dark * (luma - 16)

    def _draw_eyes(self, shut: float) -> None:
        for (eye, mesh), lid_skin in zip(self._eyes, self._lids, strict=True):
            lid = Lid(eye, shut)
            x, y, u, v = self._moved(mesh)
            open_eye = mesh.warp(self._still, x, y)
            if not shut:
                self._canvas.put(mesh.region, open_eye)
                continue
            lid_places = self._frame.to_picture(*lid.sources(u, v))
            skin = mesh.warp(self._still, *lid_places)
            du, dv = mesh.dense(u, v)
            drawn = lid.layers(du, dv, self._soft)
            # A rim or a strand stays where it is: neither covered, nor drawn down with the skin.
            behind = 1 - mesh.warp(lid_skin.before, x, y).luma.astype(np.float32) / np.float32(255)
            crossed = mesh.warp(lid_skin.before, *lid_places).luma.astype(np.float32) / np.float32(255)
            drawn = replace(
                drawn,
                cover=drawn.cover * behind,
                lashes=drawn.lashes * behind,
                painted=np.maximum(drawn.painted, crossed),
            )
            plain_luma, plain_chroma = lid_skin.at(du)
            luma = _mix(open_eye.luma, _mix(skin.luma, plain_luma, drawn.painted) * drawn.brightness, drawn.cover)
            chroma = _mix(skin.chroma, plain_chroma, _half(drawn.painted)[..., None])
            chroma = _mix(open_eye.chroma, chroma, _half(drawn.cover)[..., None])
            dark, *tint = lid_skin.lash
            luma += drawn.lashes * np.minimum(0, np.float32(dark) - luma)
            chroma += _half(drawn.lashes)[..., None] * (np.asarray(tint, np.float32) - chroma)
            _store(self._canvas, mesh.region, luma, chroma)

    def _moved(self, mesh: Mesh) -> tuple[Grid, Grid, Grid, Grid]:
        """Where the nodes were before the head moved: in the picture, and in face units."""
        u, v = self._before(*self._nodes[id(mesh)])
        return *self._frame.to_picture(u, v), u, v

    def _before(self, u: Grid, v: Grid, mask: Grid | np.float32) -> tuple[Grid, Grid]:
        return before_motion(u, v, self._shown, mask) if self._motion else (u, v)

    def _placed(self, mesh: Mesh) -> tuple[Grid, Grid, Grid]:
        u, v = self._frame.to_face(mesh.x, mesh.y)
        return u, v, motion_mask(u, v)

    def _meshes(self) -> list[Mesh]:
        return [self._head, self._jaw, *(mesh for _, mesh in self._eyes)]

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


def _half(plane: Grid) -> Grid:
    size = (plane.shape[1] // 2, plane.shape[0] // 2)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _mix(low: Bytes, high: Bytes | Grid, share: Grid) -> Grid:
    first = low.astype(np.float32)
    return np.asarray(first + share * (high.astype(np.float32, copy=False) - first), np.float32)


def _store(canvas: Canvas, region: Region, luma: Grid, chroma: Grid) -> None:
    rounded = Planes(
        (luma + np.float32(0.5)).clip(16, 235).astype(np.uint8),
        (chroma + np.float32(0.5)).clip(16, 240).astype(np.uint8),
    )
    canvas.put(region, rounded)
