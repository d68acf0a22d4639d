"""Frames of a video side by side, those that differ most: the README's picture.

    python libs/media/tools/frames.py OUT.jpg VIDEO [--count 4] [--height 331]

The same video gives the same picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import av
import cv2
import numpy as np

from media.types import Bgr

_SMALL = (64, 64)
_SIDES = 0.785
"""A frame's width by its height here; of a wider one the middle is shown."""


def main() -> None:
    """Read the arguments, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("video", type=Path)
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--height", type=int, default=331)
    arguments = parser.parse_args()
    cells = [_cell(frame, arguments.height) for frame in most_different(_frames(arguments.video), arguments.count)]
    cv2.imwrite(str(arguments.out), np.hstack(cells), [cv2.IMWRITE_JPEG_QUALITY, 85])


def most_different(frames: list[Bgr], count: int) -> list[Bgr]:
    """The first, then again and again the one that is least like all that are chosen; in their order."""
    small = np.stack([cv2.resize(frame, _SMALL, interpolation=cv2.INTER_AREA).astype(np.float32) for frame in frames])
    chosen = [0]
    nearest = np.full(len(frames), np.inf)
    while len(chosen) < min(count, len(frames)):
        nearest = np.minimum(nearest, np.abs(small - small[chosen[-1]]).mean(axis=(1, 2, 3)))
        chosen.append(int(nearest.argmax()))
    return [frames[index] for index in sorted(chosen)]


def _frames(video: Path) -> list[Bgr]:
    with av.open(str(video)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def _cell(frame: Bgr, height: int) -> Bgr:
    high = min(frame.shape[0], round(frame.shape[1] / _SIDES))
    wide = round(high * _SIDES)
    top, left = (frame.shape[0] - high) // 2, (frame.shape[1] - wide) // 2
    part = frame[top : top + high, left : left + wide]
    return cv2.resize(part, (round(height * _SIDES), height), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    main()
