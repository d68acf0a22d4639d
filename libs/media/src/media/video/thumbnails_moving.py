"""A short silent loop of a video as WebP or GIF, and the shape of its sound as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from media.errors import BadMedia, NotUsable
from media.types import Made
from media.video.clip import Shape, frames, inspect, part
from media.video.source import read_audio
from media.writing import encoding

_LONGEST_S = 10.0
_COLOURS = 128


def preview(
    source: Path,
    out: Path,
    *,
    seconds: float = 3.0,
    format: Literal["webp", "gif"] = "webp",  # noqa: A002
    at: float | None = None,
    width: int = 320,
    frame_rate: float = 10.0,
) -> Made:
    """A looping picture of ``seconds`` of the video, ``width`` pixels wide, in the video's own shape.

    It begins at ``at``, by default a tenth into the video, earlier where it would run over the end. GIF pictures share
    one palette of 128 colours, so that still parts do not flicker. Raises ``BadMedia`` for lengths, widths and rates
    out of range, ``NotUsable`` where there is no picture.
    """
    if not (0 < seconds <= _LONGEST_S and 16 <= width <= 1024 and 1 <= frame_rate <= 30):
        raise BadMedia("a preview has 0 to 10 s, 16 to 1024 px and 1 to 30 pictures a second", code="BAD_REQUEST")
    if format not in ("webp", "gif"):
        raise BadMedia(f"no preview format {format!r}", code="BAD_REQUEST")
    rate = Fraction(frame_rate).limit_denominator(100)
    pictures = list(_pictures(source, seconds, at, width, rate))
    if not pictures:
        raise NotUsable("there is no picture at that time", code="NO_VIDEO", advice="Choose a time within the video.")
    images = [Image.fromarray(picture) for picture in pictures]
    period = round(1000 / rate)
    with encoding(out) as partial:
        if format == "webp":
            images[0].save(
                partial, "WEBP", save_all=True, append_images=images[1:], duration=period, loop=0, quality=70, method=4
            )
        else:
            images = _same_palette(images)
            images[0].save(
                partial, "GIF", save_all=True, append_images=images[1:], duration=period, loop=0, optimize=False
            )
    height = pictures[0].shape[0]
    return Made(out, width, height, len(images) / float(rate), out.stat().st_size, {"frames": float(len(images))})


def waveform(
    source: Path,
    out: Path,
    *,
    width: int = 1200,
    height: int = 200,
    colour: str = "#3b5bdb",
    background: str | None = None,
) -> Made:
    """The sound as a PNG: one rounded bar every 6 pixels, as high as that stretch is loud, around the middle.

    A bar shows the RMS relative to the loudest bar, from -36 dB (a dot) to 0 dB (full height). Without ``background``
    the picture is transparent. Raises ``NotUsable`` where there is no sound, ``BadMedia`` for impossible sizes and
    colours.
    """
    if not (32 <= width <= 8192 and 16 <= height <= 2048):
        raise BadMedia("a waveform is 32 to 8192 px wide and 16 to 2048 px high", code="BAD_REQUEST")
    try:
        ink = ImageColor.getrgb(colour)[:3]
        ground = (*ImageColor.getrgb(background)[:3], 255) if background else (*ink, 0)
    except ValueError as error:
        raise BadMedia(f"not a colour: {error}", code="BAD_REQUEST") from error
    sound = read_audio(source, rate=8000, mono=True)
    if sound is None or not len(sound[0]):
        raise NotUsable("there is no sound in this file", code="NO_AUDIO", advice="Choose a file with sound.")
    samples, rate = sound
    bars = max(4, width // 6)
    edges = np.linspace(0, len(samples), bars + 1).astype(np.int64)
    power = np.concatenate(([0.0], np.cumsum(np.square(samples[:, 0], dtype=np.float64))))
    level = np.sqrt((power[edges[1:]] - power[edges[:-1]]) / np.maximum(1, edges[1:] - edges[:-1]))
    loudest = float(level.max())
    decibels = 20 * np.log10(np.maximum(level, 1e-9) / loudest) if loudest > 1e-6 else np.full(bars, -96.0)
    heights = np.clip(1 + decibels / 36, 0, 1)
    picture = _bars(heights, width, height, ink, ground)
    with encoding(out) as partial:
        Image.fromarray(picture).save(partial, "PNG", optimize=True)
    return Made(out, width, height, len(samples) / rate, out.stat().st_size, {"bars": float(bars)})


def _pictures(
    source: Path, seconds: float, at: float | None, width: int, rate: Fraction
) -> Iterator[NDArray[np.uint8]]:
    """Upright RGB pictures from ``at`` on."""
    whole = inspect(source)
    length = min(seconds, whole.seconds)
    begin = max(0.0, min(whole.seconds * 0.1 if at is None else at, whole.seconds - length))
    height = max(2, round(width * whole.shape.height / whole.shape.width / 2) * 2)
    for frame in frames(part(whole, begin, begin + length), Shape(width & ~1, height, rate), "crop"):
        yield frame.to_ndarray(format="rgb24")


def _same_palette(images: list[Image.Image]) -> list[Image.Image]:
    """All pictures in the colours that suit a selection of them best."""
    chosen = images[:: max(1, len(images) // 6)]
    sheet = Image.new("RGB", (chosen[0].width, chosen[0].height * len(chosen)))
    for number, image in enumerate(chosen):
        sheet.paste(image, (0, number * image.height))
    palette = sheet.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT)
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]


def _bars(
    heights: NDArray[np.float64], width: int, height: int, ink: tuple[int, ...], ground: tuple[int, ...]
) -> NDArray[np.uint8]:
    """RGBA; drawn four times as large and reduced, for smooth ends."""
    fine = np.zeros((height * 4, width * 4), np.uint8)
    step = 4 * width / len(heights)
    radius = max(1, round(step * 0.3))
    for number, share in enumerate(heights):
        x = round((number + 0.5) * step)
        half = round(share * (2 * height - radius - 4))
        cv2.rectangle(fine, (x - radius, 2 * height - half), (x + radius, 2 * height + half), 255, -1)
        for end in (-half, half):
            cv2.circle(fine, (x, 2 * height + end), radius, 255, -1)
    share_of_ink = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
    full = np.asarray([*ink, 255], np.float32)
    mixed = np.asarray(ground, np.float32) * (1 - share_of_ink) + full * share_of_ink
    return np.asarray(np.round(mixed), np.uint8)
