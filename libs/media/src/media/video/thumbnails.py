"""Still and moving previews: the poster of a video, a short silent loop of it, and the shape of its sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from media.errors import BadMedia, NotUsable
from media.types import Bgr, Made
from media.video.source import duration_of, open_media, start_of, video_stream
from media.video.thumbnails_moving import preview, waveform
from media.writing import encoding

__all__ = ["poster", "preview", "upright", "waveform"]

_CANDIDATES = 6
_SEARCHED_FRAMES = 300
_USELESS = 1.0
_NEAR_S = 0.2
_BLACK = 20.0
_POSTER_QUALITY = 90


def poster(source: Path, out: Path, *, at: float | None = None, max_side: int = 1920) -> Made:
    """One picture of the video as JPEG, upright, at most ``max_side`` on its longer side.

    ``at`` is seconds from the start; without it the best of the first six key frames is taken: sharp,
    neither dark nor burnt out. ``duration`` of the result is 0; ``details["at"]`` is where it was taken.
    Raises ``NotUsable`` where the file has no picture at that time.
    """
    with open_media(source, headers_only=True) as container:
        time, image = _best_frame(container) if at is None else _frame_at(container, at)
    scale = min(1.0, max_side / max(image.shape[:2]))
    if scale < 1:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    with encoding(out) as part:
        cv2.imwrite(f"{part}", image, [cv2.IMWRITE_JPEG_QUALITY, _POSTER_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1])
    return Made(out, image.shape[1], image.shape[0], 0.0, out.stat().st_size, {"at": time})


def picture_at(source: Path, at: float) -> Bgr:
    """The picture shown at ``at`` seconds, upright. Raises ``NotUsable`` where the file has none at that time."""
    with open_media(source, headers_only=True) as container:
        return _frame_at(container, at)[1]


def _best_frame(container: Any) -> tuple[float, Bgr]:
    """The best of the first key frames; where all of those are dark or blank, of all pictures of the first seconds."""
    stream = video_stream(container)
    stream.codec_context.skip_frame = "NONKEY"
    worth, time, image = _best(islice(_frames(container, stream), _CANDIDATES))
    if worth < _USELESS:
        stream.codec_context.skip_frame = "DEFAULT"
        container.seek(0)
        worth, time, image = _best(islice(_frames(container, stream), 0, _SEARCHED_FRAMES, _SEARCHED_FRAMES // 30))
    return time, image


def _best(frames: Iterable[tuple[float, Bgr]]) -> tuple[float, float, Bgr]:
    """Worth, time and picture; an early one is kept unless a later one is clearly better."""
    best: tuple[float, float, Bgr] | None = None
    for time, image in frames:
        worth = _worth(image)
        if best is None or worth > best[0] * 1.05:
            best = worth, time, image
    if best is None:
        raise _nothing()
    return best


def _frame_at(container: Any, at: float) -> tuple[float, Bgr]:
    if at < 0 or not np.isfinite(at):
        raise BadMedia(f"no picture at {at} s", code="BAD_TIME")
    found: tuple[float, Any] | None = None
    # A transport stream has no index: seeking may end behind the key frame, and only the beginning is sure.
    for seek in (at, None):
        found = _shown_at(container, at, seek) or found
        if found is not None and found[0] <= at + 1e-6:
            break
    if found is None or at > duration_of(container) + 0.5:
        raise _nothing()
    return found[0], upright(found[1])


def _shown_at(container: Any, at: float, seek: float | None) -> tuple[float, Any] | None:
    """The last frame not after ``at``, else the first one, from the key frame at ``seek`` or from the beginning on."""
    stream = video_stream(container)
    start = start_of(container)
    if seek is None:
        container.seek(0)
    else:
        container.seek(int((float(start) + seek) / stream.time_base), stream=stream, backward=True)
    found: tuple[float, Any] | None = None
    for packet in container.demux(stream):
        # Pictures that no other refers to need not be decoded on the way.
        far = packet.pts is not None and float(packet.pts * packet.time_base - start) < at - _NEAR_S
        stream.codec_context.skip_frame = "NONREF" if far else "DEFAULT"
        for frame in packet.decode():
            time = float(frame.pts * frame.time_base - start)
            if found is None or time <= at + 1e-6:
                found = time, frame
            if time >= at - 1e-6:
                return found
    return found


def _frames(container: Any, stream: Any) -> Iterator[tuple[float, Bgr]]:
    start = start_of(container)
    for frame in container.decode(stream):
        yield float(frame.pts * frame.time_base - start), upright(frame)


def upright(frame: Any) -> Bgr:
    """A decoded frame as BGR, turned as a player would show it."""
    image: Bgr = frame.to_ndarray(format="bgr24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _worth(image: Bgr) -> float:
    """How good a poster would be: sharpness, scaled down for pictures mostly black or white."""
    small = cv2.cvtColor(cv2.resize(image, (160, 160), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    sharpness = float(cv2.Laplacian(small, cv2.CV_32F).var())
    useful = float(((small > _BLACK) & (small < 250)).mean())
    return (sharpness + 1.0) * useful**2


def _nothing() -> NotUsable:
    return NotUsable("there is no picture at that time", code="NO_VIDEO", advice="Choose a time within the video.")
