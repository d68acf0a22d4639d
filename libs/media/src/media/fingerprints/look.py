"""The fingerprint of a file that came from somewhere, at a bounded cost whatever its length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from media.errors import BadMedia, NotUsable
from media.images import photos
from media.images.formats import sniff
from media.images.perceptual import Sampler, hash_of
from media.types import Fingerprint
from media.video.source import DEFAULT_LIMITS, Limits, duration_of, open_media, start_of, video_stream

DENSE_S = 30.0
"""Of a film so much is looked at closely; of what follows only key frames, which cost little."""
DENSE_PIXELS = 2_000_000_000
"""And at most so many pixels are decoded for it: about a thousand pictures of 1920 x 1080."""
MOST_PICTURES = 128
"""So many are compared; they are spread over the film."""
ENOUGH = 64
"""A photo is decoded to no more than it takes."""
MOST_SIDE = 8192

_HEAD = 64


def look(path: Path, limits: Limits = DEFAULT_LIMITS) -> Fingerprint:
    """The fingerprint of a photo (JPEG, PNG, WebP) or video. Raises ``media.errors``: ``NotUsable`` for sound alone."""
    with path.open("rb") as file:
        kind = sniff(file.read(_HEAD)).partition("/")[0]
    if kind == "image":
        found = hash_of(photos.decode(path, max_side=MOST_SIDE, enough=ENOUGH))
        return Fingerprint("picture", () if found is None else ((0, found),), 0.0)
    if kind != "video":
        raise NotUsable("There is no picture in this file.", advice="Send a picture or a video.")
    return of_video(path, limits)


def of_video(path: Path, limits: Limits = DEFAULT_LIMITS) -> Fingerprint:
    """The fingerprint of a video. What stops decoding on the way ends it there, if anything was seen by then."""
    sampler = Sampler()
    seconds = 0.0
    try:
        with open_media(path, limits, headers_only=True) as container:
            seconds = duration_of(container)
            _sample(container, sampler)
    except BadMedia:
        if not sampler.pictures():
            raise
    pictures = sampler.pictures()
    step = max(1, -(-len(pictures) // MOST_PICTURES))
    return Fingerprint("video", pictures[::step], seconds)


def _sample(container: Any, sampler: Sampler) -> None:
    stream = video_stream(container)
    start = float(start_of(container))
    pixels = 0
    # Pictures that no other refers to are left out: the one shown next is as good.
    stream.codec_context.skip_frame = "NONREF"
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        at = float(frame.pts * frame.time_base) - start
        sampler.see(frame, at)
        pixels += frame.width * frame.height
        if at >= DENSE_S or pixels >= DENSE_PIXELS:
            stream.codec_context.skip_frame = "NONKEY"
