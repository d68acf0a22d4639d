"""Where a recording may be cut, checked on recordings whose cuts are known."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from media.errors import BadMedia, NotUsable
from media.video.analysis import energy_curve, scene_changes, silences, speech_activity

RATE = 48_000
Clip = Callable[..., Path]
DOT = np.full((64, 64, 3), 90, np.uint8)


def near(found: tuple[tuple[float, float], ...], wanted: list[tuple[float, float]], within: float) -> bool:
    return len(found) == len(wanted) and bool(np.abs(np.asarray(found) - np.asarray(wanted)).max() <= within)


def babble(seconds: float) -> np.ndarray:
    """A voice-like tone: a gliding pitch with harmonics, in syllables, never quiet for long."""
    times = np.arange(round(seconds * RATE)) / RATE
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 2 * times)) / RATE
    tone = sum(np.sin(number * pitch) / number**0.7 for number in range(1, 20))
    return 0.05 * tone * (0.25 + 0.75 * np.clip(np.sin(2 * np.pi * 4 * times), 0, 1))


@pytest.fixture
def recording(write_clip: Clip, tmp_path: Path) -> Path:
    """Silence, voice 1.0 to 2.5 s, silence, voice 3.5 to 4.5 s, silence to 5.0 s; faint hiss all along."""
    sound = 0.0004 * np.random.default_rng(0).standard_normal(5 * RATE)
    sound[RATE : round(2.5 * RATE)] += babble(1.5)
    sound[round(3.5 * RATE) : round(4.5 * RATE)] += babble(1.0)
    return write_clip(tmp_path / "a.mp4", [DOT] * 3, sound=sound)


def test_silences_lie_between_the_sentences(recording: Path) -> None:
    assert near(silences(recording), [(0.0, 1.0), (2.5, 3.5), (4.5, 5.0)], 0.08)


def test_only_long_silences_count(recording: Path) -> None:
    assert near(silences(recording, at_least=0.8), [(0.0, 1.0), (2.5, 3.5)], 0.08)
    assert silences(recording, below_db=-89.0) == ()


def test_speech_is_where_the_voice_is(recording: Path) -> None:
    assert near(speech_activity(recording), [(1.0, 2.5), (3.5, 4.5)], 0.1)


def test_a_hum_is_no_speech(write_clip: Clip, tmp_path: Path) -> None:
    hum = 0.2 * np.sin(2 * np.pi * 100 * np.arange(2 * RATE) / RATE)
    assert speech_activity(write_clip(tmp_path / "a.mp4", [DOT] * 3, sound=hum)) == ()


def test_the_energy_curve_follows_the_level(write_clip: Clip, tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    sound = np.concatenate([0.5 * tone, 0.05 * tone, 0 * tone])
    curve = energy_curve(write_clip(tmp_path / "a.mp4", [DOT] * 3, sound=sound), step=0.1)
    assert len(curve) == pytest.approx(30, abs=1)
    assert curve[3:8] == pytest.approx([-9.0] * 5, abs=0.5)
    assert curve[13:18] == pytest.approx([-29.0] * 5, abs=0.5)
    assert curve[23:28].max() < -70


def scene(number: int, frames: int) -> list[np.ndarray]:
    """A picture of its own colours in which something moves."""
    rng = np.random.default_rng(number)
    ground = cv2.resize(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8), (160, 120), interpolation=cv2.INTER_CUBIC)
    pictures = []
    for index in range(frames):
        picture = ground.copy()
        cv2.circle(picture, (20 + 3 * index, 60), 15, (255, 255, 255), -1)
        pictures.append(picture)
    return pictures


def test_cuts_are_found_to_the_frame(write_clip: Clip, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", [*scene(1, 30), *scene(2, 24), *scene(3, 36)])
    assert scene_changes(clip) == pytest.approx([1.0, 1.8], abs=0.001)


def test_motion_and_a_fade_are_no_cuts(write_clip: Clip, tmp_path: Path) -> None:
    first, second = scene(1, 40), scene(2, 40)
    fading = [cv2.addWeighted(a, 1 - i / 39, b, i / 39, 0) for i, (a, b) in enumerate(zip(first, second, strict=True))]
    panned = [np.roll(first[0], 6 * index, axis=1) for index in range(40)]
    assert scene_changes(write_clip(tmp_path / "a.mp4", fading)) == ()
    assert scene_changes(write_clip(tmp_path / "b.mp4", panned)) == ()


def test_what_is_missing_is_said(write_clip: Clip, tmp_path: Path, recording: Path) -> None:
    mute = write_clip(tmp_path / "mute.mp4", [DOT] * 3)
    for question in (silences, energy_curve, speech_activity):
        with pytest.raises(NotUsable):
            question(mute)
    with pytest.raises(BadMedia):
        energy_curve(recording, step=0.0)
