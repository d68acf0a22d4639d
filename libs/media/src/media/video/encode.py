"""Writing video files: one place that knows encoders, their settings, and how a file is finished.

What is written is byte-identical for the same frames, sound and thread count: no dates, no library versions, no
encoder left to decide by the clock.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import av
import cv2

from media.video.encode_audio import AudioTrack
from media.video.source import open_media, start_of, video_stream
from media.writing import encoding

VideoCodec = Literal["h264", "vp9", "av1"]

_OPENCV_AVX_512F = 13
_LIMITED_RANGE = 1
_AUDIO_LEAD_S = Fraction(1, 2)
_KEYFRAME_EVERY_S = 2

PICTURES_IN_TURN = 3
"""How many pictures :func:`write_behind` needs: one that is drawn, one that waits, one that is encoded."""


@dataclass(frozen=True, slots=True)
class Colour:
    """What the numbers of a picture mean, as code points of ITU-T H.273; the range is always the limited one."""

    matrix: int
    primaries: int
    transfer: int


BT_709 = Colour(1, 1, 1)
BT_601 = Colour(6, 6, 6)


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """How pictures are encoded. Width and height are even; ``max_bit_rate`` caps what ``crf`` would spend.

    ``joinable`` (H.264 only): files of the same size and rate have the same headers, whatever is in them, so that their
    pictures can be put one behind the other without being encoded again.
    """

    width: int
    height: int
    frame_rate: Fraction = Fraction(30)
    codec: VideoCodec = "h264"
    crf: int = 21
    max_bit_rate: int | None = None
    preset: str = "veryfast"
    threads: int = 1
    colour: Colour = BT_709
    joinable: bool = False


def extension(codec: VideoCodec) -> str:
    """The file name ending the codec is delivered in."""
    return ".mp4" if codec == "h264" else ".webm"


class VideoWriter:
    """One output file: pictures in order by ``write``, and the sound, already encoded, woven in on the way.

    Use inside ``encoding``; leaving the ``with`` block without an exception completes the file, index first.
    """

    def __init__(self, path: Path, settings: VideoSettings, audio: AudioTrack | None = None) -> None:
        self._container: Any = av.open(
            f"file:{os.path.abspath(path)}",  # noqa: PTH100
            "w",
            format="mp4" if settings.codec == "h264" else "webm",
            options={"movflags": "+faststart", "fflags": "+bitexact"},
        )
        self._video = _add_video(self._container, settings)
        self._audio_packets: Iterator[Any] = iter(())
        self._next_audio: Any | None = None
        if audio is not None:
            self._open_audio(audio)
        self.frames = 0

    def write(self, frame: Any) -> None:
        """The next picture, an ``av.VideoFrame`` in the settings' size; it is shown for one frame period."""
        frame.pts = self.frames
        frame.time_base = 1 / self._video.codec_context.framerate
        frame.pict_type = 0
        self.frames += 1
        self._mux(self._video.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._mux(self._video.encode(None))
                self._mux_audio(until=None)
        finally:
            self._container.close()

    def _open_audio(self, audio: AudioTrack) -> None:
        template, packets = audio.open()
        stream = self._container.add_stream_from_template(template)

        def rebound() -> Iterator[Any]:
            for packet in packets:
                packet.stream = stream
                yield packet

        self._audio_packets = rebound()
        self._next_audio = next(self._audio_packets, None)

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            if packet.dts is not None:
                self._mux_audio(until=packet.dts * packet.time_base + _AUDIO_LEAD_S)
            self._container.mux(packet)

    def _mux_audio(self, until: Fraction | None) -> None:
        while (packet := self._next_audio) is not None and (until is None or packet.dts * packet.time_base <= until):
            self._container.mux(packet)
            self._next_audio = next(self._audio_packets, None)


@contextmanager
def write_behind(writer: VideoWriter) -> Iterator[Callable[[Any], None]]:
    """A function that writes pictures while its caller draws the next ones.

    When it returns, all pictures but the last two are encoded, so ``PICTURES_IN_TURN`` of them are enough. What writing
    raised is raised by a later call or at the end.
    """
    waiting: deque[Future[None]] = deque()

    def write(frame: Any) -> None:
        waiting.append(thread.submit(writer.write, frame))
        if len(waiting) == PICTURES_IN_TURN:
            waiting.popleft().result()

    with ThreadPoolExecutor(1, "encoder") as thread:
        yield write
        for one in waiting:
            one.result()


def _add_video(container: Any, settings: VideoSettings) -> Any:
    encoder, options = _encoder(settings)
    stream = container.add_stream(encoder, rate=settings.frame_rate, options=options)
    context = stream.codec_context
    context.width, context.height = settings.width, settings.height
    context.pix_fmt = "yuv420p"
    context.color_range = _LIMITED_RANGE
    context.colorspace, context.color_primaries = settings.colour.matrix, settings.colour.primaries
    context.color_trc = settings.colour.transfer
    context.time_base = 1 / settings.frame_rate
    context.thread_count = settings.threads
    context.gop_size = round(_KEYFRAME_EVERY_S * settings.frame_rate)
    context.flags |= int(av.codec.context.Flags.bitexact)
    return stream


def x264_options(*more: str) -> dict[str, str]:
    """Options that hand x264 parameters of its own and make it repeatable.

    Its AVX-512 code is kept out: the look-ahead there reads memory it never wrote, two runs then differ by some bits.
    Found by filling fresh memory with different bytes (``MALLOC_PERTURB_``); every older instruction set repeats
    exactly, at the same speed within measuring error. Processors with AVX-512 have all that is named here.
    """
    repeatable = ("asm=AVX2,FMA3,BMI2,LZCNT",) if cv2.checkHardwareSupport(_OPENCV_AVX_512F) else ()
    return {"x264-params": ":".join((*more, *repeatable))} if more or repeatable else {}


def _encoder(settings: VideoSettings) -> tuple[str, dict[str, str]]:
    rate = settings.max_bit_rate
    match settings.codec:
        case "h264":
            options = {"preset": settings.preset, "crf": str(settings.crf), "profile": "high"}
            options |= x264_options(*(["stitchable=1"] if settings.joinable else []))
            if rate:
                options |= {"maxrate": str(rate), "bufsize": str(2 * rate)}
            return "libx264", options
        case "vp9":
            # The quality scales differ: 21 for x264 looks like about 31 here.
            options = {
                "crf": str(settings.crf + 10),
                "b": str(rate or 0),
                "deadline": "good",
                "cpu-used": "5",
                "row-mt": "1",
            }
            return "libvpx-vp9", options
        case "av1":
            level = {"svtav1-params": f"lp={settings.threads}"}
            return "libsvtav1", {"crf": str(settings.crf + 14), "preset": "9"} | level


def remux_with_sound(source: Path, audio: AudioTrack, out: Path) -> None:
    """Copy the pictures of ``source``, as they are encoded, beside new sound into ``out`` (MP4, index first)."""
    with open_media(source) as container, encoding(out) as part:
        video = video_stream(container)
        begin = start_of(container)
        made: Any = av.open(
            f"file:{os.path.abspath(part)}",  # noqa: PTH100
            "w",
            format="mp4",
            options={"movflags": "+faststart", "fflags": "+bitexact"},
        )
        with made:
            stream = made.add_stream_from_template(video)
            template, packets = audio.open()
            sound = made.add_stream_from_template(template)
            waiting = next(packets, None)
            for packet in container.demux(video):
                if packet.dts is None:
                    continue
                shift = int(begin / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                while waiting is not None and waiting.dts * waiting.time_base <= packet.dts * packet.time_base:
                    waiting.stream = sound
                    made.mux(waiting)
                    waiting = next(packets, None)
                packet.stream = stream
                made.mux(packet)
            while waiting is not None:
                waiting.stream = sound
                made.mux(waiting)
                waiting = next(packets, None)
