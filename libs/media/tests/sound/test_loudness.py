"""Loudness against values the recommendation and arithmetic give, not against our own earlier output."""

import numpy as np
import pytest

from media.errors import BadMedia
from media.sound.loudness import LoudnessMeter, _k_weighting, integrated_lufs, limit, normalise, true_peak_db

RATE = 48_000


def sine(frequency: float, seconds: float, level: float, rate: int = RATE, phase: float = 0.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate + phase)


def speechlike(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise in syllables: loud and quiet stretches and sharp peaks."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    envelope = np.clip(np.sin(2 * np.pi * 3 * np.arange(n) / RATE), 0, 1) ** 2
    return 0.1 * rng.standard_normal(n) * envelope


def test_the_filter_is_the_table_of_the_recommendation() -> None:
    """Annex 1 of BS.1770-4 prints these coefficients for 48 kHz."""
    shelf, high_pass = _k_weighting(48_000)
    np.testing.assert_allclose(shelf[:3], [1.53512485958697, -2.69169618940638, 1.19839281085285], atol=1e-9)
    np.testing.assert_allclose(shelf[4:], [-1.69065929318241, 0.73248077421585], atol=1e-9)
    np.testing.assert_allclose(high_pass, [1, -2, 1, 1, -1.99004745483398, 0.99007225036621], atol=1e-9)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000, 96_000])
def test_a_full_scale_997_hz_sine_reads_minus_3_01(rate: int) -> None:
    assert integrated_lufs(sine(997, 5, 1.0, rate), rate) == pytest.approx(-3.01, abs=0.05)


def test_two_channels_add_their_power() -> None:
    tone = sine(997, 5, 0.1)
    assert integrated_lufs(np.stack([tone, tone], axis=1), RATE) == pytest.approx(-20.0, abs=0.05)


def test_silence_between_sentences_does_not_lower_the_loudness() -> None:
    """The gates: ten seconds of tone and ten of nothing read like the tone."""
    tone = sine(997, 10, 0.1)
    assert integrated_lufs(np.concatenate([tone, np.zeros(10 * RATE)]), RATE) == pytest.approx(-23.01, abs=0.1)


def test_the_relative_gate_drops_what_is_ten_below() -> None:
    """EBU Tech 3341 case 3: 10 s at -36, 60 s at -23, 10 s at -36 read -23."""
    parts = [sine(1000, s, 10 ** (db / 20)) for s, db in ((10, -36.0), (60, -23.0), (10, -36.0))]
    stereo = np.repeat(np.concatenate(parts)[:, None], 2, axis=1)
    assert integrated_lufs(stereo, RATE) == pytest.approx(-23.0, abs=0.1)


def test_silence_has_no_loudness_and_no_peak() -> None:
    assert integrated_lufs(np.zeros(RATE), RATE) == float("-inf")
    assert true_peak_db(np.zeros(RATE), RATE) == float("-inf")
    assert integrated_lufs(np.zeros(0), RATE) == float("-inf")


def test_less_than_a_block_is_measured_as_it_is() -> None:
    assert integrated_lufs(sine(997, 0.2, 1.0), RATE) == pytest.approx(-3.01, abs=0.2)


def test_true_peak_finds_what_lies_between_the_samples() -> None:
    """A quarter-rate sine at 45 degrees is sampled 3 dB under its peak everywhere."""
    tone = sine(RATE / 4, 1, 0.5, phase=np.pi / 4)
    assert 20 * np.log10(np.abs(tone).max()) == pytest.approx(-9.03, abs=0.01)
    assert true_peak_db(tone, RATE) == pytest.approx(-6.02, abs=0.2)


def test_pieces_measure_like_the_whole() -> None:
    sound = speechlike(3)
    meter = LoudnessMeter(RATE, 1)
    for piece in np.split(sound, [1, 777, 40_000, 99_999]):
        meter.add(piece)
    assert meter.lufs() == pytest.approx(integrated_lufs(sound, RATE), abs=1e-9)
    assert meter.true_peak_db() == pytest.approx(true_peak_db(sound, RATE), abs=1e-9)


def test_where_the_sound_is_cut_makes_no_peak() -> None:
    """A loud low tone longer than the pieces the meter works in: the seams between pieces add nothing."""
    assert true_peak_db(sine(50, 4, 0.5), RATE) == pytest.approx(-6.02, abs=0.02)


@pytest.mark.parametrize("target", [-23.0, -16.0, -14.0])
def test_normalising_reaches_the_target_under_the_ceiling(target: float) -> None:
    made = normalise(speechlike(4), RATE, target, -1.0)
    assert integrated_lufs(made, RATE) == pytest.approx(target, abs=0.3)
    assert true_peak_db(made, RATE) <= -0.99
    assert made.dtype == np.float32
    assert made.shape == (4 * RATE,)


def test_normalising_silence_changes_nothing() -> None:
    assert not normalise(np.zeros((RATE, 2)), RATE).any()


def test_a_limiter_leaves_quiet_sound_alone() -> None:
    sound = speechlike(1)[:, None] * 0.1
    np.testing.assert_array_equal(limit(sound, RATE, 0.9), sound)


@pytest.mark.parametrize("samples", [np.zeros(10, dtype=np.int16), np.full(10, np.nan), np.zeros((2, 2, 2))])
def test_what_is_no_sound_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(BadMedia):
        integrated_lufs(samples, RATE)
