"""Beds and effects: the promised length and loudness, no seam, the same bytes from the same seed, in key."""

import hashlib
import wave
from pathlib import Path

import numpy as np
import pytest

from media.errors import BadMedia
from media.sound.instruments import RATE, Ring, frequency, pluck
from media.sound.loudness import integrated_lufs, true_peak_db
from media.sound.music import KINDS, STYLES, make_bed, make_effect


def read(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32768


@pytest.fixture(scope="module")
def beds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("beds")
    return {style: make_bed(folder / f"{style}.wav", style=style, seconds=8.0, seed=3).path for style in STYLES}


@pytest.mark.parametrize("style", STYLES)
def test_a_bed_has_the_promised_length_and_loudness(beds: dict[str, Path], style: str) -> None:
    samples = read(beds[style])
    assert len(samples) == 8 * RATE
    assert integrated_lufs(samples, RATE) == pytest.approx(-20.0, abs=0.3)
    assert true_peak_db(samples, RATE) <= -1.4


@pytest.mark.parametrize("style", STYLES)
def test_a_bed_repeats_without_a_seam(beds: dict[str, Path], style: str) -> None:
    """The step from the last sample to the first is no larger than steps inside, and the level carries over."""
    samples = read(beds[style]).mean(axis=1)
    inside = np.abs(np.diff(samples))
    assert abs(samples[0] - samples[-1]) <= np.quantile(inside, 0.999)
    level = [np.sqrt(np.mean(np.square(part))) for part in (samples[-RATE // 2 :], samples[: RATE // 2])]
    assert 0.25 < level[0] / level[1] < 4


@pytest.mark.parametrize("style", STYLES)
def test_a_bed_is_stereo_and_leaves_room_for_a_voice(beds: dict[str, Path], style: str) -> None:
    samples = read(beds[style])
    assert 0.0 < np.corrcoef(samples.T)[0, 1] < 0.97
    power = np.square(np.abs(np.fft.rfft(samples.mean(axis=1))))
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    assert power[(hertz > 2000) & (hertz < 5000)].sum() < 0.15 * power.sum()
    assert power[hertz < 30].sum() < 0.02 * power.sum()


def test_a_calm_bed_is_in_a_major_key(tmp_path: Path) -> None:
    """The energy lies on the seven notes of the key it says it has."""
    made = make_bed(tmp_path / "a.wav", style="calm", seconds=12.0, seed=5)
    samples = read(made.path).mean(axis=1)
    power = np.square(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))))
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    chosen = (hertz > 110) & (hertz < 1000)
    pitch = np.round(12 * np.log2(hertz[chosen] / 440) + 69).astype(int) % 12
    chroma = np.bincount(pitch, weights=power[chosen], minlength=12)
    scale = [(int(made.details["key"]) + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)]
    assert chroma[scale].sum() > 0.9 * chroma.sum()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    def digest(name: str, seed: int) -> str:
        made = make_bed(tmp_path / name, style="lofi", seconds=4.0, seed=seed)
        return hashlib.sha256(made.path.read_bytes()).hexdigest()

    assert digest("a.wav", 1) == digest("b.wav", 1)
    assert digest("c.wav", 2) != digest("a.wav", 1)


def test_a_tempo_is_kept_as_near_as_whole_bars_allow(tmp_path: Path) -> None:
    made = make_bed(tmp_path / "a.wav", style="upbeat", seconds=10.0, tempo=120)
    assert made.details["tempo"] == pytest.approx(120, rel=0.1)
    assert float(made.details["bars"]) * 4 * 60 / float(made.details["tempo"]) == pytest.approx(10.0)


@pytest.mark.parametrize(
    "request_", [{"style": "polka", "seconds": 5}, {"style": "calm", "seconds": 0.5}, {"style": "calm", "seconds": 9e9}]
)
def test_impossible_beds_are_refused(tmp_path: Path, request_: dict) -> None:
    with pytest.raises(BadMedia):
        make_bed(tmp_path / "a.wav", **request_)
    assert not (tmp_path / "a.wav").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_an_effect_is_short_clean_and_repeatable(tmp_path: Path, kind: str) -> None:
    made = make_effect(tmp_path / "a.wav", kind=kind, seed=4)
    again = make_effect(tmp_path / "b.wav", kind=kind, seed=4)
    samples = read(made.path)
    assert made.path.read_bytes() == again.path.read_bytes()
    assert 0.05 < made.duration < 4
    assert -9 < true_peak_db(samples, RATE) <= -5.9
    assert np.abs(samples[0]).max() < 0.05
    assert np.abs(samples[-1]).max() < 0.002


def test_an_unknown_effect_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMedia):
        make_effect(tmp_path / "a.wav", kind="kazoo")


def test_what_rings_past_the_end_sounds_at_the_beginning() -> None:
    ring = Ring.of(RATE)
    ring.add(0.9, np.ones(RATE // 5), 1.0)
    assert ring.samples[: RATE // 10].min() > 0.7
    assert not ring.samples[RATE // 5 : RATE // 2].any()


def test_a_pluck_has_the_pitch_of_its_note() -> None:
    sound = pluck(69.0, 1.0)
    spectrum = np.abs(np.fft.rfft(sound[RATE // 10 :]))
    assert np.argmax(spectrum) * RATE / (len(sound) - RATE // 10) == pytest.approx(frequency(69), abs=2)
