"""What is done to a stranger's file in a confined process: look at it, write the prepared version beside it (FIL-14),
and look whether it can be made to speak. Results are plain values: nothing else comes out of there.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from media.errors import NotUsable
from media.faces.preflight import preflight
from media.images import photos as images
from media.types import Finding
from media.video.probe import probe
from media.video.source import Limits
from workflow.files.kinds import LARGEST

PREPARED_SIDE = 2048
MOST_FACES = 20
"""Whoever has to choose among more cuts the photo."""
PREPARED_QUALITY = 90

_LIMITS = Limits(size=LARGEST)


class Inspected(NamedTuple):
    """``width`` and ``height`` in pixels, of a photo or video as it is shown; ``duration`` in seconds."""

    width: int | None = None
    height: int | None = None
    duration: float | None = None


def inspect(source: Path, prepared: Path) -> tuple[int, int]:
    """Decode the photo ``source``, write the version that providers get to ``prepared``; the upright sides.

    Limits are checked before pixels are allocated. Raises ``media.errors.BadMedia`` for what is refused.
    """
    image = images.decode(source)
    images.write_jpeg(images.fit_within(image, PREPARED_SIDE, PREPARED_SIDE), prepared, quality=PREPARED_QUALITY)
    return image.shape[1], image.shape[0]


def look(source: Path, kind: str) -> tuple[int | None, int | None, float]:
    """Sides and duration of sound or video; ``kind`` is what it was taken for. Raises ``media.errors.BadMedia``."""
    found = probe(source, limits=_LIMITS)
    video = next((stream for stream in found.streams if stream.kind == "video"), None)
    if kind == "video" and video is None:
        raise NotUsable("The video has no picture.", advice="Export it again with its picture.")
    if kind == "audio" and not any(stream.kind == "audio" for stream in found.streams):
        raise NotUsable("The file has no sound.", advice="Export it again with its sound.")
    if kind != "video" or video is None:
        return None, None, found.duration
    turned = video.rotation in (90, 270)
    width, height = (video.height, video.width) if turned else (video.width, video.height)
    return width, height, found.duration


def find(prepared: Path) -> tuple[tuple[Finding, ...], list[dict[str, float]]]:
    """What is to be said of a photo that is to speak, nothing of a good one, and where its faces are, the largest
    first: ``x``, ``y``, ``width`` and ``height`` in parts of the photo. Raises ``media.errors``."""
    found = preflight(images.decode(prepared))
    boxes = [face.box for face in found.faces[:MOST_FACES]]
    across, down = found.width, found.height
    return found.findings, [
        {
            "x": round(box.x / across, 4),
            "y": round(box.y / down, 4),
            "width": round(box.width / across, 4),
            "height": round(box.height / down, 4),
        }
        for box in boxes
    ]
