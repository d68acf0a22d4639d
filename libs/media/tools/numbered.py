"""Films whose every picture says its number and whose sound says its time: what a trim is measured by.

``python -m libs.media.tools.numbered FOLDER`` writes one of each kind.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

WIDTH, HEIGHT = 256, 144
_BITS = 12
RATE = 48_000

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Kind:
    """How a film is written. ``times`` gives the moment of picture ``n`` in seconds, ``turned`` clockwise degrees."""

    suffix: str
    video: str
    audio: str
    options: dict[str, str] = field(default_factory=dict)
    rate: Fraction = Fraction(30)
    sounds: int = 1
    times: Callable[[int], Fraction] | None = None
    turned: int = 0
    pixels: str = "yuv420p"
    late: Fraction = Fraction(0)

    def time(self, number: int) -> Fraction:
        """When a picture is shown."""
        return self.late + (self.times(number) if self.times is not None else number / self.rate)


def _uneven(number: int) -> Fraction:
    """Pictures of a telephone: now and then one is late, in the dark only half as many."""
    steps = (33, 33, 34, 33, 50, 33, 17, 33, 66, 33)
    whole, rest = divmod(number, len(steps))
    return Fraction(whole * sum(steps) + sum(steps[:rest]), 1000)


_H264 = {"preset": "veryfast", "crf": "20"}
KINDS = {
    "mp4-h264-aac": Kind(".mp4", "libx264", "aac", _H264 | {"bf": "3", "g": "48", "sc_threshold": "0"}),
    "mov-uneven-turned-two-sounds": Kind(
        ".mov", "libx264", "aac", _H264 | {"g": "40"}, sounds=2, times=_uneven, turned=90
    ),
    "mkv-hevc-opus": Kind(
        ".mkv", "libx265", "libopus", {"preset": "ultrafast", "x265-params": "log-level=error:keyint=45"}
    ),
    "webm-vp9-opus": Kind(
        ".webm", "libvpx-vp9", "libopus", {"deadline": "realtime", "cpu-used": "8", "g": "50"}, Fraction(24)
    ),
    "ts-h264-mp2": Kind(".ts", "libx264", "mp2", _H264 | {"bf": "2", "g": "30"}, Fraction(25), late=Fraction(7, 5)),
    "avi-mpeg4-mp3": Kind(".avi", "mpeg4", "libmp3lame", {"g": "25"}, Fraction(25)),
}


def write(kind: Kind, path: Path, seconds: float, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> int:
    """Write a film of that kind, and return how many pictures it has."""
    count = next(n for n in range(10**6) if kind.time(n) - kind.late >= seconds)
    with av.open(str(path), "w") as film:
        video: Any = film.add_stream(kind.video, rate=kind.rate, options=dict(kind.options))
        video.width, video.height, video.pix_fmt = *size, kind.pixels
        unit = Fraction(1, 1000) if kind.times is not None else 1 / kind.rate
        video.codec_context.time_base = unit
        if kind.turned:
            video.set_display_rotation(-kind.turned)
        sounds = [_sound_stream(film, kind) for _ in range(kind.sounds)]
        tracks = [_bound(video, _shown(video, kind, count, unit))]
        tracks += [_bound(one, _heard(one, sound(which, seconds), kind)) for which, one in enumerate(sounds)]
        woven = heapq.merge(*tracks, key=lambda one: one[1].dts * one[1].time_base)
        for stream, packet in woven:
            packet.stream = stream
            film.mux(packet)
    return count


def _sound_stream(film: Any, kind: Kind) -> Any:
    stream = film.add_stream(kind.audio, rate=RATE, layout="stereo" if kind.audio == "mp2" else "mono")
    stream.codec_context.bit_rate = 128_000
    return stream


def _bound(stream: Any, packets: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for packet in packets:
        yield stream, packet


def _shown(video: Any, kind: Kind, count: int, unit: Fraction) -> Iterator[Any]:
    for number in range(count):
        picture = _picture(number, video.width, video.height)
        frame: Any = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=kind.pixels)
        frame.pts, frame.time_base = round(kind.time(number) / unit), unit
        yield from video.encode(frame)
    yield from video.encode(None)


def _heard(stream: Any, samples: Sound, kind: Kind) -> Iterator[Any]:
    context = stream.codec_context
    context.open(strict=False)
    resampler = av.AudioResampler(
        format=context.format, layout=context.layout, rate=RATE, frame_size=context.frame_size or 1024
    )
    packed: Any = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
    packed.sample_rate = RATE
    told = round(kind.late * RATE)
    for piece in (*resampler.resample(packed), *resampler.resample(None)):
        piece.pts, piece.time_base = told, Fraction(1, RATE)
        told += piece.samples
        yield from context.encode(piece)
    yield from context.encode(None)


def _picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """The number as black and white squares in two rows (the second says the opposite), on a moving ground."""
    across = np.arange(width)[None, :] + 3 * number
    picture = np.broadcast_to((100 + 50 * np.sin(across / 17)).astype(np.uint8), (height, width)).copy()
    side = width // _BITS
    for bit in range(_BITS):
        on = number >> bit & 1
        picture[: height // 3, bit * side : (bit + 1) * side] = 235 if on else 16
        picture[height // 3 : 2 * height // 3, bit * side : (bit + 1) * side] = 16 if on else 235
    return picture


def number_of(picture: NDArray[np.uint8]) -> int | None:
    """The number a grey picture says; None where both rows do not agree."""
    height, width = picture.shape
    side = width // _BITS
    found = 0
    for bit in range(_BITS):
        middle = slice(bit * side + side // 4, (bit + 1) * side - side // 4)
        upper = float(picture[height // 10 : height // 4, middle].mean())
        lower = float(picture[height * 2 // 5 : height * 3 // 5, middle].mean())
        if abs(upper - lower) < 60:
            return None
        found |= (upper > lower) << bit
    return found


def sound(which: int, seconds: float) -> Sound:
    """Noise that never repeats, in the band that every codec keeps; another one for each track."""
    rng = np.random.default_rng(1000 + which)
    noise = rng.standard_normal(round(seconds * RATE) + 512)
    kernel = np.sinc(np.linspace(-8, 8, 65)) * np.hanning(65)
    slow = np.repeat(rng.uniform(0.2, 1.0, round(seconds * 20) + 30), RATE // 20)[: round(seconds * RATE)]
    made = fftconvolve(noise, kernel / np.abs(kernel).sum(), mode="same")[: round(seconds * RATE)] * slow
    return np.asarray(0.3 * made / np.abs(made).max(), np.float32)


def numbers_in(path: Path) -> list[tuple[float, int | None]]:
    """Every picture of a film as it is shown: its time, and the number it says."""
    found = []
    with av.open(str(path)) as film:
        begin = Fraction(film.start_time or 0, av.time_base)
        for frame in film.decode(film.streams.video[0]):
            grey = frame.to_ndarray(format="gray")
            # A film that is turned for players and was written upright has its rows standing.
            read = np.ascontiguousarray(np.rot90(grey)) if grey.shape[0] > grey.shape[1] else grey
            found.append((float(frame.pts * frame.time_base - begin), number_of(read)))
    return found


def lag_of(heard: Sound, whole: Sound, expected: float) -> float:
    """How many seconds later than at ``expected`` in ``whole`` what is ``heard`` begins there."""
    piece = heard[: 2 * RATE]
    spare = RATE // 4
    at = round(expected * RATE)
    window = np.pad(whole, spare)[at : at + len(piece) + 2 * spare]
    likeness = fftconvolve(window, piece[::-1], mode="valid")
    return (int(np.argmax(np.abs(likeness))) - spare) / RATE


def main(arguments: Sequence[str]) -> None:
    """Write one film of each kind into a folder."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in KINDS.items():
        write(kind, folder / f"{name}{kind.suffix}", 6.0)


if __name__ == "__main__":
    main(sys.argv[1:])
