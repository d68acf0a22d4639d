"""The delivery sizes of photos, as data (FIL-25), and the formats they come in (FIL-15)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, NamedTuple


class Format(StrEnum):
    """What a photo can be delivered as."""

    JPEG = "jpeg"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def extension(self) -> str:
        """Of a file in this format."""
        return "jpg" if self is Format.JPEG else self.value

    @property
    def mime_type(self) -> str:
        """Of a file in this format."""
        return f"image/{self.value}"


class Size(NamedTuple):
    """``fill`` covers the sides and crops the rest, ``fit`` is as large as fits, ``limit`` is that and never grows."""

    name: str
    width: int
    height: int
    mode: Literal["fill", "fit", "limit"]
    quality: int

    @property
    def transformation(self) -> str:
        """As the path segment of a content network says it."""
        return f"w_{self.width},h_{self.height},c_{self.mode},q_{self.quality}"


SIZES: Mapping[str, Size] = {
    size.name: size
    for size in (
        Size("thumbnail", 300, 300, "fill", 80),
        Size("preview", 800, 600, "fit", 85),
        Size("full", 1920, 1080, "limit", 90),
    )
}
USUAL = SIZES["preview"]
"""Also for a name that is not known."""


def size_of(name: str) -> Size:
    """The size of that name."""
    return SIZES.get(name, USUAL)
