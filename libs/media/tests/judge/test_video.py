"""The judge of talking videos: what must pass passes, what must fail fails, and the formula is the documented one."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from media.animation.talking import render
from media.errors import MediaError, NotUsable
from media.judge.mouth import loudness_at
from media.judge.video import PASSING, judge, score_video
from media.speech.synthesis import synthesise
from media.types import Speech

FRAME_RATE = 30
RATE = 48_000
SECONDS = 3.0
Clip = Callable[..., Path]

GOOD = {
    "duration": 5.0,
    "expected_duration": 5.0,
    "decoded_share": 1.0,
    "loudness_lufs": -16.0,
    "mouth_correlation": 0.7,
    "mouth_lag_ms": 0.0,
    "spoken": 4.0,
    "mouth_motion": 6.0,
    "upper_motion": 1.0,
    "frozen_share": 0.0,
    "black_share": 0.0,
    "short_side": 720.0,
    "sharpness": 0.5,
    "face_share": 0.1,
}


@pytest.fixture(scope="module")
def portrait(portrait_path: Path) -> np.ndarray:
    """The sample portrait enlarged around the face, 320 x 568."""
    image = cv2.imread(str(portrait_path))
    return cv2.resize(image[10:410, 112:337], (320, 568), interpolation=cv2.INTER_CUBIC)


def talking(portrait: np.ndarray, sound: np.ndarray, *, lag: float = 0.0, sway: float = 0.0) -> Iterator[np.ndarray]:
    """A crude talking photo: a dark ellipse grows on the lips with the loudness; ``sway`` pixels of head motion."""
    count = round(len(sound) / RATE * FRAME_RATE)
    times = np.arange(count) / FRAME_RATE
    openness = loudness_at(times - lag, sound.astype(np.float32), RATE)
    openness = openness / max(openness.max(), 1e-9)
    for time, amount in zip(times, openness, strict=True):
        frame = portrait.copy()
        cv2.ellipse(frame, (158, 194), (22, round(2 + 16 * amount)), 0, 0, 360, (30, 20, 60), -1, cv2.LINE_AA)
        if sway:
            shift = np.float32([[1, 0, sway * np.sin(2 * time)], [0, 1, sway * np.cos(3 * time)]])
            frame = cv2.warpAffine(frame, shift, (320, 568), borderMode=cv2.BORDER_REPLICATE)
        yield frame


@pytest.mark.parametrize("sway", [0.0, 4.0])
def test_a_mouth_that_follows_the_sound_is_measured_so(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path, sway: float
) -> None:
    sound = speechlike(SECONDS)
    clip = write_clip(tmp_path / "a.mp4", talking(portrait, sound, sway=sway), sound=sound)
    score = score_video(clip, expected_duration=SECONDS)
    assert score.measures["mark_lips"] == 4.0
    assert score.measures["mouth_correlation"] >= 0.6
    assert abs(score.measures["mouth_lag_ms"]) <= 40
    # What follows is no mouth: the lips lie still under it.
    assert "something dark or pale shows beside the lips" in score.reasons


def test_a_still_face_with_sound_fails(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "a.mp4", [portrait] * 90, sound=speechlike(SECONDS))
    score = score_video(clip)
    assert score.value < PASSING, score
    assert "the mouth does not move with the speech" in score.reasons


def test_moving_the_whole_photo_is_not_talking(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path
) -> None:
    """A slow zoom over a still photo, as slide shows do."""

    def zoomed() -> Iterator[np.ndarray]:
        for index in range(90):
            turn = cv2.getRotationMatrix2D((160, 200), 0.5 * np.sin(index / 20), 1 + index / 900)
            yield cv2.warpAffine(portrait, turn, (320, 568), borderMode=cv2.BORDER_REPLICATE)

    clip = write_clip(tmp_path / "a.mp4", zoomed(), sound=speechlike(SECONDS))
    assert score_video(clip).value < PASSING


def test_a_mouth_that_moves_to_other_words_fails(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "a.mp4", talking(portrait, speechlike(SECONDS, seed=5)), sound=speechlike(SECONDS))
    assert score_video(clip).value < 6.5


def test_a_late_mouth_is_measured_and_costs(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path
) -> None:
    sound = speechlike(SECONDS)
    clip = write_clip(tmp_path / "a.mp4", talking(portrait, sound, lag=0.3), sound=sound)
    score = score_video(clip)
    assert score.measures["mouth_lag_ms"] == pytest.approx(300, abs=50)
    assert score.value < PASSING


def test_a_black_video_fails(speechlike: Clip, write_clip: Clip, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", [np.zeros((568, 320, 3), np.uint8)] * 60, sound=speechlike(2))
    score = score_video(clip)
    assert score.value <= 2
    assert score.measures["black_share"] == 1


def test_silence_fails(portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", talking(portrait, speechlike(SECONDS)))
    score = score_video(clip)
    assert score.value < PASSING
    assert "there is no sound" in score.reasons


def test_a_video_shorter_than_its_speech_fails(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path
) -> None:
    sound = speechlike(SECONDS)
    clip = write_clip(tmp_path / "a.mp4", talking(portrait, sound), sound=sound)
    assert score_video(clip, expected_duration=2 * SECONDS).value < PASSING


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_file_cut_short_fails(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path, share: float
) -> None:
    """Whether the index comes first (then some of it plays) or last (then nothing does)."""
    sound = speechlike(SECONDS)
    clip = write_clip(tmp_path / "a.mp4", talking(portrait, sound), sound=sound)
    whole = clip.read_bytes()
    clip.write_bytes(whole[: int(len(whole) * share)])
    try:
        assert score_video(clip).value < PASSING
    except MediaError as refused:
        assert refused.code == "CORRUPT"


def test_a_sound_file_has_no_video_to_judge(speechlike: Clip, write_clip: Clip, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((speechlike(1) * 32767).astype("<i2").tobytes())
    with pytest.raises(NotUsable):
        score_video(path)


def test_the_same_file_scores_the_same(
    portrait: np.ndarray, speechlike: Clip, write_clip: Clip, tmp_path: Path
) -> None:
    sound = speechlike(1.5)
    clip = write_clip(tmp_path / "a.mp4", talking(portrait, sound), sound=sound)
    assert score_video(clip) == score_video(clip)


def test_a_faultless_video_scores_ten() -> None:
    score = judge(GOOD)
    assert score.value == pytest.approx(10.0)
    assert score.reasons == ()


@pytest.mark.parametrize(
    ("measure", "value", "most"),
    [
        ("mouth_motion", 0.1, 4.0),
        ("mouth_correlation", 0.1, 4.0),
        ("mouth_lag_ms", 300.0, 4.5),
        ("loudness_lufs", -99.0, 3.0),
        ("black_share", 0.5, 2.0),
        ("frozen_share", 0.6, 4.0),
        ("decoded_share", 0.5, 3.0),
        ("face_share", 0.0, 4.5),
        ("duration", 3.0, 3.0),
        ("short_side", 180.0, 9.0),
        ("sharpness", 0.0, 9.0),
    ],
)
def test_each_defect_costs_what_the_formula_says(measure: str, value: float, most: float) -> None:
    score = judge(GOOD | {measure: value})
    assert score.value <= most
    assert score.reasons


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    return synthesise("Good morning everyone. Let me show you what is new this week.", path)


@pytest.mark.parametrize("side", [360, 640])
def test_what_we_render_ourselves_is_good(portrait_path: Path, spoken: Speech, tmp_path: Path, side: int) -> None:
    made = render(portrait_path, spoken, tmp_path / "talking.mp4", width=side, height=side, threads=2)
    score = score_video(made.path, speech=spoken)
    assert score.value >= 7.5, score
    assert score.measures["mouth_correlation"] >= 0.4
    assert abs(score.measures["mouth_lag_ms"]) <= 67


def test_the_same_photo_held_still_with_the_same_speech_fails(
    portrait_path: Path, spoken: Speech, write_clip: Clip, tmp_path: Path
) -> None:
    with wave.open(str(spoken.path)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    still = cv2.imread(str(portrait_path))
    clip = write_clip(tmp_path / "a.mp4", [still] * round(spoken.duration * 30), sound=sound, rate=rate)
    assert score_video(clip, speech=spoken).value < PASSING
