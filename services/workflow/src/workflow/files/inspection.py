"""What is done to a photo in a worker process: decode it once, write the prepared version beside it (FIL-14), and look
whether it can be made to speak."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from media.faces.preflight import preflight
from media.images import photos as images
from media.types import Finding

PREPARED_SIDE = 2048
PREPARED_QUALITY = 90


class Inspected(NamedTuple):
    """``width`` and ``height`` of the upright original, in pixels."""

    width: int
    height: int
    prepared_width: int
    prepared_height: int


def inspect(source: Path, prepared: Path) -> Inspected:
    """Decode ``source`` and write the version that providers get to ``prepared``.

    Limits are checked before pixels are allocated. Raises ``media.errors.BadMedia`` for what is refused.
    """
    image = images.decode(source)
    made = images.write_jpeg(images.fit_within(image, PREPARED_SIDE, PREPARED_SIDE), prepared, quality=PREPARED_QUALITY)
    return Inspected(image.shape[1], image.shape[0], made.width, made.height)


def find(prepared: Path, landmarks: Path | None) -> tuple[Finding, ...]:
    """What is to be said of a photo that is to speak; empty for a good one. Raises ``media.errors``."""
    return preflight(images.decode(prepared), landmarks=landmarks).findings
