"""Reading, preparing and writing photos. The only door through which foreign image bytes come in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from media.errors import Corrupt, EngineFailed, TooLarge, UnknownFormat
from media.images.container import JPEG_END, Container, open_container
from media.images.formats import sniff
from media.types import Bgr, Made, Point

__all__ = ["decode", "encode", "fit_within", "prepare", "resize", "sniff", "variant", "write_jpeg", "write_png"]

MAX_BYTES = 52_428_800
MAX_SIDE = 4096

_SAME_COLOUR = 2  # levels: what profiles of sRGB differ by among themselves
_ANYTHING = bytes(range(254, 0, -1)) * 8
_PILLOW_FORMAT = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_UPRIGHT: dict[int, Callable[[Bgr], Bgr]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: image.transpose(1, 0, 2)[:, ::-1],
    7: lambda image: image.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda image: image.transpose(1, 0, 2)[::-1],
}
"""EXIF orientation (tag 0x0112) to the change that puts the picture upright."""


def decode(
    source: Path | bytes,
    *,
    max_bytes: int = MAX_BYTES,
    max_side: int = MAX_SIDE,
    background: tuple[int, int, int] = (255, 255, 255),
    enough: int | None = None,
) -> Bgr:
    """The photo as (height, width, 3) uint8 BGR in sRGB, upright.

    Only JPEG, PNG and WebP, told by content. Bytes and claimed sides are checked before pixels are allocated; of an
    animation the first frame counts; transparent parts show ``background`` (BGR); 16 bits become 8; CMYK and other
    colour profiles become sRGB. Metadata never reaches a decoder (see ``media.images.container``).

    For who does not need every pixel, ``enough`` is a shorter side that will do: a JPEG is then decoded at a half, a
    quarter or an eighth of its size, in half the time, if its shorter side stays as long as that.

    Raises ``UnknownFormat``, ``TooLarge``, ``Corrupt``.
    """
    data = _read(source, max_bytes)
    container = open_container(data, max_side=max_side)
    rgb = _decoded(container, container.pixels, background, enough)
    if not container.ended:
        # A whole scan looks the same whatever follows it; a scan that was cut goes on with what follows.
        followed = container.pixels.removesuffix(JPEG_END) + _ANYTHING + JPEG_END
        if not np.array_equal(rgb, _decoded(container, followed, background, enough)):
            raise Corrupt("The image ends too early.", advice="Upload the file again; it looks incomplete.")
    bgr = rgb[:, :, ::-1]
    turn = _UPRIGHT.get(container.orientation)
    return np.ascontiguousarray(bgr if turn is None else turn(bgr))


def _decoded(
    container: Container, pixels: bytes, background: tuple[int, int, int], enough: int | None
) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(pixels), formats=[_PILLOW_FORMAT[container.mime]]) as picture:
            if picture.size != (container.width, container.height):
                raise Corrupt("The image's header contradicts its content.")
            if enough is not None:
                picture.draft(None, (enough, enough))
            picture.load()
            return _to_rgb(picture, container, background)
    except (OSError, SyntaxError, ValueError, IndexError, EOFError, Image.DecompressionBombError) as failure:
        raise Corrupt(
            "The image does not decode.", advice="Open the photo, save it again as JPEG, and upload that."
        ) from failure


def _read(source: Path | bytes, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        data = source[: max_bytes + 1]
    else:
        try:
            with source.open("rb") as file:
                data = file.read(max_bytes + 1)
        except (OSError, ValueError) as failure:
            raise Corrupt(f"The file cannot be read: {type(failure).__name__}.") from failure
    if len(data) > max_bytes:
        raise TooLarge(
            f"The file is larger than {max_bytes:,} bytes.", advice=f"Send at most {max_bytes // 1_048_576} MB."
        )
    if not data:
        raise UnknownFormat("The file is empty.", advice="Choose the photo again and upload it.")
    return data


def _to_rgb(picture: Image.Image, container: Container, background: tuple[int, int, int]) -> NDArray[np.uint8]:
    colours, alpha = _parted(picture, container)
    if container.profile is not None:
        colours = _to_srgb(colours, container.profile)
    rgb = colours.convert("RGB")
    if container.gamma is not None:
        rgb = rgb.point(_srgb_of(container.gamma) * 3)
    if alpha is not None:
        rgb.putalpha(alpha)
        ground = Image.new("RGBA", rgb.size, (*background[::-1], 255))
        ground.alpha_composite(rgb)
        rgb = ground.convert("RGB")
    return np.asarray(rgb)


def _parted(picture: Image.Image, container: Container) -> tuple[Image.Image, Image.Image | None]:
    """The picture as grey, RGB or CMYK of 8 bits, as its profile is of; and how much of it is there, unless all is."""
    nothing = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        deep = np.asarray(picture)
        alpha = None if nothing is None else Image.fromarray(np.where(deep == nothing, 0, 255).astype(np.uint8))
        return Image.fromarray((deep.astype(np.uint32) >> 8).astype(np.uint8)), alpha
    if nothing is None and picture.mode not in ("RGBA", "LA", "PA"):
        return picture, None
    if picture.mode == "L" and nothing is not None:
        # Pillow has widened the samples to 8 bits, and left the one that stands for nothing as it was.
        picture.info["transparency"] = nothing * 255 // (2**container.bits - 1)
    alpha = picture.convert("RGBA").getchannel("A")
    return picture.convert("L" if container.grey else "RGB"), alpha


def _srgb_of(gamma: float) -> list[int]:
    """What samples that are light to the power of ``gamma`` are in sRGB."""
    light = (np.arange(256) / 255) ** (1 / gamma)
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return [int(value) for value in np.round(srgb * 255)]


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB; unchanged where its profile is broken, belongs to another kind of picture, or is sRGB."""
    mode = picture.mode if picture.mode in ("L", "CMYK") else "RGB"
    if profile[16:20] != {"L": b"GRAY", "CMYK": b"CMYK", "RGB": b"RGB "}[mode]:
        return picture
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
        )
        if mode != "CMYK" and _changes_little(transform, mode):
            return picture
        return ImageCms.applyTransform(picture.convert(mode), transform) or picture
    except (ImageCms.PyCMSError, OSError):
        return picture


def _changes_little(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a transform leaves colours all over the cube where they are: by what it does, not by its name."""
    steps = range(0, 256, 15)
    cube = np.array([(red, green, blue) for red in steps for green in steps for blue in steps], np.uint8)
    sample = Image.fromarray(cube[None]).convert(mode)
    changed = ImageCms.applyTransform(sample, transform)
    before, after = (np.asarray(image.convert("RGB"), np.int16) for image in (sample, changed or sample))
    return int(np.abs(before - after).max()) <= _SAME_COLOUR


def resize(image: Bgr, width: int, height: int) -> Bgr:
    """``image`` at another size with a Lanczos filter that widens when reducing, so that nothing aliases."""
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def fit_within(image: Bgr, width: int, height: int, *, grow: bool = False) -> Bgr:
    """``image`` at its own aspect, as large as ``width`` x ``height`` allows; never enlarged unless ``grow``."""
    tall, wide = image.shape[:2]
    scale = min(width / wide, height / tall)
    if scale >= 1 and not grow:
        return image
    return resize(image, max(1, round(wide * scale)), max(1, round(tall * scale)))


def prepare(source: Path, out: Path, *, max_side: int = 2048) -> Made:
    """The photo as our services keep it: RGB, at most ``max_side`` (Lanczos), progressive JPEG of quality 90 without
    metadata. Raises as ``decode``, and ``EngineFailed`` when ``out`` cannot be written.
    """
    return write_jpeg(fit_within(decode(source), max_side, max_side), out, quality=90)


def write_jpeg(image: Bgr, out: Path, *, quality: int = 92) -> Made:
    """``image`` as a progressive, optimised JPEG without metadata. Raises ``EngineFailed`` if it cannot be written."""
    return _write(image, out, encode(image, "JPEG", quality))


def write_png(image: NDArray[np.uint8], out: Path) -> Made:
    """``image`` (BGR or BGRA) as a PNG without metadata. Raises ``EngineFailed`` when it cannot be written."""
    return _write(image, out, encode(image, "PNG", 100))


def encode(image: NDArray[np.uint8], format: Literal["JPEG", "PNG", "WEBP", "AVIF"], quality: int) -> bytes:  # noqa: A002
    """The bytes of ``image`` (BGR, or BGRA where the format can) in ``format``. Raises ``EngineFailed``."""
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": quality, "progressive": True, "optimize": True, "subsampling": 0 if quality >= 92 else 2},
        "PNG": {"compress_level": 6},
        "WEBP": {"quality": quality, "method": 4},
        "AVIF": {"quality": quality, "speed": 8, "max_threads": 1},
    }
    colours = cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGB
    buffer = io.BytesIO()
    try:
        Image.fromarray(cv2.cvtColor(image, colours)).save(buffer, format, **options[format])
    except (OSError, ValueError) as failure:
        raise EngineFailed(f"The {format} encoder refused the image: {failure}") from failure
    return buffer.getvalue()


def _write(image: NDArray[np.uint8], out: Path, data: bytes) -> Made:
    try:
        out.write_bytes(data)
    except OSError as failure:
        raise EngineFailed(f"{out.name} cannot be written: {failure.strerror}") from failure
    return Made(out, image.shape[1], image.shape[0], 0.0, len(data))


_SUFFIX_FORMAT: dict[str, Literal["JPEG", "PNG", "WEBP", "AVIF"]] = {
    ".png": "PNG",
    ".webp": "WEBP",
    ".avif": "AVIF",
}


def variant(
    source: Path,
    out: Path,
    *,
    width: int,
    height: int,
    mode: Literal["fill", "fit", "limit"],
    quality: int,
    focus: Point | None = None,
) -> Made:
    """A delivery size of a photo, in the format of ``out``'s suffix (WebP, AVIF, PNG; JPEG otherwise).

    ``fill`` covers ``width`` x ``height`` and crops the rest, keeping ``focus`` (pixels of the upright source; the
    middle by default) as central as the edges allow; ``fit`` is as large as fits; ``limit`` is ``fit`` that never
    grows. Raises as ``decode``, and ``EngineFailed`` when ``out`` cannot be written.
    """
    image = decode(source)
    if mode == "fill":
        image = _fill(image, width, height, focus)
    else:
        image = fit_within(image, width, height, grow=mode == "fit")
    return _write(image, out, encode(image, _SUFFIX_FORMAT.get(out.suffix.lower(), "JPEG"), quality))


def _fill(image: Bgr, width: int, height: int, focus: Point | None) -> Bgr:
    tall, wide = image.shape[:2]
    scale = max(width / wide, height / tall)
    crop_wide, crop_tall = min(wide, round(width / scale)), min(tall, round(height / scale))
    centre = focus or Point(wide / 2, tall / 2)
    left = int(np.clip(round(centre.x - crop_wide / 2), 0, wide - crop_wide))
    top = int(np.clip(round(centre.y - crop_tall / 2), 0, tall - crop_tall))
    return resize(np.ascontiguousarray(image[top : top + crop_tall, left : left + crop_wide]), width, height)
