"""How often the fit jumps under changes that nobody can see.

python -m libs.media.tools.faces.stability [--only PART_OF_A_NAME]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import cv2
import numpy as np
from libs.media.tools.faces.portraits import FACES
from numpy.typing import NDArray

from media.animation.eyes.fit import fit_eyes
from media.animation.frame import FaceFrame
from media.animation.mouth.fit import fit_lips
from media.faces.preflight import find_faces
from media.types import Bgr

JUMP = 0.06
"""Face units: how far an edge of the lips or a corner moves before it is seen."""


def _scaled(image: Bgr, times: float) -> Bgr:
    return np.asarray(cv2.resize(image, None, fx=times, fy=times, interpolation=cv2.INTER_AREA), np.uint8)


def _compressed(image: Bgr) -> Bgr:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


INVISIBLE: dict[str, Callable[[Bgr], Bgr]] = {
    "JPEG 92": _compressed,
    "x 0.97": lambda image: _scaled(image, 0.97),
    "x 1.03": lambda image: _scaled(image, 1.03),
    "+5 levels": lambda image: np.asarray(np.minimum(image.astype(np.int16) + 5, 255), np.uint8),
    "cropped": lambda image: np.ascontiguousarray(image[5:, 7:]),
    "mirrored": lambda image: np.ascontiguousarray(image[:, ::-1]),
}


def fitted(image: Bgr) -> NDArray[np.float64] | None:
    """Corners, inner and outer edges of the lips in the middle, and how many eyes blink; None without a face."""
    faces = find_faces(image)
    if not faces:
        return None
    frame = FaceFrame.of(faces[0])
    lips = fit_lips(image, faces[0], frame)
    middle = np.array([lips.x], np.float32)
    edges = [float(edge[0]) for edge in lips.edges(middle)]
    eyes = len(fit_eyes(image, faces[0], frame))
    return np.array([lips.x - lips.half_width, lips.x + lips.half_width, lips.y, *edges, eyes])


def jumps(image: Bgr) -> list[str]:
    """The changes of ``INVISIBLE`` under which the fit of ``image`` jumps."""
    before = fitted(image)
    found = []
    for name, change in INVISIBLE.items():
        after = fitted(change(image))
        if before is None or after is None:
            jumped = before is not after
        else:
            if name == "mirrored":
                after = np.concatenate([-after[1::-1], after[2:]])
            jumped = bool(np.abs(after - before).max() > JUMP)
        if jumped:
            found.append(name)
    return found


def _of(name: str) -> list[str]:
    return jumps(FACES[name]())


def main() -> None:
    """Measure the whole set, or a part of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    names = [name for name in FACES if parser.parse_args().only in name]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), initializer=partial(cv2.setNumThreads, 1)) as pool:
        found = dict(zip(names, pool.map(_of, names), strict=True))
    for name, changes in found.items():
        if changes:
            print(f"{name}: {', '.join(changes)}")
    count, trials = sum(map(len, found.values())), len(names) * len(INVISIBLE)
    faces = sum(map(bool, found.values()))
    print(f"{count} jumps in {trials} trials ({count / trials:.1%}), on {faces} of {len(names)} faces")


if __name__ == "__main__":
    main()
