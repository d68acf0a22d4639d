"""Parts of films whose every picture says its number and whose sound says its time."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from libs.media.tools.numbered import KINDS, RATE, Kind, Sound, lag_of, number_of, numbers_in, write

from media.errors import BadMedia, UnknownFormat
from media.trim.trim import CONTAINERS, Trimmed, trim

SECONDS = 6.0
RANGES = int(os.environ.get("TRIM_RANGES", "12"))
"""How many random ranges are tried; `make chaos` tries 200."""
_ROUNDED_S = 0.0011


@dataclass(frozen=True)
class Film:
    path: Path
    shown: list[tuple[float, int | None]]
    heard: list[Sound]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Film]:
    """A film of a kind with what is seen and heard in it, made when first asked for."""
    folder = tmp_path_factory.mktemp("numbered")

    @cache
    def made(name: str) -> Film:
        path = folder / f"{name}{KINDS[name].suffix}"
        write(KINDS[name], path, SECONDS)
        return Film(path, numbers_in(path), _heard(path))

    return made


def _heard(path: Path) -> list[Sound]:
    """Every track from where the film starts to play."""
    with av.open(str(path)) as container:
        return [_track(path, index) for index in range(len(container.streams.audio))]


def _track(path: Path, index: int) -> Sound:
    with av.open(str(path)) as container:
        begin = Fraction(container.start_time or 0, av.time_base)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        late, pieces = 0, []
        for frame in container.decode(container.streams.audio[index]):
            if not pieces:
                late = round((frame.pts * frame.time_base - begin) * RATE)
            frame.pts = None
            pieces += [piece.to_ndarray().reshape(-1) for piece in resampler.resample(frame)]
        pieces += [piece.to_ndarray().reshape(-1) for piece in resampler.resample(None)]
    whole = np.concatenate(pieces)
    return np.pad(whole, (late, 0)) if late > 0 else whole[-late:]


def _check(made: Trimmed, film: Film, start: float, end: float) -> None:
    wanted = [(time, number) for time, number in film.shown if start - 5e-4 <= time < end - 5e-4]
    got = numbers_in(made.path)
    assert [number for _, number in got] == [number for _, number in wanted]
    begin, first = got[0][0], wanted[0][0]
    assert all(
        abs((time - begin) - (meant - first)) <= _ROUNDED_S for (time, _), (meant, _) in zip(got, wanted, strict=True)
    )
    assert made.frames == len(wanted)
    assert made.start == pytest.approx(first, abs=_ROUNDED_S)
    heard = _heard(made.path)
    assert len(heard) == len(film.heard) == made.sounds
    for track, whole in zip(heard, film.heard, strict=True):
        part = track[round(begin * RATE) :]
        assert abs(lag_of(part, whole, first)) <= 0.02
        sounding = min(made.duration, len(whole) / RATE - first)
        assert len(part) / RATE == pytest.approx(sounding, abs=0.045)


def test_random_parts_are_right_to_the_picture(film: Callable[[str], Film], tmp_path: Path) -> None:
    rng = random.Random(RANGES)
    methods = set()
    for number in range(RANGES):
        name = list(KINDS)[number % len(KINDS)]
        suffix = KINDS[name].suffix if number % 2 and KINDS[name].suffix in CONTAINERS else rng.choice([*CONTAINERS])
        start = rng.uniform(0, SECONDS - 1.2)
        end = rng.uniform(start + 0.4, SECONDS)
        made = trim(film(name).path, tmp_path / f"{number}{suffix}", start, end)
        _check(made, film(name), start, end)
        methods.add(made.method)
        made.path.unlink()
    assert {"edges", "encoded"} <= methods


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("mp4-h264-aac", ".mp4"),
        ("mov-uneven-turned-two-sounds", ".mov"),
        ("webm-vp9-opus", ".webm"),
        ("ts-h264-mp2", ".mp4"),
    ],
)
def test_only_edges_are_encoded(film: Callable[[str], Film], tmp_path: Path, name: str, suffix: str) -> None:
    source = film(name)

    made = trim(source.path, tmp_path / f"part{suffix}", 0.7, 5.3)

    assert (made.method, made.reason) == ("edges", "")
    assert made.encoded_s < 0.5 * made.duration
    _check(made, source, 0.7, 5.3)
    assert _difference(made.path, source.path, made.start) < 4.0


def _difference(part: Path, whole: Path, start: float) -> float:
    """The largest mean difference of a picture of ``part`` from the same one of ``whole``, in grey levels."""

    def pictures(path: Path) -> list[Any]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="gray") for frame in container.decode(container.streams.video[0])]

    every = {number_of(picture): picture for picture in pictures(whole)}
    return max(
        float(np.abs(picture.astype(int) - every[number_of(picture)].astype(int)).mean()) for picture in pictures(part)
    )


def test_a_part_between_beginnings_is_copied_whole(film: Callable[[str], Film], tmp_path: Path) -> None:
    made = trim(film("mp4-h264-aac").path, tmp_path / "part.mp4", 48 / 30, 144 / 30)
    assert (made.method, made.encoded_s) == ("copied", 0.0)
    _check(made, film("mp4-h264-aac"), 48 / 30, 144 / 30)


def test_the_same_part_has_the_same_bytes(film: Callable[[str], Film], tmp_path: Path) -> None:
    for name in ("mp4-h264-aac", "avi-mpeg4-mp3"):
        one, other = (trim(film(name).path, tmp_path / f"{at}.mp4", 1.0, 3.3).path for at in (1, 2))
        assert one.read_bytes() == other.read_bytes()


def test_a_film_that_refers_across_its_beginnings_is_encoded_and_says_so(tmp_path: Path) -> None:
    open_groups = Kind(".mp4", "libx264", "aac", {"g": "24", "x264-params": "open-gop=1:keyint=24:bframes=3"})
    write(open_groups, tmp_path / "open.mp4", 4.0)
    made = trim(tmp_path / "open.mp4", tmp_path / "part.mp4", 0.5, 3.5)
    assert (made.method, made.reason) == ("encoded", "no picture in the part begins anew")
    assert [number for _, number in numbers_in(made.path)] == list(range(15, 105))


def test_high_range_becomes_what_every_screen_shows(tmp_path: Path) -> None:
    source = _high_range(tmp_path / "high.mkv", nits=(5, 203, 1000))

    made = trim(source, tmp_path / "part.mp4", 0.2, 0.8)

    assert made.reason == "its high dynamic range is brought to what every screen shows"
    with av.open(str(made.path)) as container:
        frame = next(container.decode(container.streams.video[0]))
    assert (frame.format.name, int(frame.colorspace), int(frame.color_trc)) == ("yuv420p", 1, 1)
    luma = frame.to_ndarray()[: frame.height]
    dark, paper, bright = (float(luma[20:-20, at : at + 30].mean()) for at in (17, 81, 145))
    # A little light stays little, paper is bright, and what shines brighter than paper is brighter still.
    assert 45 < dark < 75
    assert 190 < paper < 225
    assert paper + 10 < bright <= 236


def _high_range(path: Path, nits: tuple[int, ...]) -> Path:
    power = (np.array(nits) / 10_000) ** (2610 / 16384)
    coded = ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)
    luma = np.repeat(np.round(64 + 876 * coded).astype(np.uint16), 64)[None].repeat(96, axis=0)
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "x265-params": "log-level=error"}
        stream: Any = container.add_stream("libx265", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = luma.shape[1], luma.shape[0], "yuv420p10le"
        context = stream.codec_context
        context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 9, 9, 16
        for number in range(30):
            planes = [luma, *[np.full((48, luma.shape[1] // 2), 512, np.uint16)] * 2]
            frame = av.VideoFrame.from_ndarray(
                np.concatenate([plane.reshape(-1, luma.shape[1]) for plane in planes]), format="yuv420p10le"
            )
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (3.0, 3.0, "nothing lies between 3.0 s and 3.0 s"),
        (-1.0, 3.0, "nothing lies between -1.0 s"),
        (float("nan"), 3.0, "nothing lies"),
        (9.0, 12.0, "9.0 s is behind the end: the film is 6.0"),
        (1.001, 1.002, "no picture begins between these times"),
    ],
)
def test_times_that_are_not_in_the_film_are_refused_with_its_length(
    film: Callable[[str], Film], tmp_path: Path, start: float, end: float, said: str
) -> None:
    with pytest.raises(BadMedia, match=said) as refused:
        trim(film("mp4-h264-aac").path, tmp_path / "part.mp4", start, end)
    assert refused.value.code == "BAD_TIME"
    assert refused.value.advice
    assert not list(tmp_path.iterdir())


def test_an_end_behind_the_film_is_its_end(film: Callable[[str], Film], tmp_path: Path) -> None:
    made = trim(film("mp4-h264-aac").path, tmp_path / "part.mp4", 4.0, 99.0)
    assert made.end == pytest.approx(6.0, abs=0.001)
    assert numbers_in(made.path)[-1][1] == 179


def test_another_container_and_no_film_are_refused(film: Callable[[str], Film], tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match=r"\.gif is no container") as refused:
        trim(film("mp4-h264-aac").path, tmp_path / "part.gif", 1, 2)
    assert refused.value.code == "BAD_FORMAT"
    (tmp_path / "film.mp4").write_text("no film")
    with pytest.raises(UnknownFormat):
        trim(tmp_path / "film.mp4", tmp_path / "part.mp4", 1, 2)


@pytest.mark.parametrize("name", ["mp4-h264-aac", "avi-mpeg4-mp3"])
def test_what_is_stopped_leaves_nothing(film: Callable[[str], Film], tmp_path: Path, name: str) -> None:
    class Stopped(Exception):
        pass

    told: list[float] = []

    def stop(share: float) -> None:
        told.append(share)
        if share > 0.3:
            raise Stopped

    with pytest.raises(Stopped):
        trim(film(name).path, tmp_path / "part.mp4", 0.5, 5.5, progress=stop)
    assert not list(tmp_path.iterdir())
    assert told == sorted(told)
    assert told[-1] < 0.9


def test_a_film_without_sound_is_trimmed(tmp_path: Path) -> None:
    write(Kind(".mp4", "libx264", "aac", sounds=0), tmp_path / "mute.mp4", 2.0)
    made = trim(tmp_path / "mute.mp4", tmp_path / "part.mp4", 0.5, 1.5)
    assert (made.sounds, made.frames) == (0, 30)
