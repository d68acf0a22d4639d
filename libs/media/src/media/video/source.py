"""Opening files that came from somewhere else: only known containers, only from the disk, only within bounds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from media.errors import BadMedia, Corrupt, NotUsable, TooLarge, UnknownFormat

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,flv,wav,mp3,ogg,flac,aac"
"""What may be opened, by the container library's names. Playlists, slide shows and scripts are not among them."""

_MAX_BOXES = 4096
_TOLD_EVERY_S = 10.0
_LEAD_S = Fraction(1, 2)
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
_BEGINNINGS = (b"\x1aE\xdf\xa3", b"OggS", b"fLaC", b"ID3", b"FLV\x01")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be before it is refused unread. ``side`` is pixels, ``duration`` seconds, ``size`` bytes."""

    size: int = 4 << 30
    duration: float = 4 * 3600.0
    streams: int = 16
    side: int = 8192
    pixels: int = 8192 * 4352
    channels: int = 8
    sample_rate: int = 192_000


DEFAULT_LIMITS = Limits()


@contextmanager
def open_media(path: Path, limits: Limits = DEFAULT_LIMITS, *, headers_only: bool = False) -> Iterator[Any]:
    """The open container of ``path`` (an ``av.container.InputContainer``), its claims checked against ``limits``.

    With ``headers_only`` no picture of an MP4 or MOV file is decoded on the way, since its index says what there is:
    for callers who want one picture, of which opening would decode as many again. The pixel format is then known once
    it is decoded, and a file that does not state how its pictures are reordered may give the first few out of order.

    Raises ``UnknownFormat`` for anything but the accepted containers, ``TooLarge`` over a limit, ``Corrupt`` where
    reading or decoding fails, also inside the ``with`` block, and ``BadMedia`` (``NOT_FOUND``) without such a file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise BadMedia(f"{path.name}: {error.strerror}", code="NOT_FOUND") from error
    if not size:
        raise Corrupt(f"{path.name} is empty", advice="Upload the file again; it arrived without content.")
    if size > limits.size:
        raise TooLarge(f"{path.name}: {size} bytes, at most {limits.size}", advice="Choose a smaller file.")
    if not _is_known(head):
        raise UnknownFormat(f"{path.name} is no video or sound we know", advice="Choose an MP4, WebM or WAV file.")
    if head[4:8] in _FIRST_BOXES and any(end > size for _, end in top_boxes(path)):
        raise Corrupt(f"{path.name} is cut short", advice="The file did not arrive whole; upload it again.")
    try:
        with _opened(path, limits, headers_only and head[4:8] in _FIRST_BOXES) as container:
            _check(path, container, limits)
            yield container
    except av.error.FFmpegError as error:
        raise Corrupt(
            f"{path.name} cannot be read: {error.strerror}", advice="The file is damaged or cut short; export it again."
        ) from error


def _opened(path: Path, limits: Limits, headers_only: bool) -> Any:
    # Only the disk may be read, whatever addresses the content names.
    options = {"protocol_whitelist": "file", "format_whitelist": DEMUXERS, "max_streams": str(4 * limits.streams)}
    address = f"file:{os.path.abspath(path)}"  # noqa: PTH100
    if headers_only:
        container: Any = av.open(address, options=options | {"skip_frame": "all"}, metadata_errors="replace")
        if _described(container):
            return container
        container.close()
    return av.open(address, options=options, metadata_errors="replace")


def _described(container: Any) -> bool:
    """Whether the headers say all that is asked of a file; of several videos only the first will be decoded."""
    contexts = [stream.codec_context for stream in container.streams]
    videos = [one for one in contexts if one is not None and one.type == "video"]
    sounds = [one for one in contexts if one is not None and one.type == "audio"]
    return len(videos) <= 1 and all(one.width for one in videos) and all(one.sample_rate for one in sounds)


def top_boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    """The outermost boxes of an MP4 or MOV file: what each is, and where it says it ends."""
    at = 0
    with path.open("rb") as file:
        for _ in range(_MAX_BOXES):
            head = file.read(16)
            if len(head) < 8:
                return
            size, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
            # A size of 0 means "to the end of the file".
            at = at + size if size >= 8 else path.stat().st_size
            yield kind, at
            file.seek(at)


def first_stream(container: Any, kind: str) -> Any | None:
    """The first video or audio stream that can be decoded and is content: cover art in a sound file is not a video."""
    for stream in container.streams:
        if (
            stream.type == kind
            and stream.codec_context is not None
            and not int(stream.disposition) & int(av.stream.Disposition.attached_pic)
        ):
            return stream
    return None


def video_stream(container: Any) -> Any:
    """The first video stream, or ``NotUsable``."""
    stream = first_stream(container, "video")
    if stream is None:
        raise NotUsable("there is no picture in this file", code="NO_VIDEO", advice="Choose a file with video.")
    return stream


def start_of(container: Any) -> Fraction:
    """The time stamp at which the file starts to play, in seconds."""
    return Fraction(container.start_time or 0, av.time_base)


def duration_of(container: Any) -> float:
    """Seconds as the container states them, else the longest stream's; 0.0 when nothing is stated."""
    stated = (container.duration or 0) / av.time_base
    lengths = [float(s.duration * s.time_base) for s in container.streams if s.duration and s.time_base]
    return float(stated or max(lengths, default=0.0))


def read_audio(
    path: Path, *, rate: int | None = None, mono: bool = False, seconds: float | None = None
) -> tuple[NDArray[np.float32], int] | None:
    """The sound of a file as ``(n, channels)`` float32 with its rate, one or two channels; None where there is none.

    Sample 0 is the moment the file starts to play: a late start is padded with silence, an early one cut. ``seconds``
    bounds what is read.
    """
    with open_media(path) as container:
        stream = first_stream(container, "audio")
        if stream is None:
            return None
        channels = 1 if mono or stream.channels == 1 else 2
        rate = rate or stream.sample_rate
        pieces = list(_resampled(container, stream, rate, channels, seconds))
    if not pieces:
        return np.zeros((0, channels), np.float32), rate
    samples = np.concatenate(pieces)
    return samples if seconds is None else samples[: round(seconds * rate)], rate


def read_voice(
    path: Path, *, rate: int, seconds: float, tell: Callable[[float], None] | None = None
) -> NDArray[np.int16] | None:
    """The sound as ``read_audio`` would give it, mono with 16 bits: half the memory, for recordings of hours. ``tell``
    is told how many seconds have been read; it may raise to stop."""
    with open_media(path) as container:
        stream = first_stream(container, "audio")
        if stream is None:
            return None
        kept, told = bytearray(), 0
        for piece in _resampled(container, stream, rate, 1, seconds):
            kept += np.round(np.clip(piece, -1, 1) * 32767).astype(np.int16).tobytes()
            if tell is not None and len(kept) - told >= _TOLD_EVERY_S * 2 * rate:
                told = len(kept)
                tell(told / 2 / rate)
    return np.frombuffer(kept, np.int16)[: round(seconds * rate)]


def read_part(path: Path, start: float, seconds: float, *, rate: int) -> NDArray[np.float32]:
    """The sound from ``start`` seconds on as ``read_audio`` gives it, with two channels and without what is before."""
    with open_media(path) as container:
        stream = first_stream(container, "audio")
        if stream is None:
            return np.zeros((0, 2), np.float32)
        begin = start_of(container) + Fraction(start).limit_denominator(1_000_000)
        # A decoder needs what sounded before.
        container.seek(int((begin - _LEAD_S) / stream.time_base), stream=stream, backward=True)
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=rate)
        made = np.zeros((round(seconds * rate), 2), np.float32)
        at: int | None = None
        for frame in container.decode(stream):
            if at is None:
                at = round((frame.pts * frame.time_base - begin) * rate) if frame.pts is not None else 0
            frame.pts = None
            for piece in resampler.resample(frame):
                block = np.asarray(piece.to_ndarray(), np.float32).reshape(-1, 2)
                kept = block[max(0, -at) :]
                first = max(0, at)
                at += len(block)
                part = kept[: max(0, len(made) - first)]
                made[first : first + len(part)] = part
            if at >= len(made):
                break
        return made


def _resampled(
    container: Any, stream: Any, rate: int, channels: int, seconds: float | None
) -> Iterator[NDArray[np.float32]]:
    resampler = av.AudioResampler(format="flt", layout="mono" if channels == 1 else "stereo", rate=rate)
    start = start_of(container)
    cut = 0
    written = 0
    first = True
    for frame in container.decode(stream):
        if first:
            first = False
            offset = round((frame.pts * frame.time_base - start) * rate) if frame.pts is not None else 0
            if offset > 0:
                written += min(offset, 60 * rate)
                yield np.zeros((written, channels), np.float32)
            cut = max(0, -offset)
        frame.pts = None
        for made in resampler.resample(frame):
            block = np.asarray(made.to_ndarray(), np.float32).reshape(-1, channels)
            yield block[cut:]
            written += len(block[cut:])
            cut = max(0, cut - len(block))
        if seconds is not None and written >= seconds * rate:
            return
    for made in resampler.resample(None):
        yield np.asarray(made.to_ndarray(), np.float32).reshape(-1, channels)[cut:]


def _is_known(head: bytes) -> bool:
    """Whether the file begins like one of the accepted containers; a playlist or a script does not."""
    if head[4:8] in _FIRST_BOXES or head.startswith(_BEGINNINGS):
        return True
    if head[:4] == b"RIFF":
        return head[8:12] in (b"WAVE", b"AVI ")
    is_transport = len(head) > 188 and head[0] == head[188] == 0x47
    is_mpeg_audio = len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return is_transport or is_mpeg_audio


def _check(path: Path, container: Any, limits: Limits) -> None:
    def refuse(what: str) -> TooLarge:
        return TooLarge(f"{path.name}: {what}", advice="Choose a shorter or smaller recording.")

    if len(container.streams) > limits.streams:
        raise refuse(f"{len(container.streams)} tracks, at most {limits.streams}")
    if not len(container.streams):
        raise Corrupt(f"{path.name} has no tracks", advice="The file is damaged; export it again.")
    if duration_of(container) > limits.duration:
        raise refuse(f"{duration_of(container):.0f} s long, at most {limits.duration:.0f}")
    for stream in container.streams:
        if stream.codec_context is None:
            continue
        if stream.type == "video":
            width, height = stream.width, stream.height
            if max(width, height) > limits.side or width * height > limits.pixels:
                raise refuse(f"{width}x{height} pixels, at most {limits.side} a side")
        if stream.type == "audio" and (stream.channels > limits.channels or stream.sample_rate > limits.sample_rate):
            raise refuse(f"{stream.channels} channels at {stream.sample_rate} Hz")
