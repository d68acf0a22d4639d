"""What is done to photos in a confined process for their delivery. Results are plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from media.errors import TooLarge
from media.images import photos as images
from media.types import Bgr
from workflow.files.inspection import PREPARED_QUALITY, PREPARED_SIDE

Encoding = Literal["JPEG", "WEBP", "AVIF"]

LOWEST_QUALITY = 20
SHORTEST_SIDE = 64


def size(source: Path, out: Path, width: int, height: int, mode: Literal["fill", "fit", "limit"], quality: int) -> None:
    """Write a delivery size of ``source``, in the format of ``out``'s suffix. Raises ``media.errors``."""
    images.variant(source, out, width=width, height=height, mode=mode, quality=quality)


def compress(
    source: Path, out: Path, prepared: Path, encoding: Encoding, quality: int, side: int | None, most: int | None
) -> tuple[int, int, int]:
    """Write ``source`` smaller to ``out``, and what providers get of it to ``prepared``; its sides and quality.

    Not over ``side`` pixels, and not over ``most`` bytes: quality is given up first, down to a floor, then sides.
    Raises ``media.errors``, ``TooLarge`` where that is not to be had.
    """
    image = images.decode(source)
    if side is not None:
        image = images.fit_within(image, side, side)
    data, image, quality = _within(image, encoding, quality, most)
    out.write_bytes(data)
    images.write_jpeg(images.fit_within(image, PREPARED_SIDE, PREPARED_SIDE), prepared, quality=PREPARED_QUALITY)
    return image.shape[1], image.shape[0], quality


def _within(image: Bgr, encoding: Encoding, quality: int, most: int | None) -> tuple[bytes, Bgr, int]:
    data = images.encode(image, encoding, quality)
    if most is None or len(data) <= most:
        return data, image, quality
    while True:
        low, high, best = min(LOWEST_QUALITY, quality), quality, None
        while low <= high:
            middle = (low + high) // 2
            data = images.encode(image, encoding, middle)
            if len(data) <= most:
                best, low = (data, image, middle), middle + 1
            else:
                high = middle - 1
        if best is not None:
            return best
        longest = max(image.shape[:2])
        if longest <= SHORTEST_SIDE:
            raise TooLarge(f"The photo cannot be made as small as {most:,} bytes.", advice="Ask for more bytes.")
        shorter = max(SHORTEST_SIDE, round(longest * 0.75))
        image = images.fit_within(image, shorter, shorter)
