"""The filter graph that turns decoded pictures of one kind into pictures of a wanted size, shape and rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import av
import av.filter

from media.errors import Corrupt
from media.types import Box
from media.video.encode import BT_601, BT_709, Colour
from media.video.hdr import HLG, PQ, table
from media.video.reframe import crop_box, fit_size, same_aspect
from media.video.source import start_of, video_stream

_MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
_NOT_STATED = (0, 2, 3)
_FULL_RANGE = 2
_SCALER = "bicubic"
_BLUR_REDUCTION = 16  # the padding is blurred at a sixteenth of its size: there is nothing fine to keep


@dataclass(frozen=True, slots=True)
class Picture:
    """What the frames of a stream look like as stored, and what must be done to see them upright.

    ``width`` and ``height`` are as stored; ``shown_width`` and ``shown_height`` upright with square pixels. ``matrix``
    is as stated in the file, ``colour`` what it must mean where the file does not say: BT.709 from 720 lines on.
    A picture of high dynamic range is brought to BT.709, which is its ``colour`` then; ``transfer`` is the file's own.
    """

    width: int
    height: int
    pixel_format: str
    time_base: Fraction
    start: Fraction
    rate: Fraction
    rotation: int
    shown_width: int
    shown_height: int
    matrix: int
    full_range: bool
    colour: Colour
    transfer: int = 1
    interlaced: bool = False

    @property
    def high_range(self) -> bool:
        """Whether it is of high dynamic range."""
        return self.transfer in (PQ, HLG)


def picture_of(container: Any) -> Picture:
    """Read the first frame to learn what the frames are; ``Corrupt`` where not one decodes."""
    stream = video_stream(container)
    first = next(container.decode(stream), None)
    if first is None:
        raise Corrupt("no picture of the video decodes", advice="The file is damaged; export it again.")
    aspect = stream.codec_context.sample_aspect_ratio or Fraction(1)
    width, height = round(first.width * (aspect if Fraction(1, 8) < aspect < 8 else 1)), first.height
    rotation = round(first.rotation / 90) * 90 % 360
    if rotation in (90, 270):
        width, height = height, width
    return Picture(
        width=first.width,
        height=first.height,
        pixel_format=first.format.name,
        time_base=stream.time_base,
        start=start_of(container),
        rate=stream.average_rate or stream.guessed_rate or Fraction(30),
        rotation=rotation,
        shown_width=width,
        shown_height=height,
        matrix=int(first.colorspace),
        full_range=int(first.color_range) == _FULL_RANGE or first.format.name.startswith("yuvj"),
        colour=_colour(first),
        transfer=int(first.color_trc),
        interlaced=bool(first.interlaced_frame),
    )


def _colour(frame: Any) -> Colour:
    usual = BT_709 if max(frame.height, frame.width) >= 1280 or min(frame.height, frame.width) >= 720 else BT_601
    if frame.format.is_rgb or int(frame.color_trc) in (PQ, HLG):
        return BT_709
    if int(frame.colorspace) not in _MATRICES:
        return usual

    def stated(value: int, otherwise: int) -> int:
        return otherwise if value in _NOT_STATED else value

    matrix = int(frame.colorspace)
    alike = usual if matrix == usual.matrix else {1: BT_709}.get(matrix, BT_601)
    return Colour(
        matrix,
        stated(int(frame.color_primaries), alike.primaries),
        stated(int(frame.color_trc), alike.transfer),
    )


class FrameFilter:
    """Frames in, upright frames of ``width`` x ``height`` yuv420p at ``rate`` out, the first of them at time 0. Without
    ``rate`` every frame keeps its own time. Interlaced ones are woven, high dynamic range becomes BT.709.

    They mean ``colour``, by default what the source means.

    Another aspect is reached by ``fit``: ``crop`` keeps the part around ``focus`` (pixels of the upright picture),
    ``pad`` shows the whole picture over a blurred copy of itself.
    """

    def __init__(
        self,
        picture: Picture,
        width: int,
        height: int,
        rate: Fraction | None,
        *,
        fit: Literal["crop", "pad"] = "crop",
        focus: Box | None = None,
        colour: Colour | None = None,
    ) -> None:
        self._picture = picture
        self._graph: Any = av.filter.Graph()
        self._graph.threads = 1
        self._source = self._graph.add(
            "buffer",
            video_size=f"{picture.width}x{picture.height}",
            pix_fmt=picture.pixel_format,
            time_base=str(picture.time_base),
            pixel_aspect="1/1",
            colorspace=str(picture.matrix if picture.matrix in (0, *_MATRICES) else picture.colour.matrix),
            range="2" if picture.full_range else "1",
        )
        fps = [] if rate is None else [("fps", f"fps={rate}:start_time=0")]
        # Frames that are dropped need no scaling, and frames that are repeated need it once.
        before, after = (fps, []) if rate is None or rate <= picture.rate else ([], fps)
        chain = [("setpts", f"PTS-({picture.start})/TB"), *_whole(picture), *_upright(picture), *before]
        meaning = f"pix_fmts=yuv420p:color_ranges=tv:color_spaces={_MATRICES[(colour or picture.colour).matrix]}"
        tail = [*after, ("format", meaning), ("setsar", "1")]
        node = self._chain(self._source, chain)
        shown = (picture.shown_width, picture.shown_height)
        with _toned(picture) as toned:
            if fit == "pad" and not same_aspect(*shown, width, height):
                # Laying one over the other is done with eight bits, which have to be toned before.
                node = self._chain(node, [*toned, ("format", meaning)]) if toned else node
                node = self._padded(node, *shown, width, height)
            else:
                node = self._chain(node, [*_cropped(*shown, width, height, focus), *toned])
            self._sink = self._chain(node, [*tail, ("buffersink", "")])
            self._graph.configure()

    def through(self, frame: Any | None) -> Iterator[Any]:
        """Put in one frame, or None at the end, and take out what is ready."""
        if frame is not None:
            picture = self._picture
            if (frame.width, frame.height, frame.format.name) != (picture.width, picture.height, picture.pixel_format):
                raise Corrupt("the picture changes its size on the way", advice="Export the video again in one size.")
        self._source.push(frame)
        while True:
            try:
                made = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield made

    def _chain(self, node: Any, filters: list[tuple[str, str]]) -> Any:
        nodes = [node, *(self._graph.add(name, arguments or None) for name, arguments in filters)]
        for upper, lower in pairwise(nodes):
            upper.link_to(lower)
        return nodes[-1]

    def _padded(self, node: Any, shown_width: int, shown_height: int, width: int, height: int) -> Any:
        split = self._chain(node, [("split", "2")])
        small_width, small_height = max(2, width // _BLUR_REDUCTION), max(2, height // _BLUR_REDUCTION)
        behind = [*_cropped(shown_width, shown_height, small_width, small_height, None), ("gblur", "sigma=2")]
        under = self._chain(split, [*behind, ("scale", f"{width}:{height}:flags={_SCALER}")])
        fit_width, fit_height = fit_size(shown_width, shown_height, width, height)
        over = self._graph.add("scale", f"{fit_width}:{fit_height}:flags={_SCALER}")
        split.link_to(over, 1, 0)
        left, top = (width - fit_width) // 4 * 2, (height - fit_height) // 4 * 2
        joined = self._graph.add("overlay", f"x={left}:y={top}:format=yuv420")
        under.link_to(joined, 0, 0)
        over.link_to(joined, 0, 1)
        return joined


@contextmanager
def _toned(picture: Picture) -> Iterator[list[tuple[str, str]]]:
    """What brings high dynamic range to BT.709; to be used inside, because the filter reads its table from a file."""
    if not picture.high_range:
        yield []
        return
    with TemporaryDirectory() as folder:
        file = Path(folder, "table.cube")
        file.write_text(table(picture.transfer))
        said = "color_primaries=bt709:color_trc=bt709"
        yield [("format", "pix_fmts=gbrp12le"), ("lut3d", f"file={file}"), ("setparams", said)]


def _whole(picture: Picture) -> list[tuple[str, str]]:
    """What makes whole pictures of those that are stored as every other line."""
    return [("bwdif", "mode=send_frame")] if picture.interlaced else []


def _upright(picture: Picture) -> list[tuple[str, str]]:
    turns = {90: [("transpose", "cclock")], 180: [("hflip", ""), ("vflip", "")], 270: [("transpose", "clock")]}
    return turns.get(picture.rotation, [])


def _cropped(shown_width: int, shown_height: int, width: int, height: int, focus: Box | None) -> list[tuple[str, str]]:
    box = crop_box(shown_width, shown_height, width / height, focus)
    # Stored pixels need not be square: the crop is stated as shares of what is there.
    across, down = f"iw/{shown_width}*", f"ih/{shown_height}*"
    crop = f"{across}{box.width}:{down}{box.height}:{across}{box.x}:{down}{box.y}"
    filters = [] if (box.width, box.height) == (shown_width, shown_height) else [("crop", crop)]
    if (box.width, box.height) != (width, height):
        filters.append(("scale", f"{width}:{height}:flags={_SCALER}"))
    return filters
