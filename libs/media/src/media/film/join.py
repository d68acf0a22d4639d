"""Shots put one behind the other, and the film's sound beside them: packets are copied, nothing is encoded again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from media.errors import BadMedia
from media.types import Made
from media.video.source import first_stream, open_media, start_of, video_stream
from media.writing import encoding

_REORDERED = 2  # so many pictures at most x264 puts before those that are shown earlier


def join(clips: Sequence[Path], sound: Path | None, out: Path) -> Made:
    """Write the film to ``out`` (MP4, index first): the pictures of ``clips`` in order, as they are, and ``sound``.

    The sound of the clips themselves is left behind. The result is as long as the clips together, to the frame. Memory
    does not grow with the film. Same files, same bytes. Raises ``BadMedia`` for no clips, and (``CANNOT_JOIN``) naming
    the one that was not rendered for the same target as the first.
    """
    if not clips:
        raise BadMedia("nothing to join", code="BAD_REQUEST", advice="Render the shots first.")
    width, height, rate = _same(clips)
    with encoding(out) as part:
        made: Any = av.open(
            f"file:{os.path.abspath(part)}",  # noqa: PTH100
            "w",
            format="mp4",
            options={"movflags": "+faststart", "fflags": "+bitexact"},
        )
        with made:
            with open_media(clips[0]) as first:
                stream = made.add_stream_from_template(video_stream(first))
            tracks = [(stream, _pictures(clips, rate))]
            if sound is not None:
                tracks += [_track(made, sound)]
            frames = _weave(made, tracks)
    return Made(out, width, height, float(frames / rate), out.stat().st_size, {"frames": float(frames)})


def _same(clips: Sequence[Path]) -> tuple[int, int, Any]:
    """The size and rate that all clips have."""
    wanted: Any = None
    for clip in clips:
        with open_media(clip, headers_only=True) as container:
            stream = video_stream(container)
            context = stream.codec_context
            own = (context.name, context.width, context.height, stream.average_rate, bytes(context.extradata or b""))
        wanted = wanted or own
        if own != wanted:
            raise BadMedia(
                f"{clip.name} was not made to be joined with {clips[0].name}",
                code="CANNOT_JOIN",
                advice="Render all shots anew for one size.",
            )
    return wanted[1], wanted[2], wanted[3]


def _pictures(clips: Sequence[Path], rate: Fraction) -> Iterator[Any]:
    """The packets of all clips, each moved to where the one before ends."""
    decoded = shown = 0
    for clip in clips:
        with open_media(clip, headers_only=True) as container:
            stream = video_stream(container)
            period = 1 / rate / stream.time_base
            begin = start_of(container) / stream.time_base
            first = decoded
            for packet in container.demux(stream):
                if packet.dts is None:
                    continue
                packet.pts = int(packet.pts - begin + shown * period)
                # Counted anew: a clip of few pictures is not delayed as much as others are, and times may not go back.
                packet.dts = int((decoded - _REORDERED) * period)
                decoded += 1
                yield packet
            shown += decoded - first


def _track(made: Any, sound: Path) -> tuple[Any, Iterator[Any]]:
    with open_media(sound) as container:
        source = first_stream(container, "audio")
        if source is None:
            raise BadMedia(f"{sound.name} has no sound", code="NO_AUDIO", advice="Mix the film's sound first.")
        stream = made.add_stream_from_template(source)

    def packets() -> Iterator[Any]:
        with open_media(sound) as container:
            yield from (
                packet for packet in container.demux(first_stream(container, "audio")) if packet.dts is not None
            )

    return stream, packets()


def _weave(made: Any, tracks: Sequence[tuple[Any, Iterator[Any]]]) -> int:
    """Write the packets of all tracks by their time; how many there were of the first."""
    waiting = {number: packet for number, (_, packets) in enumerate(tracks) if (packet := next(packets, None))}
    written = 0
    while waiting:
        number = min(waiting, key=lambda one: waiting[one].dts * waiting[one].time_base)
        stream, packets = tracks[number]
        packet = waiting.pop(number)
        packet.stream = stream
        made.mux(packet)
        written += number == 0
        if following := next(packets, None):
            waiting[number] = following
    return written
