"""Draw mouth shapes and blinks on photos, side by side, to be looked at.

    python libs/media/tools/contact_sheet.py OUT.jpg PHOTO [PHOTO ...] [--width 240] [--poses rest,mbp,a,blink]

One row per photo. Every change to the animation is judged on such a sheet before it is believed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from media.animation.frame import FaceFrame
from media.animation.framing import frame_photo
from media.animation.mouth.rig import MouthPose
from media.animation.planes import Canvas
from media.animation.stage import Pose
from media.animation.talking import set_stage
from media.faces.preflight import find_faces
from media.images.photos import decode
from media.types import Bgr

POSES: dict[str, Pose] = {
    "rest": Pose(mouth=MouthPose(rest=1)),
    "mbp": Pose(mouth=MouthPose(press=1)),
    "a": Pose(mouth=MouthPose(open=0.8, jaw=0.8, wide=0.1)),
    "e": Pose(mouth=MouthPose(open=0.4, jaw=0.4, wide=0.6)),
    "i": Pose(mouth=MouthPose(open=0.22, jaw=0.2, wide=0.8)),
    "o": Pose(mouth=MouthPose(open=0.45, jaw=0.45, wide=-0.75)),
    "u": Pose(mouth=MouthPose(open=0.25, jaw=0.2, wide=-1)),
    "f": Pose(mouth=MouthPose(open=0.08, tuck=1)),
    "th": Pose(mouth=MouthPose(open=0.2, jaw=0.2, tongue=1)),
    "blink": Pose(mouth=MouthPose(rest=1), shut=1),
}
_FACE = (-1.05, -1.0, 1.05, 2.05)
_ACROSS = 420  # pixels of the picture that the face's part of the sheet is drawn with


def main() -> None:
    """Read the arguments, write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--width", type=int, default=240)
    parser.add_argument("--poses", default=",".join(POSES))
    arguments = parser.parse_args()
    names = arguments.poses.split(",")
    rows = [row(decode(photo), names, arguments.width) for photo in arguments.photos]
    cv2.imwrite(str(arguments.out), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 80])


def row(image: Bgr, names: list[str], width: int) -> Bgr:
    """The largest face of ``image`` in each of the named poses, cells ``width`` pixels wide."""
    face = find_faces(image)[0]
    scale = _ACROSS / (FaceFrame.of(face).scale * (_FACE[2] - _FACE[0]))
    framing = frame_photo(image, face, min(3840, max(64, round(image.shape[1] * scale))), None)
    frame = framing.frame(FaceFrame.of(face))
    canvas = Canvas.blank(framing.width, framing.height)
    stage = set_stage(image, face, framing, canvas, motion=False)
    cells = []
    for name in names:
        stage.draw(POSES[name])
        cell = frame.patch(canvas.to_bgr(), *_FACE, width / (_FACE[2] - _FACE[0]))
        cv2.putText(cell, name, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 3, cv2.LINE_AA)
        cv2.putText(cell, name, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
        cells.append(cell)
    return np.hstack(cells)


if __name__ == "__main__":
    main()
