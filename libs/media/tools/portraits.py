"""The portraits that the animation is judged by, made of one photo: turned, tiny, noisy, drawn, dark-skinned and more.

    python libs/media/tools/portraits.py FOLDER samples/portrait.jpg

The sheet of the README: ``python libs/media/tools/contact_sheet.py sheet.png FOLDER/*.png --width 150``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from media.animation.framing import frame_photo
from media.animation.mouth.lips import Lips
from media.animation.mouth.rig import MouthPose
from media.animation.planes import Canvas
from media.animation.stage import Pose, Stage
from media.animation.talking import set_stage
from media.faces.preflight import find_faces
from media.images.photos import decode, write_png
from media.types import Bgr, Face

CLOSED = Pose(mouth=MouthPose(press=1))
OPEN = Pose(mouth=MouthPose(open=0.8, jaw=0.8))


def rolled(image: Bgr, degrees: float) -> Bgr:
    """The head leant to one side."""
    matrix = cv2.getRotationMatrix2D((225, 120), degrees, 1)
    size = (image.shape[1], image.shape[0])
    return np.asarray(
        cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def turned(image: Bgr) -> Bgr:
    """The far side of the face smaller."""
    before = np.array([[140, 20], [310, 20], [310, 220], [140, 220]], np.float32)
    after = np.array([[140, 20], [290, 35], [290, 205], [140, 220]], np.float32)
    matrix = cv2.getPerspectiveTransform(before, after)
    return np.asarray(cv2.warpPerspective(image, matrix, (512, 512), borderMode=cv2.BORDER_REFLECT), np.uint8)


def three_quarters(image: Bgr, degrees: float = 30.0) -> Bgr:
    """The head turned to the viewer's right, as if it were a cylinder; the far cheek ends close to the mouth."""
    middle, radius = 300.0, 125.0
    x, y = np.meshgrid(np.arange(600, dtype=np.float32), np.arange(600, dtype=np.float32))
    around = np.arcsin(np.clip((x - middle) / radius, -1, 1)) - np.deg2rad(degrees)
    share = np.clip((1 - np.abs(x - middle) / radius) / 0.25, 0, 1)
    share = share * share * (3 - 2 * share)
    source = x + share * (middle + radius * np.sin(np.maximum(around, -np.pi / 2)) - x)
    return np.asarray(cv2.remap(enlarged(image), source.astype(np.float32), y, cv2.INTER_CUBIC), np.uint8)


def noisy(image: Bgr) -> Bgr:
    """Taken in the dark."""
    noise = np.random.default_rng(0).normal(0, 15, image.shape)
    return np.asarray(np.clip(image + noise, 0, 255), np.uint8)


def blocky(image: Bgr) -> Bgr:
    """Compressed too often."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def grey(image: Bgr) -> Bgr:
    """Without colour."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def enlarged(image: Bgr, times: int = 2) -> Bgr:
    """Head and shoulders."""
    side = 300 * times
    return np.asarray(cv2.resize(image[:300, 75:375], (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def with_glasses(image: Bgr) -> Bgr:
    """Round, dark spectacles."""
    made = enlarged(image)
    for centre in ((257, 198), (345, 203)):
        cv2.ellipse(made, centre, (39, 31), 2, 0, 360, (25, 20, 20), 3, cv2.LINE_AA)
    cv2.line(made, (294, 197), (307, 198), (25, 20, 20), 3, cv2.LINE_AA)
    return made


def bearded(image: Bgr) -> Bgr:
    """Dark, rough hair over jaw, chin and upper lip, around a bare mouth."""
    rows, columns = np.mgrid[0:512, 0:512]
    hair = (((columns - 224) / 42) ** 2 + ((rows - 142) / 37) ** 2 < 1) & (rows > 126)
    hair &= ((columns - 224) / 24) ** 2 + ((rows - 142) / 11) ** 2 > 1
    soft = cv2.GaussianBlur(hair.astype(np.float32), (0, 0), 2)[..., None] * 0.75
    rough = np.random.default_rng(1).normal(45, 12, (512, 512, 1)) * (0.6, 0.8, 1.0)
    return np.asarray(np.clip(image * (1 - soft) + soft * rough, 0, 255), np.uint8)


def dark_skinned(image: Bgr, lightness: float = 0.4) -> Bgr:
    """Skin and hair at a share of their lightness; teeth and the whites of the eyes lose less."""
    made = enlarged(image)
    lab = cv2.cvtColor(made, cv2.COLOR_BGR2LAB).astype(np.float32)
    x, y = np.meshgrid(np.arange(600, dtype=np.float32), np.arange(600, dtype=np.float32))

    def ellipse(left: float, top: float, wide: float, high: float) -> np.ndarray:
        return np.hypot((x - left) / wide, (y - top) / high)

    head = np.clip((1.2 - ellipse(300, 210, 135, 190)) / 0.15, 0, 1)
    head *= (ellipse(300, 240, 90, 120) < 1) | (cv2.cvtColor(made, cv2.COLOR_BGR2HSV)[..., 1] > 40)
    white = (ellipse(255, 204, 22, 8) < 1) | (ellipse(345, 207, 22, 8) < 1) | (ellipse(299, 292, 36, 14) < 1)
    white &= np.hypot(lab[..., 1] - 128, lab[..., 2] - 128) < 13
    pale = cv2.GaussianBlur(white * np.clip((lab[..., 0] - 100) / 40, 0, 1).astype(np.float32), (0, 0), 0.8)
    share = cv2.GaussianBlur(head.astype(np.float32), (0, 0), 2) * (1 - 0.6 * pale)
    lab[..., 0] *= 1 - (1 - lightness) * share
    lab[..., 1:] = 128 + (lab[..., 1:] - 128) * (1 - 0.08 * share[..., None])
    return np.asarray(cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR), np.uint8)


def drawn(image: Bgr) -> Bgr:
    """Ink and flat colours."""
    return np.asarray(cv2.stylization(enlarged(image, 3), sigma_s=40, sigma_r=0.35), np.uint8)


def posed(pose: Pose) -> Callable[[Bgr], Bgr]:
    """A photo of the same person with another mouth, as large as needed to show it well."""

    def made(image: Bgr) -> Bgr:
        return draw(enlarged(image), pose)

    return made


PORTRAITS: dict[str, Callable[[Bgr], Bgr]] = {
    "plain": lambda image: image,
    "rolled": lambda image: rolled(image, -25),
    "turned": turned,
    "three quarters": three_quarters,
    "tiny": lambda image: np.asarray(cv2.resize(image, (288, 288), interpolation=cv2.INTER_AREA), np.uint8),
    "noisy": noisy,
    "blocky": blocky,
    "grey": grey,
    "dark": lambda image: (image * 0.35).astype(np.uint8),
    "glasses": with_glasses,
    "beard": bearded,
    "dark skin": dark_skinned,
    "drawing": drawn,
    "lips closed": posed(CLOSED),
    "mouth open": posed(OPEN),
}


def draw(image: Bgr, pose: Pose, *, face: Face | None = None) -> Bgr:
    """``image`` with its face in ``pose``, at its own size."""
    return drawn_in(image, (pose,), face or find_faces(image)[0])[1][0]


def drawn_in(image: Bgr, poses: Sequence[Pose], face: Face) -> tuple[Lips, list[Bgr]]:
    """The lips found, and ``image`` with ``face`` in each of ``poses``."""
    stage, canvas = staged(image, face)
    return stage.face.lips, shown(stage, canvas, poses)


def staged(image: Bgr, face: Face) -> tuple[Stage, Canvas]:
    """``face`` ready to be drawn on a canvas as large as ``image``, its head still."""
    framing = frame_photo(image, face, image.shape[1], None)
    canvas = Canvas.blank(framing.width, framing.height)
    return set_stage(image, face, framing, canvas, motion=False), canvas


def shown(stage: Stage, canvas: Canvas, poses: Sequence[Pose]) -> list[Bgr]:
    """The picture in each of ``poses``."""
    made = []
    for pose in poses:
        stage.draw(pose)
        made.append(canvas.to_bgr())
    return made


def main(folder: Path, photo: Path) -> None:
    """Write every portrait of ``photo`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    image = decode(photo)
    for name, make in PORTRAITS.items():
        write_png(make(image), folder / f"{name.replace(' ', '-')}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
