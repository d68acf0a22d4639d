"""The talking photo: the film is what was asked for, and what is seen in it follows what is heard."""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from media.animation.frame import FaceFrame
from media.animation.mouth.fit import fit_lips
from media.animation.mouth.lips import Lips
from media.animation.talking import render
from media.errors import BadMedia, Corrupt, EngineFailed, NotUsable
from media.faces.preflight import find_faces
from media.images.photos import decode, resize, write_jpeg, write_png
from media.judge.video import PASSING, score_video
from media.speech.synthesis import synthesise
from media.types import Bgr, Face, Made, Phoneme, Speech
from media.video.encode import VideoWriter
from media.video.probe import probe

SCRIPT = "My baby bought a big map. People often ask what we can see from so far away: oh, it is wonderful."
RATE = 30.0


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return synthesise(SCRIPT, tmp_path_factory.mktemp("speech") / "speech.wav", voice="female")


@dataclass(frozen=True)
class Film:
    """A rendered film with what is needed to measure it: its frames' mouths and the sound per frame."""

    made: Made
    opening: NDArray[np.float64]
    loudness: NDArray[np.float64]
    times: NDArray[np.float64]


@pytest.fixture(scope="module")
def face(portrait_path: Path) -> Face:
    """The face of the sample portrait, found once: finding takes longer than most films here."""
    return find_faces(decode(portrait_path))[0]


@pytest.fixture(scope="module")
def close_up(portrait_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The head and shoulders of the sample portrait."""
    photo = decode(portrait_path)[:300, 75:375]
    return write_png(photo, tmp_path_factory.mktemp("photo") / "close.png").path


@pytest.fixture(scope="module")
def film(close_up: Path, speech: Speech, tmp_path_factory: pytest.TempPathFactory) -> Film:
    out = tmp_path_factory.mktemp("film") / "film.mp4"
    made = render(close_up, speech, out, width=640, height=640)
    opening = opening_of(out)
    times = np.asarray((np.arange(len(opening)) + 0.5) / RATE, np.float64)
    return Film(made, opening, loudness_of(speech, times), times)


def frames_of(path: Path) -> Iterator[Bgr]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def opening_of(path: Path) -> NDArray[np.float64]:
    """Share of the middle of the mouth that is neither lip nor skin, frame by frame: teeth and the dark."""
    shares, frame, lips = [], None, None
    for image in frames_of(path):
        if frame is None or lips is None:
            face = find_faces(image)[0]
            frame = FaceFrame.of(face)
            lips = fit_lips(image, face, frame)
        shares.append(inside_share(image, frame, lips))
    return np.asarray(shares)


def inside_share(image: Bgr, frame: FaceFrame, lips: Lips) -> float:
    patch = frame.patch(image, lips.x - 0.16, lips.y - 0.12, lips.x + 0.16, lips.y + 0.5, 60)
    lab = cv2.cvtColor(patch, cv2.COLOR_BGR2LAB).astype(np.float32)
    skin = np.median(lab[-6:].reshape(-1, 3), axis=0)
    dark = lab[..., 0] < 0.5 * skin[0]
    teeth = (lab[..., 1] < skin[1] - 3) & (lab[..., 2] < skin[2] - 3)
    return float((dark | teeth).mean())


def loudness_of(speech: Speech, times: NDArray[np.floating]) -> NDArray[np.float64]:
    """RMS of the recording within 50 ms of each time."""
    with wave.open(str(speech.path), "rb") as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    half = speech.sample_rate // 20
    middles = (times * speech.sample_rate).astype(int)
    return np.asarray([np.sqrt(np.mean(np.square(sound[max(0, at - half) : at + half]))) for at in middles])


def test_the_file_is_what_players_take(film: Film, speech: Speech) -> None:
    found = probe(film.made.path)
    video = next(stream for stream in found.streams if stream.kind == "video")
    audio = next(stream for stream in found.streams if stream.kind == "audio")
    assert (video.codec, video.pixel_format, video.width, video.height) == ("h264", "yuv420p", 640, 640)
    assert video.frame_rate == pytest.approx(RATE)
    assert (audio.codec, audio.sample_rate) == ("aac", speech.sample_rate)
    assert found.faststart is True
    assert found.duration == pytest.approx(speech.duration, abs=0.1)
    assert film.made.duration == pytest.approx(speech.duration, abs=1 / RATE)
    assert film.made.details["frames"] == len(film.opening)
    assert film.made.size == film.made.path.stat().st_size
    assert 0.05 < float(film.made.details["face_share"]) < 0.2


def test_the_mouth_follows_the_loudness(film: Film) -> None:
    """Correlation of at least 0.6, best within one frame (33 ms) of no lag."""
    by_lag = {
        lag: float(
            np.corrcoef(
                film.opening[max(0, lag) : len(film.opening) + min(0, lag)],
                film.loudness[max(0, -lag) : len(film.loudness) - max(0, lag)],
            )[0, 1]
        )
        for lag in range(-8, 9)
    }
    best = max(by_lag, key=lambda lag: by_lag[lag])
    assert by_lag[best] >= 0.6
    assert abs(best) / RATE <= 0.04


def test_lips_are_closed_for_m_b_and_p(film: Film, speech: Speech) -> None:
    """In every bilabial there is a frame that shows hardly any opening, though vowels stand on both sides."""
    open_mouth = float(np.percentile(film.opening, 90))
    bilabials = [p for p in speech.phonemes if p.ipa in ("m", "b", "p")]
    assert len(bilabials) >= 6
    for sound in bilabials:
        during = (film.times > sound.start - 0.5 / RATE) & (film.times < sound.end + 0.5 / RATE)
        assert film.opening[during].min() < 0.2 * open_mouth, sound


def test_the_judge_of_videos_passes_it(film: Film, speech: Speech) -> None:
    score = score_video(film.made.path, speech=speech)
    assert score.value > PASSING
    assert score.measures["mouth_correlation"] > 0.5
    assert abs(score.measures["mouth_lag_ms"]) <= 40


def test_it_begins_and_ends_as_the_photo_looks(film: Film, close_up: Path) -> None:
    frames = list(frames_of(film.made.path))
    photo = resize(decode(close_up), 640, 640)
    for frame in (frames[0], frames[-1]):
        assert np.abs(frame.astype(int) - photo).mean() < 3


def test_the_same_arguments_give_the_same_bytes(portrait_path: Path, face: Face, speech: Speech, job_dir: Path) -> None:
    told: list[float] = []
    names = ("a", "b", "c")
    seeds = (1, 1, 2)
    short = first_seconds(speech, 1.0)
    made = [
        render(portrait_path, short, job_dir / f"{n}.mp4", width=320, face=face, seed=seed, progress=told.append)
        for n, seed in zip(names, seeds, strict=True)
    ]
    first, again, other = (item.path.read_bytes() for item in made)
    assert first == again
    assert first != other
    third = told[: told.index(1.0) + 1]
    assert third[0] == 0.0
    assert third == sorted(third)


def test_without_motion_only_the_face_changes(portrait_path: Path, face: Face, speech: Speech, job_dir: Path) -> None:
    """Outside the face, what the encoder does is all that happens: at most 2 grey levels on average, in any frame."""
    made = render(portrait_path, first_seconds(speech, 1.0), job_dir / "a.mp4", width=512, face=face, motion=0)
    box = face.box
    frames = list(frames_of(made.path))
    outside = np.ones(frames[0].shape[:2], bool)
    outside[
        box.y - box.height // 4 : box.y + box.height * 3 // 2,
        box.x - box.width // 4 : box.x + box.width * 5 // 4,
    ] = False
    inside_change = 0.0
    for frame in frames[1:]:
        change = np.abs(frame.astype(int) - frames[0])
        assert change[outside].mean() < 2
        inside_change = max(inside_change, float(change[~outside].mean()))
    assert inside_change > 2


def test_motion_moves_the_head_but_not_the_background(
    portrait_path: Path, face: Face, speech: Speech, job_dir: Path
) -> None:
    made = render(portrait_path, first_seconds(speech, 2.5), job_dir / "a.mp4", width=512, face=face, motion=2)
    frames = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames_of(made.path)]
    box = face.box
    eyes = np.s_[box.y : box.y + box.height // 2, box.x : box.x + box.width]
    far = np.s_[:, 400:]
    moved = max(float(np.abs(frame[eyes].astype(int) - frames[0][eyes]).mean()) for frame in frames)
    assert moved > 3
    assert max(float(np.abs(frame[far].astype(int) - frames[0][far]).mean()) for frame in frames) < 2


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (720, 720)),
        ({"width": 301}, (300, 300)),
        ({"height": 200}, (200, 200)),
        ({"width": 360, "height": 640}, (360, 640)),
        ({"width": 640, "height": 360}, (640, 360)),
    ],
)
def test_sizes(
    portrait_path: Path, face: Face, speech: Speech, job_dir: Path, asked: dict[str, int], size: tuple[int, int]
) -> None:
    made = render(portrait_path, first_seconds(speech, 0.3), job_dir / "a.mp4", face=face, **asked)  # type: ignore[arg-type]
    assert (made.width, made.height) == size
    frame = next(frames_of(made.path))
    assert frame.shape[:2] == size[::-1]
    assert find_faces(frame)[0].share == pytest.approx(float(made.details["face_share"]), rel=0.3)


def test_small_and_large_photos(portrait_path: Path, speech: Speech, job_dir: Path) -> None:
    photo = decode(portrait_path)
    small = write_jpeg(resize(photo, 256, 256), job_dir / "small.jpg").path
    large = write_jpeg(resize(photo[:, :384], 2880, 3840), job_dir / "large.jpg").path
    assert render(small, first_seconds(speech, 0.3), job_dir / "a.mp4").width == 512
    made = render(large, first_seconds(speech, 0.3), job_dir / "b.mp4")
    assert (made.width, made.height) == (720, 960)


def test_one_of_several_faces_speaks(portrait_path: Path, speech: Speech, job_dir: Path) -> None:
    photo = decode(portrait_path)
    one = photo[:300, 100:350]
    group = write_png(np.hstack([one, resize(one, 200, 240)[np.r_[0:240, [239] * 60]]]), job_dir / "group.png").path
    faces = find_faces(decode(group))
    assert len(faces) == 2
    for index in (0, 1):
        made = render(group, first_seconds(speech, 0.7), job_dir / "a.mp4", width=450, face=index, motion=0)
        frames = list(frames_of(made.path))
        change = np.max([np.abs(frame.astype(int) - frames[0]) for frame in frames], axis=0).mean(axis=2)
        boxes = [face.box for face in faces]
        moved = [change[b.y : b.y + b.height, b.x : b.x + b.width].mean() for b in boxes]
        assert moved[index] > 3 * moved[1 - index]
    with pytest.raises(BadMedia):
        render(group, speech, job_dir / "a.mp4", face=2)


def test_what_cannot_speak_is_refused(portrait_path: Path, speech: Speech, job_dir: Path) -> None:
    grey = write_png(np.full((300, 300, 3), 127, np.uint8), job_dir / "grey.png").path
    with pytest.raises(NotUsable) as refusal:
        render(grey, speech, job_dir / "a.mp4")
    assert refusal.value.code == "NO_FACE"
    for bad in ({"width": 10}, {"height": 9000}, {"frame_rate": 0}, {"motion": -1.0}, {"frame_rate": float("nan")}):
        with pytest.raises(BadMedia):
            render(portrait_path, speech, job_dir / "a.mp4", **bad)
    (job_dir / "broken.wav").write_bytes(b"RIFF")
    broken = made_speech(job_dir / "broken.wav", 1.0, write=False)
    with pytest.raises(Corrupt):
        render(portrait_path, broken, job_dir / "a.mp4")
    assert not list(job_dir.glob("*.mp4"))
    assert not list(job_dir.glob(".*"))


def test_a_film_that_cannot_be_written_ends_the_rendering(
    portrait_path: Path, face: Face, speech: Speech, job_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the encoder's thread meets reaches the caller, before all frames are drawn, and leaves no file."""
    written = 0

    def fail_at_ten(self: VideoWriter, frame: object) -> None:
        nonlocal written
        written += 1
        if written == 10:
            raise OSError(28, "No space left on device")

    told: list[float] = []
    monkeypatch.setattr(VideoWriter, "write", fail_at_ten)
    with pytest.raises(EngineFailed, match="No space left"):
        render(portrait_path, first_seconds(speech, 2.0), job_dir / "a.mp4", face=face, width=320, progress=told.append)
    assert max(told) < 0.7
    assert not list(job_dir.iterdir())


def test_memory_does_not_grow_with_the_length(portrait_path: Path, job_dir: Path) -> None:
    """Twenty seconds take at most 40 MB more than three seconds, and under 600 MB altogether."""
    peaks = []
    for seconds in (3.0, 20.0):
        made_speech(job_dir / "long.wav", seconds)
        script = _RENDER_AND_MEASURE.format(photo=portrait_path, folder=job_dir, seconds=seconds)
        run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=100)
        peaks.append(int(run.stdout) / 1024)
    assert peaks[1] - peaks[0] < 40
    assert peaks[1] < 600


_RENDER_AND_MEASURE = """
from pathlib import Path
from media.animation.talking import render
from media.types import Phoneme, Speech
folder = Path(r"{folder}")
count = int({seconds} / 0.1)
sounds = tuple(Phoneme("ma"[n % 2], n * 0.1, n * 0.1 + 0.1) for n in range(count))
speech = Speech(folder / "long.wav", 16000, {seconds}, sounds, (), "en", "neutral", "test", -16.0)
render(Path(r"{photo}"), speech, folder / "long.mp4", width=256, frame_rate=10.0)
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def made_speech(path: Path, seconds: float, *, write: bool = True) -> Speech:
    """Bursts of noise five times a second, labelled m and a."""
    rate = 16_000
    if write:
        times = np.arange(round(seconds * rate)) / rate
        noise = np.random.default_rng(0).normal(0, 4000, len(times)) * (np.sin(2 * np.pi * 5 * times) > 0)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.clip(noise, -32768, 32767).astype("<i2").tobytes())
    phonemes = tuple(Phoneme("am"[n % 2], n * 0.1, n * 0.1 + 0.1) for n in range(int(seconds * 10)))
    return Speech(path, rate, seconds, phonemes, (), "en", "neutral", "test", -16.0)


def first_seconds(speech: Speech, seconds: float) -> Speech:
    """The beginning of a recording, in the same file."""
    return replace(speech, duration=min(seconds, speech.duration))
