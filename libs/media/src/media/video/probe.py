"""What a file is: container, streams, durations, rates, and on request how loud it is, read in one pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from media.errors import Corrupt
from media.types import Probe, Stream
from media.video.source import DEFAULT_LIMITS, Limits, duration_of, first_stream, open_media, top_boxes

if TYPE_CHECKING:
    from media.sound.loudness import LoudnessMeter

_MAX_TAGS = 64
_MAX_TAG_LENGTH = 1000


def probe(path: Path, *, loudness: bool = False, limits: Limits = DEFAULT_LIMITS) -> Probe:
    """Describe the file at ``path`` without trusting it.

    Reads the headers and decodes one picture; with ``loudness`` the first audio stream is decoded on the same pass and
    measured after BS.1770-4. ``bit_rate`` is bits per second over the whole file, ``rotation`` the clockwise degrees a
    player turns the stored picture by. ``format`` is ``mp4``, ``mov``, ``webm``, ``matroska`` or the container's own
    short name.

    Raises ``UnknownFormat``, ``TooLarge`` and ``Corrupt``; nothing outside the file is read, whatever it refers to.
    """
    with open_media(path, limits, headers_only=True) as container:
        video, audio = first_stream(container, "video"), first_stream(container, "audio")
        meter = _meter(audio) if loudness and audio is not None else None
        rotation = _read(container, video, audio, meter)
        duration = duration_of(container)
        size = path.stat().st_size
        streams = tuple(_stream(s, duration, rotation if s is video else 0) for s in container.streams)
        name = _format(container, path)
        return Probe(
            format=name,
            duration=duration,
            size=size,
            bit_rate=round(8 * size / duration) if duration > 0 else 0,
            streams=streams,
            faststart=_index_first(path) if name in ("mp4", "mov") else None,
            loudness_lufs=None if meter is None else meter.lufs(),
            true_peak_db=None if meter is None else meter.true_peak_db(),
            tags=_tags(container.metadata),
        )


def _meter(audio: Any) -> LoudnessMeter:
    # Its filters take longer to load than most files to probe, and few callers ask how loud a file is.
    from media.sound.loudness import LoudnessMeter

    return LoudnessMeter(audio.sample_rate, audio.channels)


def _read(container: Any, video: Any | None, audio: Any | None, meter: LoudnessMeter | None) -> int:
    """Feed the meter, and return how far the first picture is turned; stops as soon as nothing more is wanted."""
    rotation: int | None = None if video is not None else 0
    if video is not None:
        # Nobody will look at this picture: blocks may stay visible.
        video.codec_context.options = {"skip_loop_filter": "all"}
    measured = [audio] if meter is not None else []
    wanted = [stream for stream in (video, *measured) if stream is not None]
    for packet in container.demux(wanted) if wanted else ():
        if packet.stream is video and rotation is None:
            for frame in packet.decode():
                rotation = round(-frame.rotation / 90) * 90 % 360
                break
        elif packet.stream is audio and meter is not None:
            for frame in packet.decode():
                meter.add(_floats(frame))
        if rotation is not None and meter is None:
            break
    if rotation is None:
        raise Corrupt("not one picture of the video decodes", advice="The file is damaged; export it again.")
    return rotation


def _floats(frame: Any) -> Any:
    """Decoded sound as ``(n, channels)`` floats, full scale at 1.0."""
    array = frame.to_ndarray()
    array = array.T if frame.format.is_planar else array.reshape(-1, len(frame.layout.channels))
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind == "u":
        return (array.astype("f8") - 128) / 128
    return array.astype("f8") / -float(_lowest(array))


def _lowest(array: Any) -> int:
    return -(1 << (8 * int(array.dtype.itemsize) - 1))


def _stream(stream: Any, duration: float, rotation: int) -> Stream:
    context = stream.codec_context
    codec = context.name if context is not None else "unknown"
    own = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None
    bit_rate = (context.bit_rate or None) if context is not None else None
    if context is not None and stream.type == "video":
        rate = stream.average_rate or stream.guessed_rate
        return Stream(
            kind="video",
            codec=codec,
            duration=own or duration,
            bit_rate=bit_rate,
            width=stream.width,
            height=stream.height,
            frame_rate=float(rate) if rate else None,
            pixel_format=context.pix_fmt,
            rotation=rotation,
            language=stream.language,
        )
    if context is not None and stream.type == "audio":
        return Stream(
            kind="audio",
            codec=codec,
            duration=own or duration,
            bit_rate=bit_rate,
            sample_rate=stream.sample_rate,
            channels=stream.channels,
            language=stream.language,
        )
    kind: Literal["subtitle", "other"] = "subtitle" if stream.type == "subtitle" else "other"
    return Stream(kind=kind, codec=codec, duration=own, bit_rate=bit_rate, language=stream.language)


def _format(container: Any, path: Path) -> str:
    names = container.format.name.split(",")
    if "mp4" in names:
        return "mov" if container.metadata.get("major_brand", "").strip() == "qt" else "mp4"
    if "webm" in names:
        with path.open("rb") as file:
            return "webm" if b"webm" in file.read(64) else "matroska"
    return str(names[0])


def _index_first(path: Path) -> bool:
    """Whether a player can start before it has the whole file: the index stands before the data."""
    order = [kind for kind, _ in top_boxes(path) if kind in (b"moov", b"mdat")]
    return order[:1] == [b"moov"]


def _tags(metadata: dict[str, str]) -> dict[str, str]:
    pairs = list(metadata.items())[:_MAX_TAGS]
    return {key[:_MAX_TAG_LENGTH]: value[:_MAX_TAG_LENGTH] for key, value in pairs}
