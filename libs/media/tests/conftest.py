"""Fixtures that the tests of the whole library share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from media.faces import preflight as faces
from media.faces.detect import Candidate, Grey
from media.speech.synthesis import synthesise
from media.types import Speech


@pytest.fixture(scope="session", autouse=True)
def each_picture_is_searched_once() -> Iterator[None]:
    """Where faces may be in a picture is remembered for the session: searching the same pictures again and again was a
    fifth of all computing. ``media.faces.detect.find_candidates`` itself stays as it is."""
    search, found = faces.find_candidates, dict[tuple[tuple[int, ...], bytes], list[Candidate]]()

    def find(grey: Grey) -> list[Candidate]:
        key = (grey.shape, hashlib.blake2b(np.ascontiguousarray(grey)).digest())
        if key not in found:
            found[key] = search(grey)
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faces, "find_candidates", find)
        yield


@pytest.fixture(scope="session")
def portrait_path() -> Path:
    """A 512 x 512 public-domain portrait; the face is about 100 px wide, frontal, smiling with teeth."""
    return Path(__file__).parents[3] / "samples" / "portrait.jpg"


@pytest.fixture
def job_dir(tmp_path: Path) -> Path:
    """An empty folder of the test's own: the only place a job reads from and writes to."""
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def spoken_pumps(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Speech]:
    """A sentence of four seconds by the English voice, with its times; made when first asked for."""

    @cache
    def speak() -> Speech:
        text = "My father bought five pumps, a map and a lamp for the boat."
        return synthesise(text, tmp_path_factory.mktemp("spoken") / "pumps.wav", voice="female")

    return speak


@pytest.fixture
def write_clip() -> Callable[..., Path]:
    """Write a small H.264/AAC file: ``write_clip(path, frames, sound=..., rate=48_000, frame_rate=30)``.

    ``frames`` are BGR arrays of one size, ``sound`` mono floats; ``sound=None`` leaves the file silent.
    """
    return _write_clip


def _write_clip(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    sound: np.ndarray | None = None,
    rate: int = 48_000,
    frame_rate: int = 30,
    rotation: int = 0,
) -> Path:
    with av.open(str(path), "w") as container:
        video, audio = None, None
        for frame in frames:
            if video is None:
                video = container.add_stream("libx264", rate=frame_rate, options={"crf": "18", "preset": "ultrafast"})
                video.height, video.width = frame.shape[:2]
                video.pix_fmt = "yuv420p"
                if rotation:
                    video.set_display_rotation(rotation)
                audio = container.add_stream("aac", rate=rate, layout="mono") if sound is not None else None
            container.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(video.encode(None))
        if audio is not None:
            packed = av.AudioFrame.from_ndarray(sound.astype(np.float32).reshape(1, -1), format="fltp", layout="mono")
            packed.sample_rate = rate
            resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate, frame_size=1024)
            for piece in (*resampler.resample(packed), *resampler.resample(None)):
                container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
    return path


@pytest.fixture(scope="session")
def speechlike() -> Callable[..., np.ndarray]:
    """``speechlike(seconds, seed=0, rate=48_000)``: noise in syllables of uneven loudness, with pauses; mono floats."""

    def make(seconds: float, seed: int = 0, rate: int = 48_000) -> np.ndarray:
        rng = np.random.default_rng(seed)
        knots = np.arange(0, seconds + 0.2, 0.1)
        level = rng.uniform(0.0, 1.0, len(knots)) * (rng.uniform(0, 1, len(knots)) > 0.3)
        times = np.arange(round(seconds * rate)) / rate
        return 0.2 * np.interp(times, knots, level) ** 2 * rng.standard_normal(len(times))

    return make
